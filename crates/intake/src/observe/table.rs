//! A table under a mapping: chunk by chunk, what its rows have in common, then each column of values.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use catalog::Gazetteer;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use formats::Chunk;
use model::{DatasetId, DatastreamKey, PlaceKind, Quality, RunTotals, Severity};
use policy::RowFilter;

use super::batch::Batches;
use super::columns::Header;
use super::duplicates::Keys;
use super::number::NumberStyle;
use super::period::Period;
use super::resolve::{PlaceFinder, Pool};
use super::shared::{
    Cells, Columns, Missing, NONE, REFUSED, Rows, Shared, Sheet, TimeState, cell_at, fixed_place,
};
use super::time::{
    DAY, DateOrder, Moment, Precision, TimeFormat, TimeReader, column_order, parse_zone, slashed_order,
};
use super::values::Block;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::{Mapping, TextOrColumn};

/// How far a time may lie ahead of the clock.
pub(crate) const MAX_AHEAD: Duration = Duration::minutes(10);

/// What stands around one load.
pub(crate) struct Settings {
    pub(crate) dataset: DatasetId,
    /// The rows that the permit reaches.
    pub(crate) rows: RowFilter,
    pub(crate) now: DateTime<Utc>,
    /// The most values that one run takes.
    pub(crate) max_values: u32,
    /// Whether the numbers of the file were written by a program with a decimal dot (a workbook's cells).
    pub(crate) typed: bool,
}

/// What came of a table.
pub(crate) struct Mapped {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) datastreams: Vec<DatastreamKey>,
    pub(crate) totals: RunTotals,
}

/// Takes a table chunk by chunk.
pub(crate) struct Observer {
    mapping: Mapping,
    settings: Settings,
    shared: Shared,
    blocks: Vec<Block>,
    place: Option<u32>,
    moment: Option<Moment>,
    reader: TimeReader,
    latest: i64,
    now: String,
    layout: Option<Layout>,
    /// Why the sheets so far are not the one that the mapping means.
    elsewhere: Option<Error>,
    totals: RunTotals,
    warned_of_order: bool,
    warned_of_flags: bool,
    rows: Rows,
}

/// Where everything stands in the sheet.
struct Layout {
    sheet: u16,
    header: Header,
    times: Vec<usize>,
    end: Option<usize>,
    place: Option<usize>,
    quality: Option<usize>,
    values: Vec<Columns>,
}

impl Observer {
    /// Looks up what the mapping names; an error is the mapping's.
    pub(crate) fn new(
        mapping: Mapping,
        gazetteer: Arc<Gazetteer>,
        settings: Settings,
    ) -> Result<Observer, Error> {
        let source = mapping.time.clone().unwrap_or_default();
        let zone = source.zone.as_deref().and_then(parse_zone).unwrap_or(DAY / 24 * 7);
        let format = source.format.as_deref().and_then(TimeFormat::parse).unwrap_or(TimeFormat::Auto);
        let reader = TimeReader { format, order: None, zone };
        let moment = match &source.value {
            None => None,
            Some(text) => Some(reader.read(text).ok_or_else(|| {
                Error::invalid(
                    format!("the mapping, [time]: `{text}` is no time"),
                    "write e.g. `2015-12-31`, or the format it is written in",
                )
            })?),
        };
        let mut periods = Pool::default();
        let mut known = |text: &str| {
            periods.number(Period::parse(text).expect("the three periods of precision are well formed"))
        };
        let (instant, year, month) = (known(""), known("P1Y"), known("P1M"));
        let place = mapping.place.clone().unwrap_or_default();
        let finder = place.column.as_ref().map(|_| {
            let kind = place.kind.as_deref().and_then(PlaceKind::from_code);
            PlaceFinder::new(gazetteer.clone(), place.scheme.clone(), kind)
        });
        let mut shared = Shared {
            gazetteer,
            finder,
            dataset: settings.dataset.clone(),
            rows: settings.rows.clone(),
            zone,
            places: Pool::default(),
            properties: Pool::default(),
            units: Pool::default(),
            periods,
            streams: Pool::default(),
            stream_ids: Vec::new(),
            keys: Keys::default(),
            batches: Batches::new(),
            missing: Missing::new(&mapping.source.missing),
            instant,
            year,
            month,
            warned_of_moving: false,
        };
        let fixed = match &place.value {
            None => None,
            Some(text) => Some(fixed_place(text, &mut shared).ok_or_else(|| {
                Error::invalid(
                    format!("the mapping, [place]: the place `{text}` does not exist"),
                    "write the id of a place in the catalogue, e.g. `station:tan_chau`",
                )
            })?),
        };
        let blocks = mapping
            .values
            .iter()
            .enumerate()
            .map(|(at, value)| Block::new(at, value, &mut shared))
            .collect::<Result<_, _>>()?;
        let latest = (settings.now + MAX_AHEAD).timestamp_micros();
        let now = settings.now.to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(Observer {
            mapping,
            settings,
            shared,
            blocks,
            place: fixed,
            moment,
            reader,
            latest,
            now,
            layout: None,
            elsewhere: None,
            totals: RunTotals::default(),
            warned_of_order: false,
            warned_of_flags: false,
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
        let start = match &self.layout {
            Some(layout) if layout.sheet != chunk.sheet => return Ok(false),
            Some(_) => 0,
            None => {
                if !self.find_layout(chunk, sheets)? {
                    return Ok(true);
                }
                let header = self.layout.as_ref().map_or(0, |layout| layout.header.row);
                (0..chunk.len()).take_while(|row| chunk.row_number(*row) <= header).count()
            }
        };
        // Put back at the end; an error in between ends the load.
        let (Some(layout), mut rows) = (self.layout.take(), std::mem::take(&mut self.rows)) else {
            return Ok(true);
        };
        let first_finding = findings.kept.len();
        self.read_times(chunk, &layout, start, &mut rows, findings);
        self.read_places(chunk, &layout, start, &mut rows);
        self.read_flags(chunk, &layout, start, &mut rows, findings);
        rows.said.clear();
        rows.said.resize(chunk.len(), 0);
        let sheet = Sheet {
            chunk,
            header: &layout.header,
            start,
            time: layout.times.first().copied().unwrap_or(0),
            end: layout.end.unwrap_or(0),
            place: layout.place.unwrap_or(0),
            now: &self.now,
        };
        for (block, columns) in self.blocks.iter_mut().zip(&layout.values) {
            let (missing, refused) = block.take(&sheet, columns, &mut rows, &mut self.shared, findings)?;
            self.totals.missing += missing;
            self.totals.refused += refused;
        }
        self.totals.rows += (chunk.len() - start) as u64;
        self.totals.refused_rows += rows.said.iter().filter(|said| **said & REFUSED != 0).count() as u64;
        findings.sort_from(first_finding);
        if self.shared.batches.count() > self.settings.max_values {
            return Err(Error::Limit {
                what: "the number of values in one file".into(),
                limit: format!("{} (hand the file in as several)", self.settings.max_values),
            });
        }
        (self.layout, self.rows) = (Some(layout), rows);
        Ok(true)
    }

    /// Rows of data taken so far.
    pub(crate) fn rows(&self) -> u64 {
        self.totals.rows
    }

    /// What came of the table.
    pub(crate) fn finish(mut self, sheets: &[String]) -> Result<Mapped, Error> {
        if self.layout.is_none() {
            return Err(self.elsewhere.take().unwrap_or_else(|| no_sheet(&self.mapping, sheets)));
        }
        let used = self.shared.batches.datastreams();
        let ids = std::mem::take(&mut self.shared.stream_ids);
        let keys = std::mem::take(&mut self.shared.streams.items);
        let datastreams =
            keys.into_iter().zip(ids).filter(|(_, id)| used.contains(id)).map(|(key, _)| key).collect();
        Ok(Mapped { batches: self.shared.batches.into_vec(), datastreams, totals: self.totals })
    }

    /// Finds the header and the columns in the first chunk of a sheet; `false` when the mapping means
    /// another sheet.
    fn find_layout(&mut self, chunk: &Chunk, sheets: &[String]) -> Result<bool, Error> {
        if let Some(wanted) = &self.mapping.source.sheet
            && sheets.get(usize::from(chunk.sheet)).is_none_or(|name| name.trim() != wanted.trim())
        {
            return Ok(false);
        }
        let header = match Header::of_mapping(chunk, &self.mapping) {
            Ok(header) => header,
            // A cover sheet: perhaps the next one is meant.
            Err(error)
                if self.mapping.source.sheet.is_none() && usize::from(chunk.sheet) + 1 < sheets.len() =>
            {
                self.elsewhere.get_or_insert(error);
                return Ok(false);
            }
            Err(error) => return Err(self.elsewhere.take().unwrap_or(error)),
        };
        let layout = self.layout_of(chunk, header)?;
        self.layout = Some(layout);
        Ok(true)
    }

    fn layout_of(&mut self, chunk: &Chunk, header: Header) -> Result<Layout, Error> {
        let find = |name: &str| header.find(name);
        let optional = |name: Option<&str>| name.map(find).transpose();
        let time = self.mapping.time.clone().unwrap_or_default();
        let start = (0..chunk.len()).take_while(|row| chunk.row_number(*row) <= header.row).count();
        let texts = |column: usize| {
            let cells = Cells::of(chunk, Some(column));
            (start..chunk.len()).filter_map(move |row| cells.get(row))
        };
        let times = time.columns.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
        if let Some(column) = times.first() {
            // Where rows contradict each other, each has to show its own order.
            self.reader.order = column_order(texts(*column)).ok().flatten();
        }
        let mut values = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let source = block.source();
            let value = find(&source.column)?;
            let cells = Cells::of(chunk, Some(value));
            let written = (start..chunk.len())
                .filter(|row| !chunk.is_typed(*row, value))
                .filter_map(|row| cells.get(row));
            let style = match NumberStyle::resolve(self.mapping.source.decimal, written) {
                NumberStyle::Unclear if self.settings.typed => NumberStyle::Dot,
                style => style,
            };
            values.push(Columns {
                value,
                property: optional(source.property.column())?,
                unit: optional(source.unit.as_ref().and_then(TextOrColumn::column))?,
                period: optional(source.period.as_ref().and_then(TextOrColumn::column))?,
                style,
            });
        }
        let place = optional(self.mapping.place.as_ref().and_then(|place| place.column.as_deref()))?;
        let quality = optional(self.mapping.quality.as_ref().map(|quality| quality.column.as_str()))?;
        let end = optional(time.end_column.as_deref())?;
        Ok(Layout { sheet: chunk.sheet, header, times, end, place, quality, values })
    }

    fn read_times(
        &mut self,
        chunk: &Chunk,
        layout: &Layout,
        start: usize,
        rows: &mut Rows,
        findings: &mut Findings,
    ) {
        let count = chunk.len();
        let nothing = Moment { us: 0, precision: Precision::Instant };
        rows.moments.clear();
        rows.moments.resize(count, self.moment.unwrap_or(nothing));
        rows.times.clear();
        rows.times.resize(count, TimeState::Good);
        if let Some(moment) = self.moment {
            if moment.us > self.latest {
                rows.times.fill(TimeState::Future);
            }
        } else if let [column] = layout.times.as_slice() {
            let cells = Cells::of(chunk, Some(*column));
            let mut last: Option<(&str, Moment, TimeState)> = None;
            for row in start..count {
                let text = cells.get(row);
                let (moment, state) = match (text, last) {
                    (None, _) => (nothing, TimeState::Empty),
                    (Some(text), Some((known, moment, state))) if known == text => (moment, state),
                    (Some(text), _) => {
                        let read = match self.reader.read(text) {
                            None => self.day_first(&[text], row, *column, chunk, layout, findings),
                            read => read,
                        };
                        let (moment, state) = self.judge(read);
                        last = Some((text, moment, state));
                        (moment, state)
                    }
                };
                rows.moments[row] = moment;
                rows.times[row] = state;
            }
        } else {
            let cells: Vec<Cells<'_>> =
                layout.times.iter().map(|column| Cells::of(chunk, Some(*column))).collect();
            let mut parts: Vec<&str> = Vec::with_capacity(cells.len());
            for row in start..count {
                parts.clear();
                parts.extend(cells.iter().filter_map(|column| column.get(row)));
                let (moment, state) = if parts.is_empty() {
                    (nothing, TimeState::Empty)
                } else if parts.len() < cells.len() {
                    (nothing, TimeState::Unreadable)
                } else {
                    let read = match self.reader.read_parts(&parts) {
                        None => self.day_first(&parts, row, layout.times[0], chunk, layout, findings),
                        read => read,
                    };
                    self.judge(read)
                };
                rows.moments[row] = moment;
                rows.times[row] = state;
            }
        }
        rows.ends.clear();
        if let Some(column) = layout.end {
            let cells = Cells::of(chunk, Some(column));
            rows.ends.resize(count, None);
            for row in start..count {
                let Some(text) = cells.get(row) else { continue };
                let start = rows.moments[row].us;
                match self.reader.read(text).filter(|end| end.us > start) {
                    Some(end) => rows.ends[row] = Some(end.us),
                    None if rows.times[row] == TimeState::Good => rows.times[row] = TimeState::EndUnreadable,
                    None => {}
                }
            }
        }
    }

    fn judge(&self, moment: Option<Moment>) -> (Moment, TimeState) {
        match moment {
            None => (Moment { us: 0, precision: Precision::Instant }, TimeState::Unreadable),
            Some(moment) if moment.us > self.latest => (moment, TimeState::Future),
            Some(moment) => (moment, TimeState::Good),
        }
    }

    /// Reads `3/4/2020` day first, as Vietnam writes it, where nothing in the column tells; says so once.
    #[cold]
    fn day_first(
        &mut self,
        parts: &[&str],
        row: usize,
        column: usize,
        chunk: &Chunk,
        layout: &Layout,
        findings: &mut Findings,
    ) -> Option<Moment> {
        let unknown = self.reader.order.is_none() && matches!(self.reader.format, TimeFormat::Auto);
        let text = parts.first()?;
        if !unknown || slashed_order(text)?.is_some() {
            return None;
        }
        let cells = Cells::of(chunk, Some(column));
        // A column that contradicts itself is not read by convention.
        if column_order((0..chunk.len()).filter_map(|row| cells.get(row))).is_err() {
            return None;
        }
        let moment =
            TimeReader { order: Some(DateOrder::DayFirst), ..self.reader.clone() }.read_parts(parts)?;
        self.reader.order = Some(DateOrder::DayFirst);
        if !self.warned_of_order {
            self.warned_of_order = true;
            let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
            findings.add(Severity::Warning, "assumed_day_first", cell, || Words {
                column_name: layout.header.name(column).to_owned(),
                value: (*text).to_owned(),
                expected: "%d/%m/%Y".into(),
            });
        }
        Some(moment)
    }

    fn read_places(&mut self, chunk: &Chunk, layout: &Layout, start: usize, rows: &mut Rows) {
        rows.places.clear();
        rows.places.resize(chunk.len(), self.place.unwrap_or(NONE));
        let Shared { finder: Some(finder), places, .. } = &mut self.shared else { return };
        let cells = Cells::of(chunk, layout.place);
        for row in start..chunk.len() {
            if let Some(text) = cells.get(row) {
                rows.places[row] = finder.find(text, rows.moments[row].us, places).unwrap_or(NONE);
            }
        }
    }

    fn read_flags(
        &mut self,
        chunk: &Chunk,
        layout: &Layout,
        start: usize,
        rows: &mut Rows,
        findings: &mut Findings,
    ) {
        rows.flags.clear();
        let (Some(column), Some(source)) = (layout.quality, &self.mapping.quality) else { return };
        rows.flags.resize(chunk.len(), 0);
        let cells = Cells::of(chunk, Some(column));
        for row in start..chunk.len() {
            let Some(text) = cells.get(row) else { continue };
            let flag = match source.codes.get(text) {
                Some(flag) => Some(*flag),
                None if source.codes.is_empty() => {
                    text.parse().ok().filter(|code| Quality::from_code(*code).is_some())
                }
                None => None,
            };
            match flag {
                Some(flag) => rows.flags[row] = flag,
                None if self.warned_of_flags => {}
                None => {
                    self.warned_of_flags = true;
                    let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
                    findings.add(Severity::Warning, "unknown_flag", cell, || Words {
                        column_name: layout.header.name(column).to_owned(),
                        value: text.to_owned(),
                        expected: String::new(),
                    });
                }
            }
        }
    }
}

fn no_sheet(mapping: &Mapping, sheets: &[String]) -> Error {
    match &mapping.source.sheet {
        Some(wanted) => Error::invalid(
            format!("the file has no rows in a sheet `{wanted}`"),
            format!(
                "its sheets are {}: correct the mapping",
                sheets.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ")
            ),
        ),
        None => Error::invalid("the file has no rows", "hand in a file that has a header and rows"),
    }
}
