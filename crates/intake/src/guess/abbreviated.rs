//! Short names that mean one thing in one field and another in the next: `tp` is total phosphorus in water, and total
//! precipitation where the weather is computed.

use wording::{Phrase, Told, phrase, told};

use super::observations::Guess;
use crate::mapping::TextOrColumn;
use crate::observe::find_property;

/// The names, folded, with the property that each is here, the sector of those beside which it is meant, and what it
/// is elsewhere.
const SHORT: [(&str, &str, &str, Phrase); 1] =
    [("tp", "tp", "water_quality", phrase!("guess-total-precipitation", "total precipitation"))];

impl Guess<'_> {
    /// Asks about such a name where neither a unit nor what stands beside it tells.
    pub(super) fn ask_of_short_names(&mut self) {
        let sector =
            |code: &str| find_property(self.gazetteer, code).map(|property| property.sector.as_str());
        let asked = self.mapping.values.iter().enumerate().find_map(|(at, value)| {
            let code = value.property.text().filter(|_| value.unit.is_none())?;
            let column = self.sample.named(&value.column)?;
            let name = model::fold(&column.base);
            let (.., of, other) = SHORT.iter().find(|(short, own, ..)| *short == name && *own == code)?;
            let mut others = self.mapping.values.iter().filter_map(|value| value.property.text());
            let is_told = others.any(|other| other != code && sector(other) == Some(of));
            (!is_told).then(|| (at, column.name.clone(), code.to_owned(), *other))
        });
        let Some((at, name, code, other)) = asked else { return };
        let reason = told!(
            "guess-short-name",
            "`{name}` is taken for `{code}`, and means {other} elsewhere: which is it, and in which unit?",
            name = name,
            code = code,
            other => Told::from(other)
        );
        self.because(&format!("value.{at}.property"), 0.4, reason);
    }

    /// Asks in which unit values are that name none, where what they are compared with beside them names another than
    /// their own: gusts beside a wind in km/h.
    pub(super) fn ask_of_units_of_others(&mut self) {
        let of = |value: &crate::mapping::ValueSource| find_property(self.gazetteer, value.property.text()?);
        let written = |value: &crate::mapping::ValueSource| {
            value.unit.as_ref().and_then(TextOrColumn::text).map(str::to_owned)
        };
        let asked = self.mapping.values.iter().enumerate().find_map(|(at, value)| {
            if value.unit.is_some() || value.columns.is_some() {
                return None;
            }
            let own = of(value)?;
            let alike = self.mapping.values.iter().filter(|other| {
                of(other).is_some_and(|other| other.unit == own.unit && other.sector == own.sector)
            });
            let units: Vec<(String, String)> =
                alike.filter_map(|other| Some((other.column.clone(), written(other)?))).collect();
            let is_own = |unit: &str| {
                let factor = crate::observe::conversion(unit, own);
                factor.is_ok_and(|(factor, addend)| (factor - 1.0).abs() < 1e-9 && addend == 0.0)
            };
            let (column, unit) = units.first()?.clone();
            let column_of = self.sample.named(&value.column)?;
            (!units.iter().any(|(_, unit)| is_own(unit)))
                .then(|| (at, column_of.name.clone(), own.unit.clone(), column, unit))
        });
        let Some((at, name, own, beside, unit)) = asked else { return };
        let reason = told!(
            "guess-unit-of-beside",
            "`{name}` names no unit, and `{beside}` is in `{unit}`: is it in that too, or in `{own}`? Write it as `unit`",
            name = name,
            beside = beside,
            unit = unit,
            own = own
        );
        self.because(&format!("value.{at}.unit"), 0.4, reason);
    }
}
