//! Which columns of a table hold its positions, by their headers; and a second position of a row, if there is one.

use wording::told;

use super::Coordinates;
use crate::Error;

/// Where the position of a row stands, by indices of columns.
pub(super) enum Shape {
    Pair(usize, usize),
    /// Both numbers in one text, or WKT.
    Text(usize),
}

/// Headers of eastings or longitudes, and of northings or latitudes: words that stand alone or
/// before a bracket, the surest first.
const PAIRS: [(&[&str], &[&str]); 4] = [
    (
        &["lon", "long", "longitude", "lng", "kinh do", "kinhdo", "kd"],
        &["lat", "latitude", "vi do", "vido", "vd"],
    ),
    (
        &["easting", "toa do x", "x toa do", "toado x", "x coord", "coord x", "dong"],
        &["northing", "toa do y", "y toa do", "toado y", "y coord", "coord y", "bac"],
    ),
    (&["x"], &["y"]),
    (&["e"], &["n"]),
];
/// The pair that is in degrees, among those.
const OF_DEGREES: usize = 0;
/// Words that may stand beside a single letter without changing what it is: `X VN2000 (KTT 105-30 múi 3)`.
const BESIDE: [&str; 24] = [
    "m", "met", "meter", "metre", "wgs84", "wgs", "vn2000", "vn", "do", "deg", "utm", "utm48n", "utm48",
    "48n", "zone", "mui", "chieu", "ktt", "kinh", "tuyen", "truc", "he", "toa", "mui3",
];
/// Words that may stand before one: `POINT_X`, as ArcGIS writes it.
const BEFORE: [&str; 6] = ["point", "centroid", "coord", "toado", "utm", "vn2000"];
/// Words that tell the one end of a line from the other, or one point of a row from the next.
const ENDS: [&str; 14] =
    ["dau", "cuoi", "start", "end", "begin", "from", "to", "first", "last", "di", "den", "nguon", "1", "2"];
const GEOMETRIES: [&str; 6] = ["wkt", "the geom", "geom", "geometry", "wkt geom", "shape wkt"];
/// What headers of columns begin with that hold both numbers of a position.
const POSITIONS: [&str; 10] = [
    "toa do",
    "coordinate",
    "coordinates",
    "lat lon",
    "lat long",
    "gps",
    "vi do kinh do",
    "kinh do vi do",
    "vi tri",
    "location",
];
/// What stands within such headers: `Vị trí (vĩ độ, kinh độ)`.
const BOTH: [&str; 5] = ["vi do kinh do", "kinh do vi do", "lat lon", "lat long", "x y"];

/// Two columns that hold a position, by a kind of header, and the words of the headers beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    x: usize,
    y: usize,
    kind: usize,
    beside: String,
}

/// The columns of the first pair of numbers that the headers name.
pub(super) fn shape_of(names: &[String]) -> Option<(usize, usize)> {
    pairs(names).first().map(|pair| (pair.x, pair.y))
}

/// The columns of longitude and latitude, by their headers.
pub fn columns_of_degrees(names: &[String]) -> Option<(usize, usize)> {
    pairs(names).iter().find(|pair| pair.kind == OF_DEGREES).map(|pair| (pair.x, pair.y))
}

/// The columns of another pair, which holds the same position in another system or another position.
pub(super) fn beside(names: &[String], (x, y): (usize, usize)) -> Option<(usize, usize)> {
    let pairs = pairs(names);
    let is_other = |pair: &&Pair| ![x, y].contains(&pair.x) && ![x, y].contains(&pair.y);
    pairs.iter().find(is_other).map(|pair| (pair.x, pair.y))
}

/// Whether the header of a column is one of degrees.
pub(super) fn is_of_degrees(names: &[String], column: usize) -> bool {
    let (easts, norths) = PAIRS[OF_DEGREES];
    let name = names.get(column).map(|name| folded(name));
    name.is_some_and(|name| easts.iter().chain(norths).any(|word| rest_of(&name, word).is_some()))
}

/// The columns of a second position of each row: the other end of a line. `above` says what stands above a header.
pub(super) fn second(
    names: &[String],
    (x, y): (usize, usize),
    above: &dyn Fn(usize) -> String,
) -> Option<(usize, usize)> {
    let pairs = pairs(names);
    let words = |pair: &Pair| format!("{} {}", folded(&above(pair.x)), pair.beside);
    let first = pairs.iter().find(|pair| (pair.x, pair.y) == (x, y))?;
    let (own, kind) = (words(first), first.kind);
    let system = |words: &str| {
        let words = words.replace(' ', "");
        ["wgs", "vn2000", "utm", "gps"].iter().find(|word| words.contains(**word)).copied()
    };
    let names_end = |words: &str| words.split(' ').any(|word| ENDS.contains(&word));
    let is_second = |pair: &&Pair| {
        let other = words(pair);
        let is_apart = ![x, y].contains(&pair.x) && ![x, y].contains(&pair.y);
        // Two systems of one position are no two positions.
        let is_of_ends = (names_end(&own) || names_end(&other)) && system(&own) == system(&other);
        is_apart && pair.kind == kind && other != own && is_of_ends
    };
    pairs.iter().find(is_second).map(|pair| (pair.x, pair.y))
}

/// An error where each row holds two positions: one of them would be taken for the other.
pub(super) fn two_positions(names: &[String], (x, y): (usize, usize), other: (usize, usize)) -> Error {
    Error::invalid(
        "two_positions",
        told!(
            "formats-rows-have-two-positions",
            "the rows have two positions each: `{x}` and `{y}`, and `{other_x}` and `{other_y}`",
            x = names[x],
            y = names[y],
            other_x = names[other.0],
            other_y = names[other.1]
        ),
        told!(
            "formats-name-the-position-that-is-meant",
            "name the one that is meant under `[feature]` in the mapping, `x = \"…\"` and `y = \"…\"`; the other then stays beside it as attributes"
        ),
    )
}

/// All pairs of headers, the surest kind first; of one kind those with the same words beside them.
fn pairs(names: &[String]) -> Vec<Pair> {
    let folded: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let mut found: Vec<Pair> = Vec::new();
    for (kind, (easts, norths)) in PAIRS.iter().enumerate() {
        let of = |words: &[&str]| -> Vec<(usize, String)> {
            let mut columns: Vec<(usize, String)> = Vec::new();
            for word in words {
                for (at, name) in folded.iter().enumerate() {
                    if let Some(rest) = rest_of(name, word)
                        && columns.iter().all(|(other, _)| *other != at)
                    {
                        columns.push((at, rest));
                    }
                }
            }
            columns
        };
        let (xs, mut ys) = (of(easts), of(norths));
        let mut left: Vec<usize> = Vec::new();
        for (x, beside) in &xs {
            match ys.iter().position(|(y, other)| other == beside && y != x) {
                Some(at) => {
                    let y = ys.remove(at).0;
                    found.push(Pair { x: *x, y, kind, beside: beside.clone() });
                }
                None => left.push(*x),
            }
        }
        // `Kinh độ (E)` and `Vĩ độ (N)`: the words beside them differ, and nothing else is there.
        let alone = left.first().zip(ys.first().map(|(y, _)| *y)).filter(|(x, y)| *x != y);
        if let Some((x, y)) = alone
            && found.iter().all(|pair| pair.kind != kind)
        {
            found.push(Pair { x: *x, y, kind, beside: String::new() });
        }
    }
    found
}

/// What stands beside a word in a header that is made of it.
fn rest_of(name: &str, word: &str) -> Option<String> {
    if name == word {
        return Some(String::new());
    }
    let behind = name.strip_prefix(word).and_then(|rest| rest.strip_prefix(' '));
    let before = name.strip_suffix(word).and_then(|rest| rest.strip_suffix(' '));
    if word.len() > 2 {
        return behind.or(before).map(str::to_owned);
    }
    let are_all = |rest: &str, words: &[&str]| {
        rest.split(' ').all(|part| words.contains(&part) || part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    behind
        .filter(|rest| are_all(rest, &BESIDE))
        .or_else(|| before.filter(|rest| are_all(rest, &BEFORE)))
        .map(str::to_owned)
}

/// A header as it is compared: `decimalLongitude` is `decimal longitude`, `POINT_X` is `point x`.
pub(super) fn folded(name: &str) -> String {
    let mut parted = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            parted.push(' ');
        }
        parted.push(c);
        before = c;
    }
    model::fold(&parted)
}

/// Where the positions stand, by what is wanted, else by the headers.
pub(super) fn shape(
    names: &[String],
    wanted: Option<&Coordinates>,
    holds_positions: &dyn Fn(usize) -> bool,
) -> Option<Shape> {
    let named = |wanted: &str| names.iter().position(|name| name == wanted.trim());
    match wanted {
        Some(Coordinates::Pair { x, y }) => Some(Shape::Pair(named(x)?, named(y)?)),
        Some(Coordinates::Geometry(name)) => named(name).map(Shape::Text),
        None => shape_of(names).map(|(x, y)| Shape::Pair(x, y)).or_else(|| {
            let folded: Vec<String> = names.iter().map(|name| folded(name)).collect();
            let at = GEOMETRIES.iter().find_map(|word| folded.iter().position(|name| name == word));
            let is_position = |name: &String| {
                let begins = |word: &str| {
                    name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                };
                POSITIONS.iter().any(|word| begins(word))
                    || BOTH.iter().any(|words| format!(" {name} ").contains(&format!(" {words} ")))
            };
            // `Tọa độ` may stand above two columns too.
            let both = || (0..folded.len()).find(|at| is_position(&folded[*at]) && holds_positions(*at));
            at.or_else(both).map(Shape::Text)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{beside, second, shape_of};

    fn names(header: &str) -> Vec<String> {
        header.split(';').map(str::to_owned).collect()
    }

    #[test]
    fn headers_of_coordinates_are_known_in_the_ways_that_programs_and_people_write_them() {
        for (header, expected) in [
            ("Mã;Kinh độ;Vĩ độ", Some((1, 2))),
            ("Mã;KinhDo;ViDo", Some((1, 2))),
            ("id;decimalLatitude;decimalLongitude", Some((2, 1))),
            ("OID;POINT_X;POINT_Y", Some((1, 2))),
            ("Mã;E_UTM48N;N_UTM48N", Some((1, 2))),
            ("Mã;X VN2000 (KTT 105-30 múi 3);Y VN2000 (KTT 105-30 múi 3)", Some((1, 2))),
            ("Mã;X (m);Y (m);H (m)", Some((1, 2))),
            ("Mã;Y;X;H (m)", Some((2, 1))),
            ("Mã;Kinh độ (E);Vĩ độ (N)", Some((1, 2))),
            ("Mã;X_VN2000;Y_VN2000;lon;lat", Some((3, 4))),
            ("Mã;lat_vn2000;lon_vn2000;lat;lon", Some((2, 1))),
            ("Mã;x quang;y tế", None),
            ("Mã;Tên;Loại", None),
        ] {
            assert_eq!(shape_of(&names(header)), expected, "{header}");
        }
    }

    #[test]
    fn another_system_is_told_from_another_end() {
        let none = |_: usize| String::new();
        let ends = |at: usize| ["", "Điểm đầu", "Điểm đầu", "Điểm cuối", "Điểm cuối"][at].to_owned();
        let systems = |at: usize| ["", "VN-2000", "VN-2000", "WGS-84", "WGS-84"][at].to_owned();
        for (header, above, expected) in [
            ("Mã;lon_dau;lat_dau;lon_cuoi;lat_cuoi", &none as &dyn Fn(usize) -> String, Some((3, 4))),
            ("Mã;X;Y;X (2);Y (2)", &ends, Some((3, 4))),
            ("Mã;X;Y;X (2);Y (2)", &none, Some((3, 4))),
            ("Mã;X;Y;X (2);Y (2)", &systems, None),
            ("Mã;lon;lat;lon_vn2000;lat_vn2000", &none, None),
            ("Mã;X;Y;X_VN2000;Y_VN2000", &none, None),
        ] {
            let header = names(header);
            assert_eq!(second(&header, shape_of(&header).unwrap(), above), expected, "{header:?}");
            assert!(beside(&header, shape_of(&header).unwrap()).is_some(), "{header:?}");
        }
    }
}
