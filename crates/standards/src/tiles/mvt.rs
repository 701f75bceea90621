//! Vector tiles after Mapbox's specification 2.1, written as protocol buffers by hand: a tile is one
//! layer, whose names and values are told once.

use std::collections::HashMap;

use super::shape::Drawn;

/// Units across and down a tile.
pub const EXTENT: u32 = 4096;

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'v> {
    /// A text.
    Text(&'v str),
    /// A number.
    Double(f64),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
}

/// A layer that is being written.
#[derive(Debug, Clone)]
pub struct Layer {
    name: String,
    keys: Vec<String>,
    values: Vec<u8>,
    known: HashMap<Vec<u8>, u32>,
    features: Vec<u8>,
    count: usize,
}

impl Layer {
    /// An empty layer whose features have these attributes.
    pub fn new(name: &str, keys: Vec<String>) -> Layer {
        Layer {
            name: name.to_owned(),
            keys,
            values: Vec::new(),
            known: HashMap::new(),
            features: Vec::new(),
            count: 0,
        }
    }

    /// How many features it has.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// About how many bytes it has.
    pub fn bytes(&self) -> usize {
        self.features.len() + self.values.len()
    }

    /// Adds a feature; its attributes are named by their place among the layer's.
    pub fn add(&mut self, drawn: &Drawn, attributes: &[(usize, Value<'_>)]) {
        let mut tags = Vec::with_capacity(attributes.len() * 2);
        for (key, value) in attributes {
            varint(&mut tags, *key as u64);
            varint(&mut tags, u64::from(self.value(value)));
        }
        let mut geometry = Vec::with_capacity(drawn.commands.len() * 2);
        for command in &drawn.commands {
            varint(&mut geometry, u64::from(*command));
        }
        let mut feature = Vec::with_capacity(tags.len() + geometry.len() + 12);
        if !tags.is_empty() {
            bytes(&mut feature, 2, &tags);
        }
        number(&mut feature, 3, drawn.kind as u64);
        bytes(&mut feature, 4, &geometry);
        bytes(&mut self.features, 2, &feature);
        self.count += 1;
    }

    fn value(&mut self, value: &Value<'_>) -> u32 {
        let mut written = Vec::with_capacity(12);
        match value {
            Value::Text(text) => bytes(&mut written, 1, text.as_bytes()),
            Value::Double(double) => {
                written.push(3 << 3 | 1);
                written.extend(double.to_le_bytes());
            }
            Value::Int(int) => number(&mut written, 6, zigzag64(*int)),
            Value::Bool(bool) => number(&mut written, 7, u64::from(*bool)),
        }
        if let Some(place) = self.known.get(&written) {
            return *place;
        }
        let place = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        bytes(&mut self.values, 4, &written);
        self.known.insert(written, place);
        place
    }

    /// The tile; empty when there is no feature.
    pub fn tile(self) -> Vec<u8> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut layer = Vec::with_capacity(self.features.len() + self.values.len() + 256);
        number(&mut layer, 15, 2);
        bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend(self.features);
        for key in &self.keys {
            bytes(&mut layer, 3, key.as_bytes());
        }
        layer.extend(self.values);
        number(&mut layer, 5, u64::from(EXTENT));
        let mut tile = Vec::with_capacity(layer.len() + 8);
        bytes(&mut tile, 3, &layer);
        tile
    }
}

fn varint(into: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            into.push(low);
            return;
        }
        into.push(low | 0x80);
    }
}

fn number(into: &mut Vec<u8>, field: u64, value: u64) {
    varint(into, field << 3);
    varint(into, value);
}

fn bytes(into: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(into, field << 3 | 2);
    varint(into, value.len() as u64);
    into.extend_from_slice(value);
}

fn zigzag64(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::{Layer, Value};
    use crate::geometry::Geometry;
    use crate::tiles::shape::draw;

    /// The example of the specification 2.1 §4.3.5.1: a point at 25, 17.
    #[test]
    fn a_point_is_written_as_the_specification_does() {
        let drawn = draw(&Geometry::Point([25.0, 17.0]), 64.0, 0.0).unwrap();
        assert_eq!(drawn.commands, [9, 50, 34]);
        let mut layer = Layer::new("l", vec!["a".into()]);
        layer.add(&drawn, &[(0, Value::Text("x"))]);
        layer.add(&drawn, &[(0, Value::Text("x"))]);
        assert_eq!(layer.len(), 2);
        let tile = layer.tile();
        // Version 2, the name, two features that share one value.
        let expected = [
            &[0x1a, 42, 0x78, 2, 0x0a, 1, b'l'][..],
            &[0x12, 11, 0x12, 2, 0, 0, 0x18, 1, 0x22, 3, 9, 50, 34],
            &[0x12, 11, 0x12, 2, 0, 0, 0x18, 1, 0x22, 3, 9, 50, 34],
            &[0x1a, 1, b'a', 0x22, 3, 0x0a, 1, b'x', 0x28, 0x80, 0x20],
        ]
        .concat();
        assert_eq!(tile[2..], expected[2..]);
        assert_eq!(tile.len(), tile[1] as usize + 2);
    }

    #[test]
    fn nothing_is_an_empty_tile() {
        assert!(Layer::new("l", Vec::new()).tile().is_empty());
    }
}
