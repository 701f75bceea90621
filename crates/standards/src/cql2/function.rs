//! Functions that a filter may call besides the standard's own (21-065r2 §7.13, 19-079r2 §10).

use geo::{Geodesic, GeodesicArea, Length};
use geo_types::Geometry;
use serde_json::{Value as Json, json};

use super::Value;
use super::eval::without_marks;

/// A function of this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// A text without capitals, marks and the bar of đ.
    Fold,
    /// A text without capitals.
    Lower,
    /// A text in capitals.
    Upper,
    /// How many letters a text has.
    Length,
    /// A number without its sign.
    Abs,
    /// The whole number below.
    Floor,
    /// The whole number above.
    Ceil,
    /// The nearest whole number.
    Round,
    /// The area of a geometry on the ellipsoid, km².
    AreaKm2,
    /// The length of a geometry's lines on the ellipsoid, km.
    LengthKm,
}

impl Function {
    const ALL: [Function; 10] = [
        Function::Fold,
        Function::Lower,
        Function::Upper,
        Function::Length,
        Function::Abs,
        Function::Floor,
        Function::Ceil,
        Function::Round,
        Function::AreaKm2,
        Function::LengthKm,
    ];

    /// The function's name.
    pub fn name(self) -> &'static str {
        match self {
            Function::Fold => "fold",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Length => "char_length",
            Function::Abs => "abs",
            Function::Floor => "floor",
            Function::Ceil => "ceil",
            Function::Round => "round",
            Function::AreaKm2 => "area_km2",
            Function::LengthKm => "length_km",
        }
    }

    /// The function of a name; capitals do not matter.
    pub fn from_word(word: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(word))
    }

    /// The types of its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Function::Fold | Function::Lower | Function::Upper | Function::Length => &["string"],
            Function::Abs | Function::Floor | Function::Ceil | Function::Round => &["number"],
            Function::AreaKm2 | Function::LengthKm => &["geometry"],
        }
    }

    fn returns(self) -> &'static str {
        match self {
            Function::Fold | Function::Lower | Function::Upper => "string",
            Function::Length => "integer",
            _ => "number",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Function::Fold => {
                "the text without capitals, marks and the bar of đ: fold('Cần Thơ') = 'can tho'"
            }
            Function::Lower => "the text without capitals",
            Function::Upper => "the text in capitals",
            Function::Length => "how many letters the text has",
            Function::Abs => "the number without its sign",
            Function::Floor => "the whole number below",
            Function::Ceil => "the whole number above",
            Function::Round => "the nearest whole number, halves away from zero",
            Function::AreaKm2 => "the area of the geometry on the ellipsoid of WGS 84, km²",
            Function::LengthKm => "the length of the geometry's lines on the ellipsoid of WGS 84, km",
        }
    }

    /// The value of the function; null for values that it is not of.
    pub(super) fn call(self, arguments: &[Value]) -> Value {
        let text = |change: fn(&str) -> String| match arguments {
            [Value::Text(text)] => Value::Text(change(text)),
            _ => Value::Null,
        };
        let number = |change: fn(f64) -> f64| match arguments {
            [Value::Number(number)] => Value::Number(change(*number)),
            _ => Value::Null,
        };
        let shape = |measure: fn(&Geometry<f64>) -> f64| match arguments {
            [Value::Shape(shape)] => Value::Number(measure(shape)),
            _ => Value::Null,
        };
        match self {
            Function::Fold => text(|text| without_marks(&text.to_lowercase())),
            Function::Lower => text(str::to_lowercase),
            Function::Upper => text(str::to_uppercase),
            Function::Length => match arguments {
                [Value::Text(text)] => Value::Number(text.chars().count() as f64),
                _ => Value::Null,
            },
            Function::Abs => number(f64::abs),
            Function::Floor => number(f64::floor),
            Function::Ceil => number(f64::ceil),
            Function::Round => number(f64::round),
            Function::AreaKm2 => shape(|shape| shape.geodesic_area_unsigned() / 1e6),
            Function::LengthKm => shape(|shape| length(shape) / 1e3),
        }
    }
}

fn length(shape: &Geometry<f64>) -> f64 {
    match shape {
        Geometry::Line(line) => Geodesic.length(line),
        Geometry::LineString(line) => Geodesic.length(line),
        Geometry::MultiLineString(lines) => Geodesic.length(lines),
        Geometry::GeometryCollection(parts) => parts.iter().map(length).sum(),
        _ => 0.0,
    }
}

/// The functions as the document of `/functions` lists them.
pub fn functions() -> Vec<Json> {
    let own = Function::ALL.map(|function| {
        let arguments: Vec<Json> =
            function.arguments().iter().map(|kind| json!({ "type": [kind] })).collect();
        json!({
            "name": function.name(), "description": function.description(),
            "arguments": arguments, "returns": [function.returns()],
        })
    });
    own.into()
}
