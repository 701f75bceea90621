//! FlatGeobuf 3: a head, then features one after the other, each as it is when it is read.
//!
//! The [`index`] of boxes stands before the features, and features in its order; a file that is written front
//! to back has none, and readers go through it. The tables are those of `header.fbs` and `feature.fbs`; their places
//! below are those of the fields there, in order.

pub mod index;

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};

use crate::Error;
use crate::geometry::Geometry;

/// What a file begins with: the name of the format and its version, 3.0.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x00";

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// True or false.
    Bool,
    /// A whole number.
    Long,
    /// A number.
    Double,
    /// A text.
    String,
    /// An instant, as ISO 8601 writes it.
    DateTime,
}

impl ColumnKind {
    /// Its number in the enumeration `ColumnType`.
    fn code(self) -> u8 {
        match self {
            ColumnKind::Bool => 2,
            ColumnKind::Long => 7,
            ColumnKind::Double => 10,
            ColumnKind::String => 11,
            ColumnKind::DateTime => 13,
        }
    }
}

/// A value of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A number.
    Double(f64),
    /// A text, or an instant in ISO 8601.
    Text(String),
}

/// What the head of a file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Head {
    /// The layer's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What else is to be said of it, as JSON.
    pub metadata: String,
    /// West, south, east, north; none when no feature has a shape.
    pub envelope: Option<[f64; 4]>,
    /// How many features follow.
    pub features: u64,
    /// Whether an index of their boxes stands before them.
    pub has_index: bool,
    /// The columns, by name.
    pub columns: Vec<(String, ColumnKind)>,
}

/// The place of a field in the table of offsets.
fn field(nth: u16) -> u16 {
    4 + 2 * nth
}

/// The magic bytes and the head.
pub fn head(head: &Head) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let columns: Vec<Table> = head
        .columns
        .iter()
        .map(|(name, kind)| {
            let name = builder.create_string(name);
            let table = builder.start_table();
            builder.push_slot_always(field(0), name);
            builder.push_slot_always(field(1), kind.code());
            builder.end_table(table)
        })
        .collect();
    let columns = builder.create_vector(&columns);
    let (organisation, name_of_crs) = (builder.create_string("EPSG"), builder.create_string("WGS 84"));
    let crs = builder.start_table();
    builder.push_slot_always(field(0), organisation);
    builder.push_slot_always(field(1), 4326_i32);
    builder.push_slot_always(field(2), name_of_crs);
    let crs = builder.end_table(crs);
    let envelope = head.envelope.map(|edges| builder.create_vector(&edges));
    let name = builder.create_string(&head.name);
    let title = builder.create_string(&head.title);
    let metadata = builder.create_string(&head.metadata);
    let table = builder.start_table();
    builder.push_slot_always(field(0), name);
    if let Some(envelope) = envelope {
        builder.push_slot_always(field(1), envelope);
    }
    builder.push_slot_always(field(7), columns);
    builder.push_slot_always(field(8), head.features);
    // Absence has to be said, since 16 is the default.
    builder.push_slot_always(field(9), if head.has_index { index::NODE } else { 0 });
    builder.push_slot_always(field(10), crs);
    builder.push_slot_always(field(11), title);
    builder.push_slot_always(field(13), metadata);
    let root = builder.end_table(table);
    builder.finish_size_prefixed(root, None);
    [&MAGIC[..], builder.finished_data()].concat()
}

/// A feature; its values by the number of their column, those that are none left out.
pub fn feature(geometry: Option<&Geometry>, values: &[(u16, FieldValue)]) -> Result<Vec<u8>, Error> {
    let mut builder = FlatBufferBuilder::new();
    let geometry = geometry.map(|geometry| shape(&mut builder, geometry)).transpose()?;
    let mut properties = Vec::new();
    for (column, value) in values {
        properties.extend_from_slice(&column.to_le_bytes());
        match value {
            FieldValue::Bool(value) => properties.push(u8::from(*value)),
            FieldValue::Long(value) => properties.extend_from_slice(&value.to_le_bytes()),
            FieldValue::Double(value) => properties.extend_from_slice(&value.to_le_bytes()),
            FieldValue::Text(text) => {
                let length = u32::try_from(text.len()).map_err(|_| too_large())?;
                properties.extend_from_slice(&length.to_le_bytes());
                properties.extend_from_slice(text.as_bytes());
            }
        }
    }
    // A buffer takes 2 GB.
    if properties.len() > MOST_BYTES {
        return Err(too_large());
    }
    let properties = builder.create_vector(&properties);
    let table = builder.start_table();
    if let Some(geometry) = geometry {
        builder.push_slot_always(field(0), geometry);
    }
    builder.push_slot_always(field(1), properties);
    let root = builder.end_table(table);
    builder.finish_size_prefixed(root, None);
    Ok(builder.finished_data().to_vec())
}

/// The most bytes of a shape, or of the values of a feature.
const MOST_BYTES: usize = 512 << 20;

fn too_large() -> Error {
    Error::new("feature", "it is too large for FlatGeobuf").hint("take another format")
}

type Table = WIPOffset<TableFinishedWIPOffset>;

/// The table `Geometry`: positions in one list, with the ends of lines and rings where there are several.
fn shape(builder: &mut FlatBufferBuilder<'_>, geometry: &Geometry) -> Result<Table, Error> {
    let flat = |line: &[[f64; 2]]| line.as_flattened().to_vec();
    let lines = |lines: &[Vec<[f64; 2]>]| -> Result<(Vec<f64>, Vec<u32>), Error> {
        let mut end = 0_u32;
        let mut ends = Vec::with_capacity(lines.len());
        for line in lines {
            let length = u32::try_from(line.len()).map_err(|_| too_large())?;
            end = end.checked_add(length).ok_or_else(too_large)?;
            ends.push(end);
        }
        Ok((lines.iter().flat_map(|line| line.as_flattened()).copied().collect(), ends))
    };
    let (code, positions, ends, parts): (u8, Vec<f64>, Vec<u32>, Vec<Table>) = match geometry {
        Geometry::Point(position) => (1, position.to_vec(), Vec::new(), Vec::new()),
        Geometry::LineString(line) => (2, flat(line), Vec::new(), Vec::new()),
        Geometry::Polygon(rings) => {
            let (positions, ends) = lines(rings)?;
            (3, positions, ends, Vec::new())
        }
        Geometry::MultiPoint(points) => (4, flat(points), Vec::new(), Vec::new()),
        Geometry::MultiLineString(many) => {
            let (positions, ends) = lines(many)?;
            (5, positions, ends, Vec::new())
        }
        Geometry::MultiPolygon(polygons) => {
            let parts = polygons.iter().map(|rings| shape(builder, &Geometry::Polygon(rings.clone())));
            (6, Vec::new(), Vec::new(), parts.collect::<Result<_, _>>()?)
        }
        Geometry::GeometryCollection(parts) => {
            let parts = parts.iter().map(|part| shape(builder, part));
            (7, Vec::new(), Vec::new(), parts.collect::<Result<_, _>>()?)
        }
    };
    if positions.len() * 8 > MOST_BYTES {
        return Err(too_large());
    }
    // One line or ring needs no ends.
    let ends = (ends.len() > 1).then(|| builder.create_vector(&ends));
    let positions = (!positions.is_empty()).then(|| builder.create_vector(&positions));
    let parts = (!parts.is_empty()).then(|| builder.create_vector(&parts));
    let table = builder.start_table();
    if let Some(ends) = ends {
        builder.push_slot_always(field(0), ends);
    }
    if let Some(positions) = positions {
        builder.push_slot_always(field(1), positions);
    }
    builder.push_slot_always(field(6), code);
    if let Some(parts) = parts {
        builder.push_slot_always(field(7), parts);
    }
    Ok(builder.end_table(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_lead_from_one_feature_to_the_next() {
        let columns = vec![("tên".to_owned(), ColumnKind::String), ("n".to_owned(), ColumnKind::Long)];
        let made = head(&Head { name: "a".to_owned(), features: 2, columns, ..Head::default() });
        assert_eq!(made[..8], MAGIC);
        let length = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        assert_eq!(made.len(), 12 + length(&made[8..]));
        let square = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]];
        let shapes = [
            Geometry::Point([105.0, 10.0]),
            Geometry::MultiPolygon(vec![vec![square.clone(), square.clone()], vec![square]]),
            Geometry::GeometryCollection(vec![Geometry::LineString(vec![[1.0, 2.0], [3.0, 4.0]])]),
        ];
        for geometry in shapes.iter().map(Some).chain([None]) {
            let values = [(0, FieldValue::Text("Cần Thơ".to_owned())), (1, FieldValue::Long(-1))];
            let made = feature(geometry, &values).unwrap();
            assert_eq!(made.len(), 4 + length(&made));
            // Column, length and letters stand there as they are.
            let expected = [&[0, 0, 10, 0, 0, 0][..], "Cần Thơ".as_bytes()].concat();
            assert!(made.windows(expected.len()).any(|part| part == expected));
        }
    }
}
