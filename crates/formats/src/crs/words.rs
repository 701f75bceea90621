//! How people and older programs name a coordinate system.

use super::tm::TransverseMercator;
use super::{Crs, Datum, Projection};
use crate::Error;

/// A system by its code.
pub(super) enum Code {
    Epsg(u32),
    Crs84,
}

/// `EPSG:9209`, `urn:ogc:def:crs:EPSG::9209`, `http://www.opengis.net/def/crs/EPSG/0/9209`, `CRS84`.
pub(super) fn code(text: &str) -> Option<Code> {
    let upper = text.trim().to_ascii_uppercase();
    if upper.ends_with("CRS84") || upper.ends_with("CRS84H") {
        return Some(Code::Crs84);
    }
    if upper.bytes().all(|byte| byte.is_ascii_digit()) {
        return upper.parse().ok().map(Code::Epsg);
    }
    if !upper.contains("EPSG") || upper.contains('[') {
        return None;
    }
    let digits = upper.rsplit([':', '/', '#', ' ']).next()?;
    digits.parse().ok().map(Code::Epsg)
}

/// MapInfo's `CoordSys Earth Projection 8, 9999, 28, …, "m", 105.5, 0, 0.9999, 500000, 0`.
pub(super) fn map_info(text: &str) -> Option<Result<Crs, Error>> {
    let lower = text.to_ascii_lowercase();
    let rest = lower.split_once("coordsys earth projection")?.1;
    let parts: Vec<&str> = rest.split(',').map(str::trim).collect();
    let number = |at: usize| parts.get(at).and_then(|part| part.trim_matches('"').parse::<f64>().ok());
    Some(map_info_system(&number, parts.len()).ok_or_else(|| super::unknown(text)))
}

fn map_info_system(number: &dyn Fn(usize) -> Option<f64>, parts: usize) -> Option<Crs> {
    // 1 is longitude and latitude, 8 transverse Mercator.
    let kind = number(0)?;
    let (datum, after) = match number(1)? {
        104.0 => (Datum::Wgs84, 2),
        // 999 carries an ellipsoid and three shifts, 9999 five parameters more; 28 is WGS 84's.
        code @ (999.0 | 9999.0) if number(2)? == 28.0 => {
            let near = |at, value: f64| number(at).is_some_and(|shift| (shift - value).abs() < 2.0);
            let datum = if near(3, -191.9) && near(4, -39.3) && near(5, -111.4) {
                Datum::Vn2000
            } else if near(3, 0.0) && near(4, 0.0) && near(5, 0.0) {
                Datum::Wgs84
            } else {
                return None;
            };
            (datum, if code == 999.0 { 6 } else { 11 })
        }
        _ => return None,
    };
    if kind == 1.0 {
        return Some(Crs::new(None, "MapInfo".into(), datum, Projection::None, None).listed());
    }
    // The unit stands in between: metres.
    let at = after + 1;
    if kind != 8.0 || parts < at + 5 || number(at + 1)? != 0.0 {
        return None;
    }
    let tm = TransverseMercator {
        central_meridian: number(at)?,
        scale: number(at + 2)?,
        false_easting: number(at + 3)?,
        false_northing: number(at + 4)?,
    };
    Some(Crs::new(None, "MapInfo CoordSys".into(), datum, Projection::TransverseMercator(tm), None).listed())
}

/// Words such as `VN2000 KTT 105°30' múi 3`, `VN-2000 / TM-3 105-30`, `WGS84 UTM 48N`.
pub(super) fn spoken(text: &str) -> Option<Crs> {
    let letters: String = model::fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    let datum = if letters.contains("vn2000") {
        Datum::Vn2000
    } else if letters.contains("wgs84") || letters.contains("wgs1984") {
        Datum::Wgs84
    } else if letters.contains("indian1960") {
        Datum::Indian1960
    } else if letters.contains("hanoi1972") || letters.contains("hn72") {
        Datum::Hanoi1972
    } else {
        return None;
    };
    if letters.contains("utm") {
        // The digits of the datum are no zone: `UTM WGS84 múi 48`.
        let rest = ["wgs1984", "wgs84", "vn2000", "indian1960", "hanoi1972", "hn72"]
            .iter()
            .fold(letters.clone(), |rest, datum| rest.replace(datum, " "));
        let behind = rest.split("utm").nth(1)?;
        let zone = [behind, &rest].into_iter().find_map(|text| {
            let digits: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take(2).collect();
            digits.parse::<u8>().ok().filter(|zone| (1..=60).contains(zone))
        })?;
        return Some(named(text, datum, f64::from(zone) * 6.0 - 183.0, 0.9996));
    }
    let six = is_of_six_degrees(&letters) || text.contains(BY_SCALE);
    // The two-digit sheet numbers of three-degree zones, as EPSG's names have them.
    let by_zone = [("zone481", 102.0), ("zone482", 105.0), ("zone491", 108.0)]
        .into_iter()
        .find(|(word, _)| letters.contains(word))
        .map(|(_, meridian)| meridian);
    match by_zone.or_else(|| meridian(text)) {
        Some(meridian) => Some(named(text, datum, meridian, if six { 0.9996 } else { 0.9999 })),
        // Words that speak of a projection without saying which.
        None if ["ktt", "mui", "tm3", "kinhtuyen"].iter().any(|word| letters.contains(word)) => None,
        None => Some(Crs::new(None, text.to_owned(), datum, Projection::None, None).listed()),
    }
}

/// How a system is written that has the scale of a zone of six degrees and not its meridian, as some definitions do.
pub(super) const BY_SCALE: &str = "k=0.9996";

fn is_of_six_degrees(letters: &str) -> bool {
    ["mui6", "zone6", "muichieu6", "tm6"].iter().any(|word| letters.contains(word))
}

/// The meridian of a zone of six degrees that there is none of: they have 105° and 111°, and none between.
pub(super) fn no_such_zone(text: &str) -> Option<f64> {
    let letters: String = model::fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    let meridian = meridian(text).filter(|_| is_of_six_degrees(&letters) && !letters.contains("utm"))?;
    ((meridian - 105.0) % 6.0 != 0.0).then_some(meridian)
}

fn named(text: &str, datum: Datum, central_meridian: f64, scale: f64) -> Crs {
    let tm = TransverseMercator { central_meridian, scale, false_easting: 500_000.0, false_northing: 0.0 };
    Crs::new(None, text.to_owned(), datum, Projection::TransverseMercator(tm), None).listed()
}

/// The first number from 102 to 111, with the minutes behind it: `105°30'`, `105-30`, `105 30`, `105.5`.
fn meridian(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    for start in 0..bytes.len() {
        if !bytes[start].is_ascii_digit() || (start > 0 && bytes[start - 1].is_ascii_digit()) {
            continue;
        }
        let run = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(degrees) = text.get(start..start + run).and_then(|t| t.parse::<f64>().ok()) else {
            continue;
        };
        if run != 3 || !(102.0..=111.0).contains(&degrees) {
            continue;
        }
        let rest = &text[start + run..];
        if let Some(decimals) = rest.strip_prefix(['.', ','])
            && decimals.starts_with(|c: char| c.is_ascii_digit())
        {
            let digits: String = decimals.chars().take_while(char::is_ascii_digit).collect();
            return format!("0.{digits}").parse::<f64>().ok().map(|fraction| degrees + fraction);
        }
        // A sign or a blank, then two digits below sixty.
        let after = rest.trim_start_matches(|c: char| !c.is_alphanumeric() || matches!(c, 'd' | 'o' | 'º'));
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        let minutes = (digits.len() == 2).then(|| digits.parse::<f64>().ok()).flatten();
        return Some(degrees + minutes.filter(|minutes| *minutes < 60.0).unwrap_or(0.0) / 60.0);
    }
    None
}
