//! The geometries of a shapefile: a header of 100 bytes, then records of big- and little-endian parts.

use std::io::Read;

use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point};
use wording::{Told, told};

use super::rings;
use crate::feature::Refused;
use crate::{Error, Limits, Place};

/// What one record holds.
pub(super) enum Shape {
    Geometry(Drawn),
    Refused(Refused),
}

/// A geometry, and what its record says beside it.
pub(super) struct Drawn {
    pub(super) geometry: Geometry<f64>,
    /// Whether heights or measures stand with its positions, which are not kept.
    pub(super) had_heights: bool,
    /// Whether rings lie in each other otherwise than they turn.
    pub(super) is_turned_otherwise: bool,
}

/// The records of a `.shp`.
pub(super) struct Shp<R> {
    input: R,
    /// Bytes that the header promises, header included.
    promised: u64,
    read: u64,
    rows: u32,
    max_record: usize,
    record: Vec<u8>,
}

impl<R: Read> Shp<R> {
    pub(super) fn open(mut input: R, limits: &Limits) -> Result<Shp<R>, Error> {
        let mut header = [0; 100];
        input
            .read_exact(&mut header)
            .map_err(|_| damaged(told!("formats-header-cut-off", "its header is cut off")))?;
        if header[..4] != [0, 0, 0x27, 0x0A] {
            return Err(damaged(told!(
                "formats-does-not-begin-like-shapefile",
                "it does not begin like a shapefile"
            )));
        }
        let words = u32::from_be_bytes([header[24], header[25], header[26], header[27]]);
        Ok(Shp {
            input,
            promised: u64::from(words) * 2,
            read: 100,
            rows: 0,
            max_record: limits.max_feature_bytes,
            record: Vec::new(),
        })
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Shape>, Error> {
        let mut head = [0; 8];
        match fill(&mut self.input, &mut head)? {
            0 => {
                if self.read < self.promised {
                    return Err(damaged(told!(
                        "formats-shorter-than-header-says",
                        "it is shorter than its header says"
                    ))
                    .at(Place::row(self.rows)));
                }
                return Ok(None);
            }
            8 => {}
            _ => {
                return Err(damaged(told!("formats-last-record-cut-off", "its last record is cut off"))
                    .at(Place::row(self.rows + 1)));
            }
        }
        self.rows += 1;
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize * 2;
        self.read += 8 + length as u64;
        if length > self.max_record {
            let mut rest = (&mut self.input).take(length as u64);
            std::io::copy(&mut rest, &mut std::io::sink())?;
            let reason = told!(
                "formats-feature-larger-than-bytes",
                "the feature is larger than {max_bytes} bytes",
                max_bytes = self.max_record
            );
            return Ok(Some(Shape::Refused(Refused::new("too_large", reason, ""))));
        }
        self.record.clear();
        let taken = (&mut self.input).take(length as u64).read_to_end(&mut self.record)?;
        if taken < length {
            return Err(damaged(told!("formats-last-record-cut-off", "its last record is cut off"))
                .at(Place::row(self.rows)));
        }
        Ok(Some(match geometry(&self.record) {
            Ok(drawn) => Shape::Geometry(drawn),
            Err(refused) => Shape::Refused(refused),
        }))
    }
}

fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn damaged(what: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_shapefile",
        told!("formats-shapefile-damaged", "the shapefile is damaged: {what}", what => what.into()),
        told!(
            "formats-export-layer-again-check-all-files-were",
            "export the layer again and check that all its files were packed whole"
        ),
    )
}

fn bad(what: Told) -> Refused {
    Refused::new("bad_geometry", what, "")
}

struct Record<'a> {
    bytes: &'a [u8],
}

impl Record<'_> {
    fn u32(&self, at: usize) -> Result<u32, Refused> {
        let bytes = self
            .bytes
            .get(at..at + 4)
            .ok_or_else(|| bad(told!("formats-record-too-short", "the record is too short")))?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn f64(&self, at: usize) -> Result<f64, Refused> {
        let bytes = self
            .bytes
            .get(at..at + 8)
            .ok_or_else(|| bad(told!("formats-record-too-short", "the record is too short")))?;
        let mut taken = [0; 8];
        taken.copy_from_slice(bytes);
        Ok(f64::from_le_bytes(taken))
    }

    fn position(&self, at: usize) -> Result<Coord<f64>, Refused> {
        Ok(Coord { x: self.f64(at)?, y: self.f64(at + 8)? })
    }

    fn positions(&self, at: usize, count: usize) -> Result<Vec<Coord<f64>>, Refused> {
        let end = count.checked_mul(16).and_then(|bytes| at.checked_add(bytes));
        if end.is_none_or(|end| end > self.bytes.len()) {
            return Err(bad(told!(
                "formats-record-counts-more-positions-than-holds",
                "the record counts more positions than it holds"
            )));
        }
        (0..count).map(|index| self.position(at + 16 * index)).collect()
    }

    /// Whether any height or measure behind the positions says something: programs fill them with nought,
    /// and with a number below -10³⁸ for none.
    fn has_heights(&self, code: u32) -> bool {
        let says = |at: usize| self.f64(at).is_ok_and(|number| number != 0.0 && number > -1e38);
        let count = |at: usize| self.u32(at).map_or(0, |count| count as usize);
        let start = match code {
            11 | 21 => return says(20) || code == 11 && says(28),
            18 | 28 => 40 + 16 * count(36),
            13 | 15 | 23 | 25 => 44 + 4 * count(36) + 16 * count(40),
            _ => return false,
        };
        // The least and the greatest stand before them.
        let has_both = matches!(code, 13 | 15 | 18);
        let number = if code == 18 || code == 28 { count(36) } else { count(40) };
        says(start)
            || says(start + 8)
            || has_both && (says(start + 16 + 8 * number) || says(start + 24 + 8 * number))
    }

    /// The parts of a line or polygon.
    fn parts(&self) -> Result<Vec<LineString<f64>>, Refused> {
        let (parts, count) = (self.u32(36)? as usize, self.u32(40)? as usize);
        let after = parts.checked_mul(4).map(|bytes| 44 + bytes).filter(|end| *end <= self.bytes.len());
        let after = after.ok_or_else(|| {
            bad(told!(
                "formats-record-counts-more-parts-than-holds",
                "the record counts more parts than it holds"
            ))
        })?;
        let positions = self.positions(after, count)?;
        let mut starts: Vec<usize> = Vec::with_capacity(parts + 1);
        for part in 0..parts {
            starts.push(self.u32(44 + 4 * part)? as usize);
        }
        starts.push(count);
        if starts.first().is_some_and(|first| *first != 0) || starts.windows(2).any(|pair| pair[0] > pair[1])
        {
            return Err(bad(told!(
                "formats-parts-record-out-order",
                "the parts of the record are out of order"
            )));
        }
        Ok(starts.windows(2).map(|pair| LineString(positions[pair[0]..pair[1]].to_vec())).collect())
    }
}

/// Types 11 to 18 have heights, 21 to 28 measures.
fn geometry(bytes: &[u8]) -> Result<Drawn, Refused> {
    let record = Record { bytes };
    let code = record.u32(0)?;
    let had_heights = record.has_heights(code);
    let mut is_turned_otherwise = false;
    let geometry = match code {
        0 => {
            return Err(Refused::new(
                "no_geometry",
                told!("formats-feature-no-geometry", "the feature has no geometry"),
                "null shape",
            ));
        }
        1 | 11 | 21 => Geometry::Point(Point(record.position(4)?)),
        8 | 18 | 28 => {
            let positions = record.positions(40, record.u32(36)? as usize)?;
            Geometry::MultiPoint(MultiPoint(positions.into_iter().map(Point).collect()))
        }
        3 | 13 | 23 => {
            let mut lines = record.parts()?;
            lines.retain(|line| line.0.len() > 1);
            if lines.len() == 1 {
                Geometry::LineString(lines.remove(0))
            } else {
                Geometry::MultiLineString(MultiLineString(lines))
            }
        }
        5 | 15 | 25 => {
            let (mut polygons, as_turned) = rings::polygons(record.parts()?);
            is_turned_otherwise = !as_turned;
            if polygons.len() == 1 {
                Geometry::Polygon(polygons.remove(0))
            } else {
                Geometry::MultiPolygon(MultiPolygon(polygons))
            }
        }
        other => {
            return Err(bad(told!(
                "formats-shapes-type-not-read-here",
                "shapes of the type {other} are not read here",
                other = other
            )));
        }
    };
    Ok(Drawn { geometry, had_heights, is_turned_otherwise })
}
