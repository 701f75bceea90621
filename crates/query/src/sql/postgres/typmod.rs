//! What a column of geometry says of its kind and its coordinate system, as PostGIS packs it into one
//! number (PostGIS 3.3, `liblwgeom.h`, `TYPMOD_SET_…`): the system, the kind, and whether there is a Z.

use std::collections::BTreeSet;

/// The coordinate system of every geometry in the lake: WGS 84, longitude first (EPSG:4326 in the order of
/// PostGIS).
pub(crate) const SRID: i32 = 4326;

/// The kinds in PostGIS's order, with the names that GeoParquet has for them.
const KINDS: [&str; 8] = [
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
];

/// The kind of a column's geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// The place in [`KINDS`]; 0 for any.
    kind: i32,
    has_z: bool,
}

impl Shape {
    /// Any geometry.
    pub(super) fn any() -> Shape {
        Shape { kind: 0, has_z: false }
    }

    /// Points in the plane.
    pub(super) fn point() -> Shape {
        Shape { kind: 1, has_z: false }
    }

    /// The kind that all of GeoParquet's names are; any when they differ.
    pub(super) fn of(types: &BTreeSet<String>) -> Shape {
        let mut kinds = types.iter().map(|name| {
            let (name, has_z) = match name.strip_suffix(" Z") {
                Some(plain) => (plain, true),
                None => (name.as_str(), false),
            };
            let kind = (0..).zip(KINDS).find(|(_, known)| *known == name).map_or(0, |(kind, _)| kind);
            Shape { kind, has_z }
        });
        match (kinds.next(), kinds.next()) {
            (Some(only), None) => only,
            _ => Shape::any(),
        }
    }

    /// The shape of a number.
    pub(super) fn of_typmod(typmod: i32) -> Option<(Shape, i32)> {
        let shape = Shape { kind: (typmod >> 2) & 0x3f, has_z: typmod & 2 != 0 };
        (typmod >= 0 && shape.kind < 8).then_some((shape, (typmod >> 8) & 0x1f_ffff))
    }

    /// The number.
    pub(super) fn typmod(self) -> i32 {
        (SRID << 8) | (self.kind << 2) | if self.has_z { 2 } else { 0 }
    }

    /// The name, as `geometry(…)` has it.
    pub(super) fn name(self) -> String {
        let kind = usize::try_from(self.kind).ok().and_then(|kind| KINDS.get(kind)).unwrap_or(&KINDS[0]);
        format!("{kind}{}", if self.has_z { "Z" } else { "" })
    }

    /// The name in `geometry_columns`, which tells the dimensions apart.
    pub(super) fn column_type(self) -> String {
        Shape { has_z: false, ..self }.name().to_uppercase()
    }

    /// How many numbers a coordinate has.
    pub(super) fn dimensions(self) -> i32 {
        if self.has_z { 3 } else { 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_postgis() {
        let of = |names: &[&str]| Shape::of(&names.iter().map(|name| (*name).to_owned()).collect());
        // As `select atttypmod` says in PostGIS 3.3.2.
        for (names, name, typmod) in [
            (&["Point"][..], "Point", 1_107_460),
            (&["MultiPolygon Z"], "MultiPolygonZ", 1_107_482),
            (&["Polygon", "MultiPolygon"], "Geometry", 1_107_456),
        ] {
            let shape = of(names);
            assert_eq!((shape.name().as_str(), shape.typmod()), (name, typmod));
            assert_eq!(Shape::of_typmod(typmod), Some((shape, SRID)));
        }
        assert_eq!(Shape::of_typmod(-1), None);
    }
}
