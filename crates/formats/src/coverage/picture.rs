//! Values as colours, and pictures as PNG.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::Error;

/// A picture of red, green, blue and opacity, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Four bytes a pixel.
    pub pixels: Vec<u8>,
}

/// Colours of values: between two stops they pass over into each other, or stand still.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Values, upwards, each with its colour.
    pub stops: Vec<(f64, [u8; 3])>,
    /// Whether a colour holds from its value up to the next.
    pub stepped: bool,
}

impl Scale {
    /// From white to dark, between the smallest and the largest value.
    pub fn neutral(low: f64, high: f64) -> Scale {
        let (low, high) =
            if low.is_finite() && high.is_finite() && low < high { (low, high) } else { (0.0, 1.0) };
        Scale { stops: vec![(low, [247, 247, 247]), (high, [37, 37, 37])], stepped: false }
    }

    /// The colour of a value.
    pub fn colour(&self, value: f64) -> [u8; 3] {
        let above = self.stops.partition_point(|(stop, _)| *stop <= value);
        let Some((low, colour)) = self.stops.get(above.wrapping_sub(1)) else {
            return self.stops.first().map_or([0, 0, 0], |(_, colour)| *colour);
        };
        match self.stops.get(above) {
            Some((high, next)) if !self.stepped => {
                let share = (value - low) / (high - low);
                let mut mixed = [0; 3];
                for ((into, from), to) in mixed.iter_mut().zip(colour).zip(next) {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "between two bytes"
                    )]
                    let byte = (f64::from(*from) + share * (f64::from(*to) - f64::from(*from))).round() as u8;
                    *into = byte;
                }
                mixed
            }
            _ => *colour,
        }
    }

    /// Values as a picture; what has no value is of the ground's colour, or lets through.
    pub fn draw(&self, values: &[f64], width: usize, height: usize, ground: [u8; 4]) -> Picture {
        let mut pixels = Vec::with_capacity(width * height * 4);
        for value in values.iter().take(width * height) {
            if value.is_nan() {
                pixels.extend(ground);
            } else {
                let [red, green, blue] = self.colour(*value);
                pixels.extend([red, green, blue, 255]);
            }
        }
        pixels.resize(width * height * 4, 0);
        Picture { width, height, pixels }
    }
}

/// Writes a picture (ISO/IEC 15948): eight bits of each of four channels.
pub fn png(picture: &Picture) -> Result<Vec<u8>, Error> {
    let Picture { width, height, pixels } = picture;
    Samples { width: *width, height: *height, channels: 4, is_wide: false, bytes: pixels }.png()
}

/// Samples of whole numbers, row by row, pixel by pixel.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'b> {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// One for grey, three for red, green and blue; one more for what lets through.
    pub channels: usize,
    /// Whether a sample has two bytes, the larger first.
    pub is_wide: bool,
    /// The samples.
    pub bytes: &'b [u8],
}

impl Samples<'_> {
    /// Writes a PNG of one to four channels.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let size = |number: usize| {
            u32::try_from(number).map_err(|_| {
                Error::limit(
                    "pixels",
                    "the picture is too large",
                    u64::from(u32::MAX),
                    "ask for a smaller one",
                )
            })
        };
        let colours = match self.channels {
            1 => 0,
            2 => 4,
            3 => 2,
            _ => 6,
        };
        let depth = if self.is_wide { 16 } else { 8 };
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut head = Vec::with_capacity(13);
        head.extend(size(self.width)?.to_be_bytes());
        head.extend(size(self.height)?.to_be_bytes());
        head.extend([depth, colours, 0, 0, 0]);
        chunk(&mut file, *b"IHDR", &head);
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        let row = self.width * self.channels * usize::from(depth / 8);
        for row in self.bytes.chunks_exact(row.max(1)) {
            // No filter: rows of few colours pack well as they are.
            packed.write_all(&[0])?;
            packed.write_all(row)?;
        }
        chunk(&mut file, *b"IDAT", &packed.finish()?);
        chunk(&mut file, *b"IEND", &[]);
        Ok(file)
    }
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], bytes: &[u8]) {
    file.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(name);
    file.extend_from_slice(bytes);
    let mut sum = flate2::Crc::new();
    sum.update(&name);
    sum.update(bytes);
    file.extend(sum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Picture, Scale, png};

    #[test]
    fn a_value_between_stops_has_a_colour_between_theirs() {
        let scale = Scale { stops: vec![(0.0, [0, 0, 0]), (10.0, [100, 200, 50])], stepped: false };
        assert_eq!(scale.colour(5.0), [50, 100, 25]);
        assert_eq!(scale.colour(-1.0), [0, 0, 0]);
        assert_eq!(scale.colour(99.0), [100, 200, 50]);
        let stepped = Scale { stepped: true, ..scale };
        assert_eq!((stepped.colour(9.9), stepped.colour(10.0)), ([0, 0, 0], [100, 200, 50]));
    }

    #[test]
    fn what_has_no_value_lets_through() {
        let picture = Scale::neutral(0.0, 1.0).draw(&[0.0, f64::NAN], 2, 1, [0, 0, 0, 0]);
        assert_eq!(picture.pixels, [247, 247, 247, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn a_picture_has_its_size_in_its_head() {
        let bytes = png(&Picture { width: 3, height: 2, pixels: vec![7; 24] }).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!((&bytes[16..20], &bytes[20..24]), (&[0, 0, 0, 3][..], &[0, 0, 0, 2][..]));
    }
}
