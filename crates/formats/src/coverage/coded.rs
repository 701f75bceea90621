//! Numbers that stand for values: the scale and the offset of each band, as GDAL writes them into a TIFF
//! (`<Item name="SCALE" sample="0" role="scale">0.1</Item>` in the tag 42112).

use super::besides::{Item, items};
use super::{RasterInfo, SampleKind};

/// The tag of GDAL's metadata.
pub(super) const GDAL_METADATA: u16 = 42_112;

/// How the numbers of a raster become values.
pub(super) struct Coded {
    /// Scale and offset of each band.
    bands: Vec<(f64, f64)>,
    kind: SampleKind,
    nodata: Option<f64>,
}

impl Coded {
    /// By GDAL's metadata; `None` where no band has a scale or an offset.
    pub(super) fn of(metadata: &str, info: &RasterInfo) -> Option<Coded> {
        let mut bands = vec![(1.0, 0.0); usize::from(info.bands)];
        for Item { band, role, text, .. } in items(metadata) {
            let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) else { continue };
            let Some(band) = bands.get_mut(band) else { continue };
            match role.as_str() {
                "scale" if number != 0.0 => band.0 = number,
                "offset" => band.1 = number,
                _ => {}
            }
        }
        let is_coded = bands.iter().any(|band| *band != (1.0, 0.0));
        is_coded.then_some(Coded { bands, kind: info.kind, nodata: info.nodata })
    }

    /// What a number of the file is.
    pub(super) fn kind(&self) -> SampleKind {
        self.kind
    }

    /// What is known of the raster once its numbers are values: a value that is missing is NaN.
    pub(super) fn info(&self, info: RasterInfo) -> RasterInfo {
        RasterInfo { kind: self.target(), nodata: Some(f64::NAN), applied: self.bands.clone(), ..info }
    }

    /// Single precision holds what has 16 bits.
    fn target(&self) -> SampleKind {
        match self.kind {
            SampleKind::U8 | SampleKind::I8 | SampleKind::U16 | SampleKind::I16 | SampleKind::F32 => {
                SampleKind::F32
            }
            SampleKind::U32 | SampleKind::I32 | SampleKind::F64 => SampleKind::F64,
        }
    }

    /// The values of rows of numbers.
    pub(super) fn values(&self, rows: &[u8]) -> Vec<u8> {
        let target = self.target();
        let mut values = Vec::with_capacity(rows.len() / self.kind.bytes() * target.bytes());
        for (at, bytes) in rows.chunks_exact(self.kind.bytes()).enumerate() {
            let number = self.kind.read(bytes).unwrap_or(f64::NAN);
            let (scale, offset) = self.bands[at % self.bands.len()];
            let is_none = self.kind.is_none(number, self.nodata);
            target.write_float(if is_none { f64::NAN } else { number * scale + offset }, &mut values);
        }
        values
    }
}
