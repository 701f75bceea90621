//! GeoTIFF's keys (OGC 19-008r4): which coordinate system a raster is in, both ways.

use crate::crs::{Crs, Datum, Projection, TransverseMercator};
use crate::feature::Declared;

/// The directory of keys with the texts and numbers that it points into.
#[derive(Debug, Default)]
pub(super) struct GeoKeys {
    pub(super) directory: Vec<u16>,
    pub(super) doubles: Vec<f64>,
    pub(super) ascii: String,
}

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const CITATION: u16 = 1026;
const GEOGRAPHIC: u16 = 2048;
const GEOGRAPHIC_CITATION: u16 = 2049;
const PROJECTED: u16 = 3072;
const PROJECTED_CITATION: u16 = 3073;
const VERTICAL: u16 = 4096;
const VERTICAL_CITATION: u16 = 4097;
const USER_DEFINED: u16 = 32_767;

impl GeoKeys {
    fn short(&self, key: u16) -> Option<u16> {
        self.entry(key).filter(|entry| entry[1] == 0).map(|entry| entry[3])
    }

    fn double(&self, key: u16) -> Option<f64> {
        let entry = self.entry(key).filter(|entry| entry[1] == 34_736)?;
        self.doubles.get(usize::from(entry[3])).copied()
    }

    fn text(&self, key: u16) -> Option<&str> {
        let entry = self.entry(key).filter(|entry| entry[1] == 34_737)?;
        let start = usize::from(entry[3]);
        self.ascii.get(start..start + usize::from(entry[2])).map(|text| text.trim_end_matches(['|', '\0']))
    }

    fn entry(&self, key: u16) -> Option<&[u16]> {
        self.directory.get(4..)?.chunks_exact(4).find(|entry| entry[0] == key)
    }

    /// Whether a pixel is a point and not an area.
    pub(super) fn is_point(&self) -> bool {
        self.short(RASTER_TYPE) == Some(2)
    }

    /// What heights are counted from, as far as the keys say it.
    pub(super) fn vertical(&self) -> Option<String> {
        let code = self.short(VERTICAL).filter(|code| !matches!(*code, 0 | USER_DEFINED));
        code.map(|code| format!("EPSG:{code}")).or_else(|| self.text(VERTICAL_CITATION).map(str::to_owned))
    }

    /// What the keys say, as a text that is understood elsewhere.
    pub(super) fn declared(&self) -> Option<Declared> {
        let by = "GeoTIFF keys".to_owned();
        let code = match self.short(MODEL_TYPE) {
            Some(1) => self.short(PROJECTED),
            Some(2) => self.short(GEOGRAPHIC),
            _ => self.short(PROJECTED).or(self.short(GEOGRAPHIC)),
        };
        if let Some(code) = code.filter(|code| !matches!(*code, 0 | USER_DEFINED)) {
            return Some(Declared { by, text: format!("EPSG:{code}") });
        }
        if let Some(crs) = self.own_projection() {
            return Some(Declared { by, text: crs.code() });
        }
        let text =
            [PROJECTED_CITATION, CITATION, GEOGRAPHIC_CITATION].iter().find_map(|key| self.text(*key))?;
        Some(Declared { by, text: text.to_owned() })
    }

    /// A transverse Mercator projection that is spelled out.
    fn own_projection(&self) -> Option<Crs> {
        let datum = match self.short(GEOGRAPHIC) {
            Some(4326) => Datum::Wgs84,
            Some(4756) => Datum::Vn2000,
            _ => return None,
        };
        // 3075 is the method: 1 is transverse Mercator.
        if self.short(3075) != Some(1) || self.double(3081).is_some_and(|latitude| latitude != 0.0) {
            return None;
        }
        let tm = TransverseMercator {
            central_meridian: self.double(3080).or(self.double(3088))?,
            scale: self.double(3092).unwrap_or(1.0),
            false_easting: self.double(3082).unwrap_or(0.0),
            false_northing: self.double(3083).unwrap_or(0.0),
        };
        if tm.false_easting != 500_000.0 || tm.false_northing != 0.0 {
            return None;
        }
        Some(Crs {
            epsg: None,
            name: String::new(),
            datum,
            projection: Projection::TransverseMercator(tm),
            area: None,
        })
    }

    /// The keys of a system.
    pub(super) fn of(crs: &Crs) -> GeoKeys {
        let mut keys = GeoKeys::default();
        let geographic = if crs.datum == Datum::Vn2000 { 4756 } else { 4326 };
        let code = crs.epsg.and_then(|code| u16::try_from(code).ok());
        let mut entries: Vec<[u16; 4]> = Vec::new();
        let mut short = |key: u16, value: u16| entries.push([key, 0, 1, value]);
        match (crs.projection, code) {
            (Projection::None, code) => {
                short(MODEL_TYPE, 2);
                short(RASTER_TYPE, 1);
                short(GEOGRAPHIC, code.unwrap_or(geographic));
                short(2054, 9102);
            }
            (_, Some(code)) => {
                short(MODEL_TYPE, 1);
                short(RASTER_TYPE, 1);
                short(PROJECTED, code);
                short(3076, 9001);
            }
            (Projection::TransverseMercator(tm), None) => {
                short(MODEL_TYPE, 1);
                short(RASTER_TYPE, 1);
                short(GEOGRAPHIC, geographic);
                short(PROJECTED, USER_DEFINED);
                short(3074, USER_DEFINED);
                short(3075, 1);
                short(3076, 9001);
                let values = [
                    (3080, tm.central_meridian),
                    (3081, 0.0),
                    (3082, tm.false_easting),
                    (3083, tm.false_northing),
                    (3092, tm.scale),
                ];
                for (key, value) in values {
                    let at = u16::try_from(keys.doubles.len()).unwrap_or(0);
                    keys.doubles.push(value);
                    entries.push([key, 34_736, 1, at]);
                }
            }
            (Projection::WebMercator, None) => {
                short(MODEL_TYPE, 1);
                short(RASTER_TYPE, 1);
                short(PROJECTED, 3857);
            }
        }
        keys.directory = vec![1, 1, 0, u16::try_from(entries.len()).unwrap_or(0)];
        keys.directory.extend(entries.into_iter().flatten());
        keys
    }
}
