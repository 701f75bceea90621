//! WaterML 2.0 (OGC 10-126r4): time-value pairs with the metadata of their series and their own.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use wording::told;

use super::{Rows, Series, Value, ends, last_part, no_values};
use crate::decode::{Carrying, check_size};
use crate::push::{Flow, Pusher, Stop};
use crate::xml::{Element, Node, Xml};
use crate::{Error, Place};

/// The deepest nesting.
const MAX_DEPTH: u32 = 64;

pub(super) fn read(path: &Path, pusher: &Pusher) -> Result<(), Stop> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    check_size(size, &pusher.limits)?;
    pusher.opened(vec![String::new()], Vec::new())?;
    let mut xml = Xml::new(BufReader::with_capacity(1 << 16, Carrying::new(file, false)), MAX_DEPTH);
    let mut texts = 0;
    let mut rows = Rows::begin(pusher.sheet(0, None, u32::MAX, &mut texts))?;
    let mut reader = Reader::default();
    loop {
        let node = xml.next().map_err(|error| error.at(Place::row(rows.next)))?;
        match node {
            Node::Start(element) => {
                if !reader.begin(&mut xml, &element)? {
                    reader.depth += 1;
                }
            }
            Node::End => {
                reader.depth = reader.depth.saturating_sub(1);
                if let Some(value) = reader.end() {
                    rows.rows.progress = xml.position().min(size);
                    if rows.push(&reader.series, &value)? == Flow::Past {
                        return rows.rows.finish();
                    }
                }
            }
            Node::Text(_) => {}
            Node::Eof => break,
        }
    }
    if rows.is_empty() {
        return Err(no_values(if reader.is_compact {
            told!("formats-values-compact-form-domain-range-not-read", "its values are in the compact form (domain and range), which is not read: ask for time-value pairs (MeasurementTVP)")
        } else {
            told!("formats-ask-service-observations-their-results", "ask the service for observations with their results")
        })
        .into());
    }
    rows.rows.finish()
}

/// What is known at a place of the document.
#[derive(Default)]
struct Reader {
    depth: u32,
    series: Series,
    /// The quality of the points that do not say their own.
    quality: String,
    default_unit: String,
    /// The depth within which the place of the series is described.
    in_place: Option<u32>,
    /// The point that is read, and the depth at which it began.
    point: Option<(u32, Value, Option<String>)>,
    is_compact: bool,
}

impl Reader {
    /// Looks at an element that begins; `true` if it was read up to its end.
    fn begin<R: std::io::BufRead>(&mut self, xml: &mut Xml<R>, element: &Element) -> Result<bool, Error> {
        match element.name().as_str() {
            "OM_Observation" => {
                self.series = Series::default();
                self.quality.clear();
                self.default_unit.clear();
            }
            "observedProperty" => {
                self.series.property = named(element)?;
                xml.skip()?;
                return Ok(true);
            }
            "procedure" => {
                self.series.sensor = named(element)?;
                xml.skip()?;
                return Ok(true);
            }
            "featureOfInterest" => {
                self.series.place = named(element)?;
                self.in_place = Some(self.depth);
            }
            "name" | "identifier" if self.in_place.is_some() && self.series.place.is_empty() => {
                self.series.place = xml.text()?.trim().to_owned();
                return Ok(true);
            }
            "point" if self.point.is_none() => {
                self.series.unit.clone_from(&self.default_unit);
                self.point = Some((self.depth, Value::default(), None));
            }
            "time" => {
                if let Some((_, value, _)) = &mut self.point {
                    (value.time, value.time_end) = ends(xml.text()?.trim());
                    return Ok(true);
                }
            }
            "value" => {
                if let Some((_, value, _)) = &mut self.point {
                    let is_nil = element.attribute("nil")?.is_some_and(|nil| nil == "true" || nil == "1");
                    let text = xml.text()?;
                    value.value = if is_nil { String::new() } else { text.trim().to_owned() };
                    return Ok(true);
                }
            }
            "uom" => {
                let code = element.attribute("code")?;
                let unit = code.map_or_else(|| named(element), Ok)?;
                match &self.point {
                    Some(_) => self.series.unit = unit,
                    None => self.default_unit = unit,
                }
            }
            "quality" => {
                let quality = named(element)?;
                match &mut self.point {
                    Some((_, value, _)) => value.quality = quality,
                    None => self.quality = quality,
                }
            }
            "nilReason" => {
                let reason = named(element)?;
                let text = xml.text()?;
                let reason = if reason.is_empty() { text.trim().to_owned() } else { reason };
                if let Some((_, _, nil)) = &mut self.point {
                    *nil = Some(reason);
                }
                return Ok(true);
            }
            name if name.ends_with("DomainRange") => self.is_compact = true,
            _ => {}
        }
        Ok(false)
    }

    /// The value of a point that ends here.
    fn end(&mut self) -> Option<Value> {
        if self.in_place == Some(self.depth) {
            self.in_place = None;
        }
        let (_, mut value, nil) = self.point.take_if(|(depth, ..)| *depth == self.depth)?;
        if value.quality.is_empty() {
            value.quality = match nil {
                Some(reason) if value.value.is_empty() => reason,
                _ => self.quality.clone(),
            };
        }
        Some(value)
    }
}

/// What a reference is called: by its title, or by the last part of its address.
fn named(element: &Element) -> Result<String, Error> {
    if let Some(title) = element.attribute("title")?.filter(|title| !title.trim().is_empty()) {
        return Ok(title.trim().to_owned());
    }
    let address = element.attribute("href")?.unwrap_or_default();
    Ok(last_part(address.trim()).to_owned())
}
