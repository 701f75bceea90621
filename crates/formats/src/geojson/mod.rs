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

use crate::decode::{Carrying, TextFile};
use crate::feature::{About, Declared, FeatureOptions, Features, Item, Refused};
use crate::{Error, Limits, detect};
use feature::RawFeature;
use frame::{Frame, Frames};

pub(crate) use json::Json;
use wording::{Told, told};

/// Opens a GeoJSON file: a FeatureCollection, or one Feature.
pub(crate) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<GeoJson, Error> {
    let mut head = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(std::fs::File::open(path)?, 4), &mut head)?;
    let encoding = detect::Encoding::of(&head);
    let input = Carrying::new(TextFile::open(path, encoding, limits)?, encoding != detect::Encoding::Utf8);
    // Whoever has looked at the file before knows what its coordinates are.
    let may_declare = options.as_written || options.fit.is_some();
    let mut features = GeoJson {
        frames: Frames::new(input, limits, may_declare),
        limits: limits.clone(),
        frame: Vec::new(),
        ahead: None,
        row: 0,
        about: About::one_layer(),
    };
    // What the file says of its coordinates stands before its features.
    features.ahead = features.next_frame()?;
    let by = "crs".to_owned();
    features.about.declared = features.frames.declared().map(|text| Declared { by, text: text.to_owned() });
    Ok(features)
}

/// The features of a GeoJSON file.
pub(crate) struct GeoJson {
    frames: Frames<Carrying<TextFile>>,
    limits: Limits,
    frame: Vec<u8>,
    /// A frame that is read already; its text is in `frame`.
    ahead: Option<Frame>,
    row: u32,
    about: About,
}

impl GeoJson {
    fn next_frame(&mut self) -> Result<Option<Frame>, Error> {
        if let Some(frame) = self.ahead.take() {
            return Ok(Some(frame));
        }
        let frame = self.frames.next(&mut self.frame)?;
        self.row += u32::from(frame.is_some());
        Ok(frame)
    }

    fn item(&self, frame: Frame) -> Item {
        let refuse = |code, reason: Told| Item::refused(self.row, Refused::new(code, reason, ""));
        match frame {
            Frame::TooLarge => refuse(
                "too_large",
                told!(
                    "formats-feature-larger-than-bytes",
                    "the feature is larger than {max_bytes} bytes",
                    max_bytes = self.limits.max_feature_bytes
                ),
            ),
            Frame::TooDeep => refuse(
                "too_deep",
                told!(
                    "formats-feature-nested-deeper-than-levels",
                    "the feature is nested deeper than {max_depth} levels",
                    max_depth = self.limits.max_depth
                ),
            ),
            Frame::Whole => match RawFeature::parse(&self.frame).and_then(|raw| raw.into_read(self.row)) {
                Ok(read) => Item::Read(read),
                Err(refused) => Item::refused(self.row, refused),
            },
        }
    }
}

impl Features for GeoJson {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        Ok(self.next_frame()?.map(|frame| self.item(frame)))
    }

    fn bytes_read(&self) -> u64 {
        self.frames.input().inner().bytes_read()
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn skip_to(&mut self, row: u32) -> Result<(), Error> {
        // The frame ahead counts already.
        while self.row + u32::from(self.ahead.is_none()) < row {
            if self.ahead.take().is_none() && self.next_frame()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}
