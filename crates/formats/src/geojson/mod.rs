//! GeoJSON (RFC 7946), one feature at a time.
//!
//! The file is cut into features by counting brackets, without building a tree of it; each feature
//! is then read by itself. So memory is bounded by one feature, and one bad feature is refused
//! while the others go in.

mod feature;
mod frame;
mod geometry;
mod json;

use std::path::Path;

use model::Bbox;
use serde_json::Value;

use crate::decode::TextFile;
use crate::{Error, Limits, detect};
use feature::RawFeature;
use frame::{Frame, Frames};

/// A feature as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureRow {
    /// Its place in the file, from 1.
    pub row: u32,
    /// Its `id` member, a number as text.
    pub id: Option<String>,
    /// Its geometry as WKB, in longitude and latitude.
    pub wkb: Vec<u8>,
    /// The box around its geometry.
    pub bbox: Bbox,
    /// Its properties in the order of the file, names and texts in NFC; the n-th is column n. Of a
    /// name that stands twice, the last value counts.
    pub properties: Vec<(String, Value)>,
    /// Whether positions had a height, which is not kept.
    pub had_heights: bool,
}

impl FeatureRow {
    /// A property by its name.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The column of a property, from 1; the geometry's column comes after the last one.
    pub fn column(&self, name: &str) -> Option<u16> {
        let index = self.properties.iter().position(|(other, _)| other == name)?;
        u16::try_from(index + 1).ok()
    }

    /// The column of the geometry.
    pub fn geometry_column(&self) -> u16 {
        u16::try_from(self.properties.len() + 1).unwrap_or(u16::MAX)
    }
}

/// Why a feature is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureRefusal {
    /// Its place in the file, from 1.
    pub row: u32,
    /// A stable name of the reason: `not_json`, `not_a_feature`, `no_geometry`, `bad_geometry`,
    /// `outside_world`, `too_large`, `too_deep`, `columns`, `cell_bytes`.
    pub code: &'static str,
    /// What is wrong.
    pub reason: String,
    /// What is there instead, shortened.
    pub value: String,
}

/// A feature, or why it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureItem {
    /// A feature that was read.
    Row(FeatureRow),
    /// One that was not.
    Refused(FeatureRefusal),
}

impl FeatureItem {
    /// Its place in the file, from 1.
    pub fn row(&self) -> u32 {
        match self {
            FeatureItem::Row(row) => row.row,
            FeatureItem::Refused(refusal) => refusal.row,
        }
    }

    pub(crate) fn property_names(&self) -> Vec<String> {
        match self {
            FeatureItem::Row(row) => row.properties.iter().map(|(name, _)| name.clone()).collect(),
            FeatureItem::Refused(_) => Vec::new(),
        }
    }

    pub(crate) fn property_text(&self, name: &str) -> String {
        match self {
            FeatureItem::Row(row) => match row.property(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            FeatureItem::Refused(_) => String::new(),
        }
    }

    pub(crate) fn geometry_text(&self) -> String {
        match self {
            FeatureItem::Row(FeatureRow { bbox, .. }) => {
                format!("{} {} {} {}", bbox.west, bbox.south, bbox.east, bbox.north)
            }
            FeatureItem::Refused(refusal) => refusal.reason.clone(),
        }
    }
}

/// Opens a GeoJSON file: a FeatureCollection, or one Feature.
pub fn read_features(path: &Path, limits: &Limits) -> Result<FeatureReader, Error> {
    let mut head = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(std::fs::File::open(path)?, 4), &mut head)?;
    let input = TextFile::open(path, detect::Encoding::of(&head), limits)?;
    Ok(FeatureReader {
        frames: Frames::new(input, limits),
        limits: limits.clone(),
        frame: Vec::new(),
        row: 0,
        done: false,
    })
}

/// The features of a file, in order. After an error there is nothing more to read.
pub struct FeatureReader {
    frames: Frames<TextFile>,
    limits: Limits,
    frame: Vec<u8>,
    row: u32,
    done: bool,
}

impl FeatureReader {
    /// Bytes of the file read so far, to show progress.
    pub fn bytes_read(&self) -> u64 {
        self.frames.input().bytes_read()
    }

    /// Passes over the features before the one at this place.
    pub(crate) fn skip_to(&mut self, row: u32) -> Result<(), Error> {
        while !self.done && self.row + 1 < row {
            self.next_frame()?;
        }
        Ok(())
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        let frame = self.frames.next(&mut self.frame);
        self.done |= !matches!(frame, Ok(Some(_)));
        if let Ok(Some(_)) = frame {
            if self.row >= self.limits.max_rows {
                self.done = true;
                return Err(Error::limit(
                    "rows",
                    "the file has too many features",
                    u64::from(self.limits.max_rows),
                    "split it into several files and hand them in one after the other",
                ));
            }
            self.row += 1;
        }
        frame
    }

    fn item(&self, frame: Frame) -> FeatureItem {
        let refuse = |code, reason: String, value: String| {
            FeatureItem::Refused(FeatureRefusal { row: self.row, code, reason, value })
        };
        match frame {
            Frame::TooLarge => {
                let reason = format!("the feature is larger than {} bytes", self.limits.max_feature_bytes);
                return refuse("too_large", reason, String::new());
            }
            Frame::TooDeep => {
                let reason = format!("the feature is nested deeper than {} levels", self.limits.max_depth);
                return refuse("too_deep", reason, String::new());
            }
            Frame::Whole => {}
        }
        match RawFeature::parse(&self.frame).and_then(|raw| raw.into_row(self.row, &self.limits)) {
            Ok(row) => FeatureItem::Row(row),
            Err(refused) => refuse(refused.code, refused.reason, refused.value),
        }
    }
}

impl Iterator for FeatureReader {
    type Item = Result<FeatureItem, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.next_frame() {
            Ok(frame) => frame.map(|frame| Ok(self.item(frame))),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Why a feature is refused, before its place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    code: &'static str,
    reason: String,
    value: String,
}

impl Refused {
    fn new(code: &'static str, reason: impl Into<String>, value: impl Into<String>) -> Refused {
        let mut value: String = value.into();
        if let Some((end, _)) = value.char_indices().nth(200) {
            value.truncate(end);
        }
        Refused { code, reason: reason.into(), value }
    }
}
