//! Units of measure as people write them.

use model::Lang;

use super::Words;

impl Words {
    /// A UCUM unit in words: `g/L` is "g/l", `10*3.har` is "nghìn ha" or "thousand ha".
    pub fn unit(&self, ucum: &str) -> String {
        let english = self.lang() == Lang::En;
        let word = match ucum {
            "g/L" => "g/l",
            "mg/L" => "mg/l",
            "10*3.har" if english => "thousand ha",
            "10*3.har" => "nghìn ha",
            "10*3.t" if english => "thousand tonnes",
            "10*3.t" => "nghìn tấn",
            "10*3{person}" | "10*3.{person}" if english => "thousand people",
            "10*3{person}" | "10*3.{person}" => "nghìn người",
            "har" => "ha",
            "t" if english => "tonnes",
            "t" => "tấn",
            "t/har" if english => "t/ha",
            "t/har" => "tấn/ha",
            "100.kg/har" if english => "quintals/ha",
            "100.kg/har" => "tạ/ha",
            "{person}" if english => "people",
            "{person}" => "người",
            "{person}/km2" if english => "people/km²",
            "{person}/km2" => "người/km²",
            "m3/s" => "m³/s",
            "km2" => "km²",
            "Cel" => "°C",
            "d" if english => "days",
            "d" => "ngày",
            "[pH]" => "pH",
            "[ppth]" => "‰",
            "uS/cm" => "µS/cm",
            "1" => "",
            other => other,
        };
        word.to_owned()
    }

    /// A value with its unit: "4,3 g/l".
    pub fn quantity(&self, value: f64, unit: &str) -> String {
        let number = self.number(value, super::places_for(unit, value));
        match self.unit(unit) {
            unit if unit.is_empty() => number,
            unit if unit == "%" => format!("{number} %"),
            unit => format!("{number} {unit}"),
        }
    }

    /// A limit with its unit, without needless decimals: "4 g/l".
    pub fn quantity_short(&self, value: f64, unit: &str) -> String {
        format!("{} {}", self.number_up_to(value, 2), self.unit(unit)).trim_end().to_owned()
    }
}
