//! A file of tables under a mapping: sheet by sheet, chunk by chunk, what rows have in common, then each column of values.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::StringArray;
use catalog::Gazetteer;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use formats::Chunk;
use model::{CellRef, DatasetId, DatastreamKey, Forecast, RunTotals, Severity};
use policy::RowFilter;
use wording::told;

use super::another::another_header;
use super::batch::{Batches, Room, Values};
use super::drift;
use super::duplicates::Keys;
use super::forecast::Made;
use super::leave_out::{Elsewhere, LeftOut};
use super::named;
use super::period::Period;
use super::plan::{Around, Plan, header_of};
use super::positions::Positions;
use super::prepare::{constant, taken};
use super::repeats::Repeats;
use super::resolve::{Aliases, Pool};
use super::shared::{Cells, Missing, NONE, REFUSED, Rows, Shared, Sheet, TimeState, cell_at};
use super::time::{DAY, parse_zone};
use super::unread::unread;
use super::zones::Zones;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::guess::named_around;
use crate::mapping::{Mapping, Shape, TableShape, Unknown};

/// How far a time may lie ahead of the clock.
pub(crate) const MAX_AHEAD: Duration = Duration::minutes(10);

/// What stands around one load.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) dataset: DatasetId,
    /// The rows that the permit reaches.
    pub(crate) rows: RowFilter,
    pub(crate) now: DateTime<Utc>,
    /// How many values are in memory.
    pub(crate) room: Room,
    /// Whether the numbers of the file were written by a program with a decimal dot (a workbook's cells).
    pub(crate) typed: bool,
    /// What the dataset's agency means by names of places.
    pub(crate) aliases: Aliases,
    /// The file's name.
    pub(crate) file: String,
}

/// What came of a table.
pub(crate) struct Mapped {
    pub(crate) values: Values,
    /// Whether values may be there twice that were not found: the values are on disk, and not in order.
    pub(crate) doubtful: bool,
    pub(crate) datastreams: Vec<DatastreamKey>,
    pub(crate) totals: RunTotals,
    /// The forecast that the values are.
    pub(crate) forecast: Option<Forecast>,
    /// What the file looked like.
    pub(crate) shape: Shape,
}

/// Takes a file of tables chunk by chunk.
pub(crate) struct Observer {
    mapping: Mapping,
    settings: Settings,
    shared: Shared,
    elsewhere: Elsewhere,
    pub(super) latest: i64,
    pub(super) now: String,
    /// The forecast that the values are, once it is known.
    pub(super) made: Made,
    /// The sheet that is being read, and its tables.
    sheet: Option<u16>,
    plans: Vec<Plan>,
    shape: Option<Shape>,
    /// Why the sheets so far are not the one that the mapping means.
    unfit: Option<Error>,
    totals: RunTotals,
    warned_of_order: bool,
    warned_of_assumption: bool,
    warned_of_flags: bool,
    zones: Zones,
    pub(super) positions: Positions,
    /// What was already said of cells that stand for a whole table or column.
    said_once: HashSet<(String, CellRef)>,
    rows: Rows,
}

impl Observer {
    /// Looks up what the mapping names; an error is the mapping's. What is repeated in the file is known
    /// when it was read before.
    pub(crate) fn new(
        mapping: Mapping,
        gazetteer: Arc<Gazetteer>,
        settings: Settings,
        repeats: Option<Repeats>,
    ) -> Result<Observer, Error> {
        let source = mapping.time.clone().unwrap_or_default();
        let zone = source.zone.as_deref().and_then(parse_zone).unwrap_or(DAY / 24 * 7);
        let mut periods = Pool::default();
        let mut known = |text: &str| {
            periods.number(Period::parse(text).expect("the three periods of precision are well formed"))
        };
        let (instant, year, month) = (known(""), known("P1Y"), known("P1M"));
        let shared = Shared {
            gazetteer,
            finder: None,
            dataset: settings.dataset.clone(),
            rows: settings.rows.clone(),
            zone,
            places: Pool::default(),
            properties: Pool::default(),
            units: Pool::default(),
            periods,
            streams: Pool::default(),
            stream_ids: Vec::new(),
            keys: Keys::knowing(repeats),
            batches: Batches::new(settings.room.clone()),
            missing: Missing::new(&mapping.source.missing),
            instant,
            year,
            month,
            warned_of_moving: false,
        };
        let latest = (settings.now + MAX_AHEAD).timestamp_micros();
        let now = settings.now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let made = Made::new(settings.now);
        Ok(Observer {
            mapping,
            settings,
            shared,
            elsewhere: Elsewhere::builtin()?,
            latest,
            now,
            made,
            sheet: None,
            plans: Vec::new(),
            shape: None,
            unfit: None,
            totals: RunTotals::default(),
            warned_of_order: false,
            warned_of_assumption: false,
            warned_of_flags: false,
            zones: Zones::default(),
            positions: Positions::default(),
            said_once: HashSet::new(),
            rows: Rows::default(),
        })
    }

    /// Takes a chunk of the file; `false` when nothing behind it is wanted any more.
    pub(crate) fn take(
        &mut self,
        chunk: &Chunk,
        sheets: &[String],
        findings: &mut Findings,
    ) -> Result<bool, Error> {
        if chunk.is_empty() {
            return Ok(true);
        }
        if self.sheet != Some(chunk.sheet) {
            if self.shape.is_some() && self.mapping.source.sheets.is_empty() {
                return Ok(false);
            }
            self.sheet = Some(chunk.sheet);
            self.plans.clear();
            self.find_tables(chunk, sheets, findings)?;
        }
        let mut plans = std::mem::take(&mut self.plans);
        for plan in &mut plans {
            self.take_table(plan, chunk, findings)?;
        }
        self.plans = plans;
        Ok(true)
    }

    /// Rows of data taken so far.
    pub(crate) fn rows(&self) -> u64 {
        self.totals.rows
    }

    /// What came of the file.
    pub(crate) fn finish(mut self, sheets: &[String], findings: &mut Findings) -> Result<Mapped, Error> {
        std::mem::take(&mut self.zones).tell(findings);
        let Some(shape) = self.shape else {
            return Err(self.unfit.take().unwrap_or_else(|| no_sheet(&self.mapping, sheets)));
        };
        drift::note_sheets(&self.mapping, &shape, findings);
        let doubtful = self.shared.keys.are_doubtful();
        let ids = std::mem::take(&mut self.shared.stream_ids);
        let keys = std::mem::take(&mut self.shared.streams.items);
        let forecast = self.made.of(self.shared.batches.span())?;
        let values = self.shared.batches.finish()?;
        let used = values.datastreams();
        let datastreams =
            keys.into_iter().zip(ids).filter(|(_, id)| used.contains(id)).map(|(key, _)| key).collect();
        Ok(Mapped { values, doubtful, datastreams, totals: self.totals, forecast, shape })
    }

    /// Finds the tables of a sheet in its first chunk, if the mapping means this sheet.
    fn find_tables(
        &mut self,
        chunk: &Chunk,
        sheets: &[String],
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let name = sheets.get(usize::from(chunk.sheet)).map_or("", |name| name.trim());
        let source = &self.mapping.source;
        let named = |wanted: &String| wanted.trim() == name;
        let wanted = match &source.sheet {
            Some(wanted) => named(wanted),
            None => {
                source.sheets.is_empty() || source.sheets.iter().any(|wanted| wanted == "*" || named(wanted))
            }
        };
        if !wanted {
            return Ok(());
        }
        let every = source.sheets.iter().any(|wanted| wanted == "*") && !source.sheets.iter().any(named);
        let is_only = source.sheet.is_none() && source.sheets.is_empty();
        match self.plans_of(chunk, name, findings) {
            Ok(plans) => self.plans = plans,
            // A cover sheet: perhaps the next one is meant.
            Err(error) if is_only && usize::from(chunk.sheet) + 1 < sheets.len() => {
                self.unfit.get_or_insert(error);
            }
            Err(error) if every => {
                let cell = cell_at(chunk.sheet, chunk.row_number(0), 0);
                findings.add(Severity::Warning, "sheet_left_out", cell, || Words {
                    column_name: String::new(),
                    value: name.to_owned(),
                    expected: error.told().kept(),
                });
                self.unfit.get_or_insert(error);
            }
            Err(error) => return Err(self.unfit.take().unwrap_or(error)),
        }
        Ok(())
    }

    fn plans_of(&mut self, chunk: &Chunk, sheet: &str, findings: &mut Findings) -> Result<Vec<Plan>, Error> {
        let mut around = Around {
            chunk,
            above: 0,
            sheet,
            file: &self.settings.file,
            typed: self.settings.typed,
            aliases: &self.settings.aliases,
        };
        let mut plans = Vec::new();
        for (at, (block, mapping)) in self.mapping.tables().into_iter().enumerate() {
            let header = match header_of(&block, &mapping, chunk) {
                Ok(header) => header,
                Err(error) => {
                    let facts = &self.shared.gazetteer;
                    return Err(drift::explained(error, &self.mapping, at, chunk, sheet, facts));
                }
            };
            let lasts = self.mapping.blocks.iter().filter_map(|other| other.last);
            around.above = lasts.filter(|last| *last < header.row).max().unwrap_or(0);
            let plan = Plan::new(&block, mapping, header, &around, &self.elsewhere, &mut self.shared)?;
            if self.shape.is_none() {
                for (column, name) in unread(&plan, chunk) {
                    let cell = cell_at(chunk.sheet, plan.header.last, column);
                    findings.add(Severity::Warning, "column_left_out", cell, || Words {
                        column_name: name.clone(),
                        value: name,
                        expected: String::new(),
                    });
                }
            }
            plans.push(plan);
        }
        let Some(first) = plans.first() else {
            return Err(Error::internal("finding the tables of a sheet", "a mapping has no table"));
        };
        match &mut self.shape {
            Some(shape) => shape.sheets.push(sheet.to_owned()),
            None => {
                let tables = plans.iter().map(|plan| TableShape::of(plan.header.row, &plan.header.names));
                let mut shape = Shape::of(tables);
                shape.decimal = first.decimal(chunk).map(str::to_owned);
                let facts = &self.shared.gazetteer;
                let named = named_around(chunk, first.header.row, sheet, &self.settings.file, facts);
                (shape.property, shape.statistic, shape.unit) = (named.property, named.statistic, named.unit);
                if !sheet.is_empty() {
                    shape.sheets.push(sheet.to_owned());
                }
                if let Some(known) = &self.mapping.shape {
                    let read = |plan: &Plan| plan.values.iter().map(|read| read.columns.value).collect();
                    let read: Vec<HashSet<usize>> = plans.iter().map(read).collect();
                    let in_doubt = plans.iter().find_map(|plan| plan.in_doubt(chunk));
                    drift::decimals_in_doubt(known, &shape, &self.mapping, in_doubt)?;
                    named::compare(known, &shape, first, &self.mapping, facts)?;
                    drift::note(known, &shape, &self.mapping, chunk.sheet, &read, findings)?;
                }
                self.shape = Some(shape);
            }
        }
        for (plan, (column, name)) in
            plans.iter().flat_map(|plan| plan.left_out.iter().map(move |left| (plan, left)))
        {
            let cell = cell_at(chunk.sheet, plan.header.last, *column);
            findings.add(Severity::Warning, "left_out_unknown_place", cell, || Words {
                column_name: String::new(),
                value: name.clone(),
                expected: String::new(),
            });
        }
        for plan in &plans {
            if let Some((column, year)) = plan.odd_year() {
                let cell = cell_at(chunk.sheet, plan.header.last, column);
                findings.add(Severity::Warning, "year_out_of_order", cell, || Words {
                    column_name: String::new(),
                    value: plan.header.name(column).to_owned(),
                    expected: year,
                });
            }
        }
        for read in plans.iter().flat_map(|plan| plan.values.iter().map(move |read| (plan, read))) {
            let (plan, read) = read;
            if read.preliminary {
                let cell = cell_at(chunk.sheet, plan.header.last, read.columns.value);
                findings.add(Severity::Warning, "preliminary_values", cell, || Words {
                    column_name: String::new(),
                    value: plan.header.name(read.columns.value).to_owned(),
                    expected: String::new(),
                });
            }
        }
        Ok(plans)
    }

    /// Takes the rows of one table that a chunk holds.
    fn take_table(&mut self, plan: &mut Plan, chunk: &Chunk, findings: &mut Findings) -> Result<(), Error> {
        let first_finding = findings.kept.len();
        let mut rows = std::mem::take(&mut self.rows);
        std::mem::swap(&mut self.shared.finder, &mut plan.finder);
        let (mut read, mut start) = plan.rows.read(chunk, &plan.header, findings)?;
        self.read_forecast(plan, &read, start)?;
        let mut last: Option<(super::parts::HeaderTime, Option<String>)> = None;
        let mut values = std::mem::take(&mut plan.values);
        let mut header = plan.header.clone();
        let behind = plan.rows.width + plan.rows.beside.len();
        for (at, beside) in plan.rows.beside.iter().enumerate() {
            header.push(plan.rows.width + at, &beside.name);
        }
        for value in &mut values {
            let known =
                last.as_ref().is_some_and(|(time, place)| *time == value.time && *place == value.place);
            if !known {
                let same_time = last.as_ref().is_some_and(|(time, _)| *time == value.time);
                if !same_time {
                    self.read_times(plan, &read, &value.time, start, &mut rows, findings);
                }
                self.read_places(plan, &read, value.place.as_deref(), start, &mut rows);
                if last.is_none() {
                    plan.learn_comments(&read, start);
                    if !plan.mapping.rows.keep_all
                        && let Some(kept) = self.leave_out(plan, &read, start, &rows, &header, findings)?
                    {
                        read = std::borrow::Cow::Owned(taken(&read, &kept)?);
                        start = 0;
                        self.read_times(plan, &read, &value.time, start, &mut rows, findings);
                        self.read_places(plan, &read, value.place.as_deref(), start, &mut rows);
                    }
                    self.read_flags(plan, &read, start, &mut rows, findings);
                    self.tell_beside(plan, &read, start, &rows, findings);
                    rows.said.clear();
                    rows.said.resize(read.len(), 0);
                } else {
                    rows.said.iter_mut().for_each(|said| *said &= REFUSED);
                }
                last = Some((value.time.clone(), value.place.clone()));
            }
            // What the header says is told of as a column behind the last one.
            let from_header = !value.time.is_empty() && plan.time_column().is_none() || value.place.is_some();
            if from_header {
                let chunk = read.to_mut();
                let rows = chunk.len();
                chunk.columns.truncate(behind);
                chunk.typed.truncate(behind);
                chunk.columns.resize_with(behind, || StringArray::new_null(rows));
                let words =
                    if value.place.is_some() { value.place.clone() } else { Some(value.time.words()) };
                chunk.columns.push(constant(
                    &words.unwrap_or_default(),
                    chunk.rows.as_ref().map_or(chunk.len(), Vec::len),
                ));
                header.push(behind, header.name(value.columns.value).to_owned().as_str());
            }
            let sheet = Sheet {
                chunk: &read,
                header: &header,
                start,
                time: plan.time_column().unwrap_or(behind),
                end: plan.end.unwrap_or(0),
                place: if value.place.is_some() { behind } else { plan.place_column.unwrap_or(0) },
                now: &self.now,
            };
            let before = findings.kept.len();
            let (missing, refused) =
                value.block.take(&sheet, &value.columns, &mut rows, &mut self.shared, findings)?;
            self.totals.missing += missing;
            self.totals.refused += refused;
            self.point_back(plan, behind, value.columns.value, before, findings);
        }
        plan.values = values;
        std::mem::swap(&mut self.shared.finder, &mut plan.finder);
        self.totals.rows += (read.len() - start) as u64;
        self.totals.refused_rows += rows.said.iter().filter(|said| **said & REFUSED != 0).count() as u64;
        findings.sort_from(first_finding);
        self.rows = rows;
        Ok(())
    }

    /// Turns findings about columns that were put beside to the cells that these came from; what
    /// stands for a whole table or column is told once.
    fn point_back(&mut self, plan: &Plan, behind: usize, value: usize, from: usize, findings: &mut Findings) {
        let mut at = from;
        while at < findings.kept.len() {
            let finding = &mut findings.kept[at];
            let column = usize::from(finding.cell.column).saturating_sub(1);
            if column < plan.rows.width {
                at += 1;
                continue;
            }
            let origin = if column == behind {
                Some((Some(plan.header.last), value))
            } else {
                plan.rows.origin(column)
            };
            let Some((row, column)) = origin else {
                at += 1;
                continue;
            };
            finding.cell = cell_at(finding.cell.sheet, row.unwrap_or(finding.cell.row), column);
            if row.is_some() && !self.said_once.insert((finding.code.clone(), finding.cell)) {
                findings.kept.remove(at);
                findings.total -= 1;
            } else {
                at += 1;
            }
        }
    }

    /// The rows that stay when totals, other regions and notes are left out; `None` when all stay.
    fn leave_out(
        &self,
        plan: &Plan,
        chunk: &Chunk,
        start: usize,
        rows: &Rows,
        header: &super::columns::Header,
        findings: &mut Findings,
    ) -> Result<Option<Vec<u32>>, Error> {
        let places = Cells::of(chunk, plan.place_column);
        let time_column = plan.time_column();
        let times = Cells::of(chunk, time_column);
        let unknown = plan.mapping.place.as_ref().is_some_and(|place| place.unknown == Unknown::LeaveOut);
        let mut gone: Vec<u32> = Vec::new();
        for row in start..chunk.len() {
            let lost = plan.place_column.is_some() && rows.places[row] == NONE;
            let timeless = matches!(rows.times[row], TimeState::Unreadable | TimeState::Empty);
            let mut found =
                plan.comment_in(chunk, row).map(|(column, text)| (LeftOut::Comment, column, text));
            if found.is_none() {
                if !lost && !timeless {
                    continue;
                }
                another_header(plan, chunk, row, rows)?;
            }
            let is_open = found.is_none() && lost;
            if let (true, Some(column), Some(text)) = (is_open, plan.place_column, places.get(row)) {
                let may_be =
                    self.shared.finder.as_ref().map(|finder| finder.explain(text, rows.moments[row].us));
                let judged = self.elsewhere.judge(text, header.name(column));
                let is_ours = may_be.is_some_and(|places| !places.is_empty());
                found = judged
                    .filter(|_| !is_ours)
                    .or((unknown && !is_ours).then_some(LeftOut::Unknown))
                    .map(|why| (why, column, text));
            }
            if let (None, true, Some(column), Some(text)) = (&found, timeless, time_column, times.get(row)) {
                let judged = self.elsewhere.judge(text, header.name(column));
                found = judged.filter(|why| *why != LeftOut::Elsewhere).map(|why| (why, column, text));
            }
            if found.is_none() && (lost && places.get(row).is_none() || timeless && times.get(row).is_none())
            {
                // `Tổng cộng` may stand in the column of running numbers.
                let first = (0..plan.rows.width)
                    .find_map(|column| Some((column, Cells::of(chunk, Some(column)).get(row)?)));
                found = first.and_then(|(column, text)| {
                    let judged = self.elsewhere.judge(text, header.name(column));
                    judged
                        .filter(|why| matches!(why, LeftOut::Total | LeftOut::Note))
                        .map(|why| (why, column, text))
                });
            }
            let Some((why, column, text)) = found else { continue };
            gone.push(u32::try_from(row).map_err(|error| Error::internal("counting rows", error))?);
            let Some(code) = why.code() else { continue };
            let (row, column) = match plan.rows.origin(column) {
                Some((at, column)) => (at.unwrap_or(chunk.row_number(row)), column),
                None => (chunk.row_number(row), column),
            };
            findings.add(Severity::Warning, code, cell_at(chunk.sheet, row, column), || Words {
                column_name: header.name(column).to_owned(),
                value: text.to_owned(),
                expected: String::new(),
            });
        }
        if gone.is_empty() {
            return Ok(None);
        }
        let mut gone = gone.into_iter().peekable();
        let kept = (start..chunk.len()).filter_map(|row| u32::try_from(row).ok());
        Ok(Some(kept.filter(|row| gone.next_if_eq(row).is_none()).collect()))
    }
}

fn no_sheet(mapping: &Mapping, sheets: &[String]) -> Error {
    let wanted = mapping.source.sheet.iter().chain(&mapping.source.sheets);
    let wanted: Vec<String> = wanted.map(|sheet| format!("`{sheet}`")).collect();
    if wanted.is_empty() {
        return Error::invalid(
            told!("intake-file-no-rows", "the file has no rows"),
            told!("intake-hand-file-header-rows", "hand in a file that has a header and rows"),
        );
    }
    Error::invalid(
        told!(
            "intake-file-no-rows-sheet",
            "the file has no rows in a sheet {wanted}",
            wanted = wanted.join(", ")
        ),
        told!(
            "intake-sheets-correct-mapping",
            "its sheets are {sheets}: correct the mapping",
            sheets = sheets.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ")
        ),
    )
}

impl Observer {
    /// Latest time that is taken, microseconds.
    pub(super) fn latest(&self) -> i64 {
        self.latest
    }

    /// Whether this was said before in this load; it is said now.
    pub(super) fn says_order(&mut self) -> bool {
        std::mem::replace(&mut self.warned_of_order, true)
    }

    pub(super) fn says_assumption(&mut self) -> bool {
        std::mem::replace(&mut self.warned_of_assumption, true)
    }

    pub(super) fn has_said_assumption(&self) -> bool {
        self.warned_of_assumption
    }

    pub(super) fn says_flags(&mut self) -> bool {
        std::mem::replace(&mut self.warned_of_flags, true)
    }

    pub(super) fn zones(&mut self) -> &mut Zones {
        &mut self.zones
    }

    pub(super) fn shared(&mut self) -> &mut Shared {
        &mut self.shared
    }
}
