//! Series written as NetCDF front to back: classic with 64-bit offsets, after CF 1.11 §9.3.4 (indexed
//! ragged array). Observations are records, so that each is written when it comes and none is held.

use std::io::{Error, Result, Write};

use super::written::NONE;

/// A series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamedSeries {
    /// What tells it from the others.
    pub id: String,
    /// Longitude and latitude; none where they are not known.
    pub position: Option<[f64; 2]>,
    /// What else is said of it, in the order of [`StreamedHead::said_of_series`].
    pub said: Vec<String>,
}

/// A variable of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamedVariable {
    /// What it is called; letters that a name may not have become `_`.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// Its name in the CF conventions.
    pub standard_name: Option<String>,
    /// UCUM.
    pub unit: String,
}

/// What has to be known before the first observation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamedHead {
    /// The file's title.
    pub title: String,
    /// What else the file says of itself.
    pub said: Vec<(String, String)>,
    /// The series.
    pub series: Vec<StreamedSeries>,
    /// The names of what is said of each series.
    pub said_of_series: Vec<String>,
    /// The variables.
    pub variables: Vec<StreamedVariable>,
    /// How many observations follow.
    pub rows: u64,
}

/// An observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamedRow {
    /// The number of its series.
    pub series: i32,
    /// Seconds since 1970.
    pub time: f64,
    /// The QARTOD flag.
    pub quality: i8,
    /// The number of its variable.
    pub variable: usize,
    /// Its value; NaN where there is none.
    pub value: f64,
}

/// A file that is being written.
pub struct SeriesStream<W: Write> {
    out: W,
    variables: usize,
    left: u64,
}

const CHAR: u32 = 2;
const BYTE: u32 = 1;
const INT: u32 = 4;
const DOUBLE: u32 = 6;
/// The dimensions: observations without an end, series, and letters of each text of a series.
const OBSERVATION: u32 = 0;
const SERIES: u32 = 1;
const FIRST_WIDTH: u32 = 2;

impl<W: Write> SeriesStream<W> {
    /// Writes the head and what is said of the series.
    pub fn begin(mut out: W, head: &StreamedHead) -> Result<SeriesStream<W>> {
        let rows = u32::try_from(head.rows).ok().filter(|rows| *rows < u32::MAX);
        let rows = rows.ok_or_else(|| Error::other("a NetCDF file takes four billion observations"))?;
        let texts = texts(head);
        let width = |texts: &[&str]| texts.iter().map(|text| text.len()).max().unwrap_or(0).max(1);
        let count = head.series.len().max(1);

        let mut dimensions = vec![("obs".to_owned(), 0), ("timeseries".to_owned(), count)];
        dimensions.extend(texts.iter().map(|(name, texts)| (format!("{name}_strlen"), width(texts))));
        let mut made = Bytes::default();
        made.list(0x0a, dimensions.len());
        for (name, length) in &dimensions {
            made.name(name);
            made.number(*length)?;
        }
        let mut said =
            vec![("Conventions", "CF-1.11"), ("title", &head.title), ("featureType", "timeSeries")];
        said.extend(head.said.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        made.attributes(&said, &[])?;
        let variables = variables(head, &texts);
        made.list(0x0b, variables.len());
        // Where the values of each begin is known once the length of the head is.
        let sizes: Vec<usize> = variables.iter().map(|variable| variable.bytes(&dimensions)).collect();
        let length = 8 + made.0.len() + variables.iter().map(Variable::length).sum::<usize>();
        let fixed = variables.iter().zip(&sizes).filter(|(variable, _)| !variable.is_record());
        let mut at_fixed = length;
        let mut at_record = length + fixed.map(|(_, size)| size).sum::<usize>();
        for (variable, size) in variables.iter().zip(&sizes) {
            let at = if variable.is_record() { &mut at_record } else { &mut at_fixed };
            made.variable(variable, *size, *at)?;
            *at += size;
        }
        out.write_all(b"CDF\x02")?;
        out.write_all(&rows.to_be_bytes())?;
        out.write_all(&made.0)?;
        for (_, texts) in &texts {
            let width = width(texts);
            let mut written = 0;
            for text in texts {
                out.write_all(text.as_bytes())?;
                out.write_all(&vec![0; width - text.len()])?;
                written += width;
            }
            out.write_all(&vec![0; (count * width - written) + padding(count * width)])?;
        }
        for axis in 0..2 {
            for nth in 0..count {
                let position = head.series.get(nth).and_then(|series| series.position);
                out.write_all(&position.map_or(NONE, |position| position[axis]).to_be_bytes())?;
            }
        }
        Ok(SeriesStream { out, variables: head.variables.len(), left: head.rows })
    }

    /// Writes an observation.
    pub fn row(&mut self, row: &StreamedRow) -> Result<()> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| Error::other("more observations came than were counted"))?;
        self.out.write_all(&row.time.to_be_bytes())?;
        self.out.write_all(&row.series.to_be_bytes())?;
        self.out.write_all(&[row.quality.to_be_bytes()[0], 0, 0, 0])?;
        for variable in 0..self.variables {
            let value = if variable == row.variable && !row.value.is_nan() { row.value } else { NONE };
            self.out.write_all(&value.to_be_bytes())?;
        }
        Ok(())
    }

    /// What is written to, for its own sake.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the file.
    pub fn finish(self) -> Result<W> {
        match self.left {
            0 => Ok(self.out),
            left => Err(Error::other(format!("{left} observations fewer came than were counted"))),
        }
    }
}

/// The texts of the series, by the name of their variable.
fn texts(head: &StreamedHead) -> Vec<(String, Vec<&str>)> {
    let ids = head.series.iter().map(|series| series.id.as_str()).collect();
    let mut texts = vec![("timeseries_id".to_owned(), ids)];
    for (nth, name) in head.said_of_series.iter().enumerate() {
        let of = |series| StreamedSeries::said_at(series, nth);
        texts.push((plain(name), head.series.iter().map(of).collect()));
    }
    texts
}

impl StreamedSeries {
    fn said_at(&self, nth: usize) -> &str {
        self.said.get(nth).map_or("", String::as_str)
    }
}

/// A variable in the head.
struct Variable {
    name: String,
    dimensions: Vec<u32>,
    attributes: Vec<(&'static str, String)>,
    /// The value that stands for none, of its type.
    fill: Option<f64>,
    of: u32,
}

impl Variable {
    fn is_record(&self) -> bool {
        self.dimensions.first() == Some(&OBSERVATION)
    }

    /// The bytes of its values, or of one record.
    fn bytes(&self, dimensions: &[(String, usize)]) -> usize {
        let one = match self.of {
            CHAR | BYTE => 1,
            INT => 4,
            _ => 8,
        };
        let fixed = self.dimensions.iter().filter(|dimension| **dimension != OBSERVATION);
        let count: usize = fixed.filter_map(|at| Some(dimensions.get(*at as usize)?.1)).product();
        count * one + padding(count * one)
    }

    /// The bytes of what the head says of it.
    fn length(&self) -> usize {
        let mut made = Bytes::default();
        // Whatever stands in its last fields, they have the same size.
        made.variable(self, 0, 0).map_or(0, |()| made.0.len())
    }
}

fn variables(head: &StreamedHead, texts: &[(String, Vec<&str>)]) -> Vec<Variable> {
    let say = |said: &[(&'static str, &str)]| said.iter().map(|(n, text)| (*n, (*text).to_owned())).collect();
    let mut all = Vec::new();
    for ((name, _), width) in texts.iter().zip(FIRST_WIDTH..) {
        let attributes = match name.as_str() {
            "timeseries_id" => say(&[("cf_role", "timeseries_id")]),
            _ => say(&[("_Encoding", "utf-8")]),
        };
        all.push(Variable {
            name: name.clone(),
            dimensions: vec![SERIES, width],
            attributes,
            fill: None,
            of: CHAR,
        });
    }
    for (name, standard, unit) in [("lon", "longitude", "degrees_east"), ("lat", "latitude", "degrees_north")]
    {
        let attributes = say(&[("standard_name", standard), ("units", unit)]);
        let dimensions = vec![SERIES];
        all.push(Variable { name: name.to_owned(), dimensions, attributes, fill: Some(NONE), of: DOUBLE });
    }
    let mut record = |name: &str, said: &[(&'static str, &str)], fill: Option<f64>, of: u32| {
        all.push(Variable {
            name: name.to_owned(),
            dimensions: vec![OBSERVATION],
            attributes: say(said),
            fill,
            of,
        });
    };
    let time = [
        ("standard_name", "time"),
        ("units", "seconds since 1970-01-01 00:00:00"),
        ("calendar", "standard"),
        ("axis", "T"),
    ];
    record("time", &time, None, DOUBLE);
    let index = [("long_name", "which series this observation is of"), ("instance_dimension", "timeseries")];
    record("timeseries_index", &index, None, INT);
    let quality = [
        ("long_name", "quality flag after QARTOD"),
        ("standard_name", "quality_flag"),
        ("flag_meanings", "pass not_evaluated suspect fail missing"),
    ];
    record("quality", &quality, None, BYTE);
    let mut taken: Vec<String> = all.iter().map(|variable| variable.name.clone()).collect();
    for variable in &head.variables {
        let mut name = plain(&variable.name);
        while taken.contains(&name) {
            name.push('_');
        }
        taken.push(name.clone());
        let mut said = vec![("long_name", variable.title.as_str()), ("units", variable.unit.as_str())];
        said.extend(variable.standard_name.as_deref().map(|standard| ("standard_name", standard)));
        said.extend([("coordinates", "time lat lon"), ("ancillary_variables", "quality")]);
        let attributes = say(&said);
        all.push(Variable { name, dimensions: vec![OBSERVATION], attributes, fill: Some(NONE), of: DOUBLE });
    }
    all
}

/// A name of letters, digits and `_` that begins with a letter.
fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    let name: String = name.chars().map(letter).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("v{name}") }
}

/// How many bytes fill the last four.
fn padding(bytes: usize) -> usize {
    (4 - bytes % 4) % 4
}

/// The head in the making (netCDF classic format specification).
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn number(&mut self, number: usize) -> Result<()> {
        let number =
            i32::try_from(number).map_err(|_| Error::other("a NetCDF file has no room for so much"))?;
        self.0.extend_from_slice(&number.to_be_bytes());
        Ok(())
    }

    fn list(&mut self, tag: u32, count: usize) {
        let (tag, count) = if count == 0 { (0, 0) } else { (tag, u32::try_from(count).unwrap_or(u32::MAX)) };
        self.0.extend_from_slice(&tag.to_be_bytes());
        self.0.extend_from_slice(&count.to_be_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.0.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(text);
        self.0.resize(self.0.len() + padding(text.len()), 0);
    }

    fn name(&mut self, name: &str) {
        self.text(name.as_bytes());
    }

    /// Attributes: texts, and numbers of a type with their bytes.
    fn attributes(&mut self, texts: &[(&str, &str)], numbers: &[(&str, u32, Vec<u8>)]) -> Result<()> {
        // An attribute without letters is none for some readers.
        let texts: Vec<_> = texts.iter().filter(|(_, text)| !text.is_empty()).collect();
        self.list(0x0c, texts.len() + numbers.len());
        for (name, text) in texts {
            self.name(name);
            self.0.extend_from_slice(&CHAR.to_be_bytes());
            self.text(text.as_bytes());
        }
        for (name, of, bytes) in numbers {
            self.name(name);
            self.0.extend_from_slice(&of.to_be_bytes());
            self.number(bytes.len() / if *of == DOUBLE { 8 } else { 1 })?;
            self.0.extend_from_slice(bytes);
            self.0.resize(self.0.len() + padding(bytes.len()), 0);
        }
        Ok(())
    }

    fn variable(&mut self, variable: &Variable, size: usize, begin: usize) -> Result<()> {
        self.name(&variable.name);
        self.number(variable.dimensions.len())?;
        for dimension in &variable.dimensions {
            self.0.extend_from_slice(&dimension.to_be_bytes());
        }
        let texts: Vec<(&str, &str)> =
            variable.attributes.iter().map(|(n, text)| (*n, text.as_str())).collect();
        let mut numbers = Vec::new();
        if let Some(fill) = variable.fill {
            numbers.push(("_FillValue", DOUBLE, fill.to_be_bytes().to_vec()));
        }
        if variable.of == BYTE {
            numbers.push(("flag_values", BYTE, vec![1, 2, 3, 4, 9]));
        }
        self.attributes(&texts, &numbers)?;
        self.0.extend_from_slice(&variable.of.to_be_bytes());
        self.number(size)?;
        self.0.extend_from_slice(&(begin as u64).to_be_bytes());
        Ok(())
    }
}
