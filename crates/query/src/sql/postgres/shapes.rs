//! PostGIS's functions, operators and casts in the words that the planner has for geometry. Every geometry
//! here is in WGS 84, so that what is said of its coordinate system is said of all.

use datafusion::sql::sqlparser::ast::Expr;

use super::adapt::{arguments, literal, parsed, quoted};
use super::typmod::SRID;
use crate::functions::BOXES_MEET;

/// What stands for a call, if it is one of PostGIS that the planner has not.
pub(super) fn function(name: &str, arguments: &[Expr]) -> Option<Expr> {
    if let Some(measured) = measured(name, arguments) {
        return measured;
    }
    let first = arguments.first();
    let text = match (name, arguments.len()) {
        ("st_asgeojson", 1) => format!("st_asgeojson(st_asbinary({}))", first?),
        ("st_asgeojson", 2..) => format!("st_asgeojson(st_asbinary({}), {})", first?, arguments.get(1)?),
        ("st_distancesphere" | "st_distance_sphere", 2) => {
            between("sphere_distance", first?, arguments.get(1)?)
        }
        ("st_distancespheroid" | "st_distance_spheroid", 2) => {
            between("geodesic_distance", first?, arguments.get(1)?)
        }
        ("st_asbinary" | "st_aswkb", 1) => format!("wkb_of(st_asbinary({}), 'NDR')", first?),
        ("st_asbinary" | "st_aswkb", 2) => {
            format!("wkb_of(st_asbinary({}), {})", first?, arguments.get(1)?)
        }
        ("st_srid", 1) => format!("CASE WHEN {} IS NOT NULL THEN {SRID} END", first?),
        ("st_zmflag", 1) => {
            format!("CASE st_coorddim({}) WHEN 2 THEN 0 WHEN 3 THEN 2 WHEN 4 THEN 3 END", first?)
        }
        // A number of ours, or of nothing, changes nothing; another system is not given.
        ("st_setsrid" | "st_transform", 2) if is_system(arguments.get(1)?) => return first.cloned(),
        // There are no curves, and nothing that is a box is kept otherwise.
        ("st_curvetoline", 1..) => return first.cloned(),
        ("st_force2d" | "st_force_2d", 1) => reshaped("wkb_flat", arguments),
        ("st_multi", 1) => reshaped("wkb_multi", arguments),
        ("st_flipcoordinates", 1) => reshaped("wkb_flipped", arguments),
        ("st_exteriorring", 1) => reshaped("wkb_exterior", arguments),
        ("st_perimeter", 1) => reshaped("wkb_perimeter", arguments),
        ("st_dimension", 1) => format!("CAST({} AS INTEGER)", reshaped("wkb_dimension", arguments)),
        ("st_numgeometries", 1) => format!("CAST({} AS INTEGER)", reshaped("wkb_parts", arguments)),
        ("st_intersection", 2) => reshaped("wkb_intersection", arguments),
        ("st_difference", 2) => reshaped("wkb_difference", arguments),
        ("st_symdifference" | "st_symmetricdifference", 2) => reshaped("wkb_symdifference", arguments),
        ("st_azimuth", 2) => reshaped("wkb_azimuth", arguments),
        ("st_makeline", 2) => {
            format!("wkb_line(make_array(st_asbinary({}), st_asbinary({})))", first?, arguments.get(1)?)
        }
        ("st_translate", 3) => {
            format!("wkb_translated(st_asbinary({}), {}, {})", first?, arguments.get(1)?, arguments.get(2)?)
        }
        ("st_expand", 2) => {
            let (shape, by) = (first?, arguments.get(1)?);
            format!(
                "st_makeenvelope(st_xmin({shape}) - ({by}), st_ymin({shape}) - ({by}), st_xmax({shape}) + ({by}), \
                 st_ymax({shape}) + ({by}))"
            )
        }
        ("st_ashexewkb", 1) => format!("upper(encode(wkb_of(st_asbinary({}), 'EWKB'), 'hex'))", first?),
        (
            "st_geomfromtext"
            | "st_geomfromewkt"
            | "st_geometryfromtext"
            | "st_wkttosql"
            | "st_pointfromtext"
            | "st_linefromtext"
            | "st_polygonfromtext"
            | "st_polyfromtext",
            1..,
        ) => {
            return match literal(first?) {
                Some(text) => of_text(&text),
                None => parsed(&format!("st_geomfromtext({})", first?)),
            };
        }
        ("st_geomfromwkb" | "st_geomfromewkb", 1..) => return parsed(&format!("st_geomfromwkb({})", first?)),
        // What stands for points only is asked of the box, which a point is itself.
        ("st_x" | "st_y", 1) => {
            let edge = if name == "st_x" { "st_xmin" } else { "st_ymin" };
            format!("CASE WHEN geometrytype({0}) = 'POINT' THEN {edge}({0}) END", first?)
        }
        ("st_envelope", 1) => {
            format!("st_makeenvelope(st_xmin({0}), st_ymin({0}), st_xmax({0}), st_ymax({0}))", first?)
        }
        ("st_asewkt", 1) => format!("'SRID={SRID};' || st_astext({})", first?),
        ("st_asewkb", 1) => format!("wkb_of(st_asbinary({}), 'EWKB')", first?),
        ("st_dwithin", 3) => {
            format!("st_distance({}, {}) <= {}", first?, arguments.get(1)?, arguments.get(2)?)
        }
        ("st_extent", 1) => extent(first?),
        ("st_estimatedextent" | "st_estimated_extent", 2) => estimated(&[literal(first?)?]),
        ("st_estimatedextent" | "st_estimated_extent", 3..) => {
            estimated(&[literal(first?)?, literal(arguments.get(1)?)?])
        }
        _ => return None,
    };
    parsed(&text)
}

/// A function over the bytes of geometries.
fn reshaped(function: &str, arguments: &[Expr]) -> String {
    let shapes: Vec<String> = arguments.iter().map(|one| format!("st_asbinary({one})")).collect();
    format!("{function}({})", shapes.join(", "))
}

/// How far two geometries are from each other, by the operator that sorts by it.
pub(super) fn distance(left: &Expr, right: &Expr) -> Option<Expr> {
    parsed(&format!("st_distance({left}, {right})"))
}

/// Where what is not offered here is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Other coordinate systems.
    Systems,
    /// Tiles.
    Tiles,
    /// Geometries that are computed.
    Computed,
}

/// A function of PostGIS that is not offered here.
pub(super) fn not_offered(name: &str) -> Option<(&'static str, Elsewhere)> {
    const SYSTEMS: [&str; 2] = ["st_transform", "st_setsrid"];
    const TILES: [&str; 2] = ["st_asmvt", "st_asmvtgeom"];
    const COMPUTED: [&str; 22] = [
        "st_affine",
        "st_asgml",
        "st_askml",
        "st_astwkb",
        "st_boundary",
        "st_buffer",
        "st_closestpoint",
        "st_clusterdbscan",
        "st_clusterkmeans",
        "st_delaunaytriangles",
        "st_hausdorffdistance",
        "st_issimple",
        "st_lineinterpolatepoint",
        "st_linemerge",
        "st_makevalid",
        "st_offsetcurve",
        "st_reverse",
        "st_rotate",
        "st_scale",
        "st_snaptogrid",
        "st_subdivide",
        "st_voronoipolygons",
    ];
    let among = |all: &[&'static str], elsewhere| {
        all.iter().find(|known| **known == name).map(|known| (*known, elsewhere))
    };
    among(&SYSTEMS, Elsewhere::Systems)
        .or_else(|| among(&TILES, Elsewhere::Tiles))
        .or_else(|| among(&COMPUTED, Elsewhere::Computed))
}

/// What marks a geometry as one that is measured in metres.
const GEOGRAPHY: &str = "geography";

/// The bytes of a geometry that is marked, as a geometry.
fn bare(expr: &Expr) -> Option<Expr> {
    let bytes = marked(expr)?;
    parsed(&format!("st_geomfromwkb({bytes})"))
}

/// What is marked as a geography here.
fn marked(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Nested(inner) => marked(inner),
        Expr::Function(call) if call.name.to_string() == GEOGRAPHY => arguments(call).into_iter().next(),
        _ => None,
    }
}

/// A measure of a geography, or another function, which takes it as the geometry that it is; none where there is
/// no geography among the arguments.
fn measured(name: &str, arguments: &[Expr]) -> Option<Option<Expr>> {
    let is_marked = |place: usize| arguments.get(place).is_some_and(|one| marked(one).is_some());
    if name == GEOGRAPHY || !(is_marked(0) || is_marked(1)) {
        return None;
    }
    let bytes = |place: usize| -> Option<String> {
        let one = arguments.get(place)?;
        Some(marked(one).map_or_else(|| format!("st_asbinary({one})"), |bytes| bytes.to_string()))
    };
    let on_sphere = arguments.last().is_some_and(|last| last.to_string().eq_ignore_ascii_case("false"));
    let distance = if on_sphere { "sphere_distance" } else { "geodesic_distance" };
    let text = match name {
        "st_distance" => format!("{distance}({}, {})", bytes(0)?, bytes(1)?),
        "st_dwithin" => format!("{distance}({}, {}) <= {}", bytes(0)?, bytes(1)?, arguments.get(2)?),
        "st_length" => format!("geodesic_length({})", bytes(0)?),
        "st_perimeter" => format!("geodesic_perimeter({})", bytes(0)?),
        "st_area" => format!("geodesic_area({})", bytes(0)?),
        // What else is in metres or on great circles is not told in degrees instead.
        "st_buffer" | "st_project" | "st_azimuth" | "st_segmentize" | "st_expand" | "st_centroid" => {
            return None;
        }
        _ => {
            let plain = arguments.iter().map(|one| bare(one).unwrap_or_else(|| one.clone()));
            let plain: Vec<Expr> = plain.collect();
            let list = plain.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Some(function(name, &plain).or_else(|| parsed(&format!("{name}({list})"))));
        }
    };
    Some(parsed(&text))
}

/// A measure of two geometries.
fn between(measure: &str, a: &Expr, b: &Expr) -> String {
    let bytes =
        |one: &Expr| marked(one).map_or_else(|| format!("st_asbinary({one})"), |bytes| bytes.to_string());
    format!("{measure}({}, {})", bytes(a), bytes(b))
}

/// The box around all rows' geometries, none when there is no row.
fn extent(of: &Expr) -> String {
    format!("make_box(min(st_xmin({of})), min(st_ymin({of})), max(st_xmax({of})), max(st_ymax({of})))")
}

/// The box around a table, of the edges that are kept beside its geometry.
fn estimated(table: &[String]) -> String {
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let table = table.iter().map(quoted).collect::<Vec<_>>().join(".");
    format!("(SELECT make_box(min(xmin), min(ymin), max(xmax), max(ymax)) FROM {table})")
}

fn is_system(number: &Expr) -> bool {
    [SRID.to_string(), "0".to_owned()].contains(&number.to_string())
}

/// `a && b` of geometries, or of lists where one is written out.
pub(super) fn overlap(left: &Expr, right: &Expr) -> Option<Expr> {
    let is_list = |expr: &Expr| {
        matches!(expr, Expr::Array(_)) || expr.to_string().to_lowercase().starts_with("make_array(")
    };
    parsed(&match is_list(left) || is_list(right) {
        true => format!("array_has_any({left}, {right})"),
        false => format!("{BOXES_MEET}(st_asbinary({left}), st_asbinary({right}))"),
    })
}

/// A cast to geometry, which a column is already.
pub(super) fn cast(to: &str, inner: &Expr) -> Option<Expr> {
    let to = to.split('(').next().unwrap_or(to).trim_start_matches("public.");
    match to {
        "geometry" => match literal(inner) {
            Some(text) => of_text(&text),
            None => Some(bare(inner).unwrap_or_else(|| inner.clone())),
        },
        // What is measured of it is in metres; a geometry's own measures are in degrees.
        "geography" => {
            let shape = match literal(inner) {
                Some(text) => of_text(&text)?,
                None if bare(inner).is_some() => return Some(inner.clone()),
                None => inner.clone(),
            };
            parsed(&format!("{GEOGRAPHY}(st_asbinary({shape}))"))
        }
        "box2d" | "box3d" => match literal(inner) {
            Some(text) => of_box(&text),
            None => Some(inner.clone()),
        },
        _ => None,
    }
}

/// A box that is written out, `BOX(west south, east north)`, as the polygon that it is.
fn of_box(text: &str) -> Option<Expr> {
    let corners = text.trim().strip_suffix(')')?.split_once('(')?.1;
    let (lower, upper) = corners.split_once(',')?;
    let corner = |text: &str| -> Option<[f64; 2]> {
        let mut numbers = text.split_whitespace().map(str::parse);
        Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
    };
    let ([west, south], [east, north]) = (corner(lower)?, corner(upper)?);
    parsed(&format!("st_makeenvelope({west:?}, {south:?}, {east:?}, {north:?})"))
}

/// A geometry that is written out: as (E)WKT, or as (E)WKB in hexadecimal digits.
fn of_text(text: &str) -> Option<Expr> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return parsed(&format!("st_geomfromwkb(X'{text}')"));
    }
    let plain = match text.split_once(';') {
        Some((system, plain)) if system.to_ascii_uppercase().starts_with("SRID=") => plain,
        _ => text,
    };
    parsed(&format!("st_geomfromtext({})", quoted(plain)))
}
