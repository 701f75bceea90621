//! The table of features: one row a thing, with its geometry as WKB and its box.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use wording::told;

use crate::Error;
use crate::schema::{Attribute, provenance};

/// The position of the `feature` column.
pub(crate) const FEATURE: usize = 0;
/// The position of the `geometry` column.
pub(crate) const GEOMETRY: usize = 1;
/// The positions of `xmin, ymin, xmax, ymax`.
pub(crate) const BOX: [usize; 4] = [2, 3, 4, 5];

/// The columns of a table of features with these attributes, in order.
///
/// An attribute's name is refused when it is empty, longer than 63 characters, given twice or one
/// of the fixed columns (in any case), or has a character that Delta forbids (` ,;{}()=`, controls).
pub fn schema(attributes: &[Attribute]) -> Result<SchemaRef, Error> {
    let mut fields = vec![
        Field::new("feature", DataType::Utf8, false),
        Field::new("geometry", DataType::Binary, true),
        Field::new("xmin", DataType::Float64, true),
        Field::new("ymin", DataType::Float64, true),
        Field::new("xmax", DataType::Float64, true),
        Field::new("ymax", DataType::Float64, true),
    ];
    let fixed = fields.len();
    fields.extend(attributes.iter().map(|a| Field::new(&a.name, a.kind.data_type(), true)));
    fields.extend(provenance());
    for (at, attribute) in attributes.iter().enumerate() {
        check_name(&attribute.name)?;
        let name = attribute.name.to_lowercase();
        if fields.iter().enumerate().any(|(i, f)| i != fixed + at && f.name().to_lowercase() == name) {
            return Err(Error::invalid(
                told!(
                    "lake-attribute-there-twice",
                    "the attribute `{name}` is there twice",
                    name = attribute.name
                ),
                told!(
                    "lake-give-every-attribute-name-own-other-than",
                    "give every attribute a name of its own, other than the table's fixed columns"
                ),
            ));
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

fn check_name(name: &str) -> Result<(), Error> {
    let length = name.chars().count();
    let forbidden = |c: char| " ,;{}()=".contains(c) || c.is_control();
    if (1..=63).contains(&length) && !name.contains(forbidden) {
        return Ok(());
    }
    Err(Error::invalid(
        told!(
            "lake-no-name-attribute",
            "`{name}` is no name for an attribute",
            name = name.chars().take(80).collect::<String>()
        ),
        told!(
            "lake-use-1-63-letters-digits-no-spaces",
            "use 1 to 63 letters, digits or `_`; no spaces, commas, semicolons, brackets or `=`"
        ),
    ))
}

/// The kind of a WKB geometry as GeoParquet names it; `None` when it is none that it knows.
pub(crate) fn geometry_type(wkb: &[u8]) -> Option<&'static str> {
    let (order, rest) = wkb.split_first()?;
    let code: [u8; 4] = rest.get(..4)?.try_into().ok()?;
    let code = match order {
        0 => u32::from_be_bytes(code),
        1 => u32::from_le_bytes(code),
        _ => return None,
    };
    Some(match code {
        1 => "Point",
        2 => "LineString",
        3 => "Polygon",
        4 => "MultiPoint",
        5 => "MultiLineString",
        6 => "MultiPolygon",
        7 => "GeometryCollection",
        1001 => "Point Z",
        1002 => "LineString Z",
        1003 => "Polygon Z",
        1004 => "MultiPoint Z",
        1005 => "MultiLineString Z",
        1006 => "MultiPolygon Z",
        1007 => "GeometryCollection Z",
        _ => return None,
    })
}

/// The place of a box's centre on a Hilbert curve over the globe, cells of about 0.6 m; features
/// without a box come last.
pub(crate) fn hilbert(edges: [Option<f64>; 4]) -> u64 {
    let [Some(west), Some(south), Some(east), Some(north)] = edges else { return u64::MAX };
    const BITS: u32 = 26;
    const GRID: u64 = (1 << BITS) - 1;
    let cell = |low: f64, high: f64, edge: f64| {
        let share = (f64::midpoint(low, high) + edge) / (2.0 * edge);
        // Clamped to the grid; a float converts to an integer without wrapping.
        (share.clamp(0.0, 1.0) * GRID as f64) as u64
    };
    let (mut x, mut y) = (cell(west, east, 180.0), cell(south, north, 90.0));
    let mut place = 0;
    for bit in (0..BITS).rev() {
        let side = 1_u64 << bit;
        let (right, upper) = (u64::from(x & side > 0), u64::from(y & side > 0));
        place += side * side * ((3 * right) ^ upper);
        // Turn the quadrant so that the curve goes on where it came out.
        if upper == 0 {
            if right == 1 {
                (x, y) = (GRID - x, GRID - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    place
}
