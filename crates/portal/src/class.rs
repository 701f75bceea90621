//! Classes of values that people act on: salinity, and water levels against the alarm levels.

/// The classes of salinity, g/l: their upper ends; the last class is open.
const SALINITY_ENDS: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 10.0, 20.0];

/// A class of a value: its number in the token scale, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SalinityClass(u8);

impl SalinityClass {
    /// The class of a salinity in g/l.
    pub fn of(value: f64) -> SalinityClass {
        let passed = SALINITY_ENDS.iter().filter(|end| value >= **end).count();
        SalinityClass(u8::try_from(passed + 1).unwrap_or(7))
    }

    /// Every class.
    pub fn all() -> impl Iterator<Item = SalinityClass> {
        (1..=7).map(SalinityClass)
    }

    /// The class's number, 1 (fresh) to 7.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The ends of the class: from, to.
    pub fn ends(self) -> (Option<f64>, Option<f64>) {
        let index = usize::from(self.0) - 1;
        (index.checked_sub(1).map(|i| SALINITY_ENDS[i]), SALINITY_ENDS.get(index).copied())
    }

    /// What it means to whoever takes water: fresh, brackish, salt.
    pub fn band(self) -> SalinityBand {
        match self.0 {
            1 | 2 => SalinityBand::Fresh,
            3 | 4 => SalinityBand::Brackish,
            _ => SalinityBand::Salt,
        }
    }
}

/// The three bands that a mark's shape shows, since colour never speaks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SalinityBand {
    /// Below 1 g/l: a plain ring.
    Fresh,
    /// From 1 to 4 g/l: a ring with a dot.
    Brackish,
    /// From 4 g/l on: a diamond.
    Salt,
}

impl SalinityBand {
    /// The band's code in message keys.
    pub fn code(self) -> &'static str {
        match self {
            SalinityBand::Fresh => "fresh",
            SalinityBand::Brackish => "brackish",
            SalinityBand::Salt => "salt",
        }
    }
}

/// A water level against the three alarm levels of its station (Decision 05/2020/QĐ-TTg).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmLevel {
    /// Below the first.
    Below,
    /// At or above BĐ I.
    First,
    /// At or above BĐ II.
    Second,
    /// At or above BĐ III.
    Third,
}

impl AlarmLevel {
    /// The alarm level of a value against the limits that exist, in the value's unit.
    pub fn of(value: f64, limits: [Option<f64>; 3]) -> AlarmLevel {
        let reached = |index: usize| limits[index].is_some_and(|limit| value >= limit);
        if reached(2) {
            AlarmLevel::Third
        } else if reached(1) {
            AlarmLevel::Second
        } else if reached(0) {
            AlarmLevel::First
        } else {
            AlarmLevel::Below
        }
    }

    /// The Roman numeral in its mark; empty below.
    pub fn numeral(self) -> &'static str {
        match self {
            AlarmLevel::Below => "",
            AlarmLevel::First => "I",
            AlarmLevel::Second => "II",
            AlarmLevel::Third => "III",
        }
    }

    /// Its number in the token scale.
    pub fn number(self) -> u8 {
        match self {
            AlarmLevel::Below => 0,
            AlarmLevel::First => 1,
            AlarmLevel::Second => 2,
            AlarmLevel::Third => 3,
        }
    }
}
