//! Quality flags of observations.

/// A QARTOD flag (IOOS, Manual for Real-Time Oceanographic Data Quality Control Flags, 2017).
///
/// The codes are names, not an order: see [`Quality::aggregate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quality {
    /// 1: all tests that ran were passed.
    Pass,
    /// 2: no test could run.
    NotEvaluated,
    /// 3: kept and shown, not fed to alerts without a person.
    Suspect,
    /// 4: kept as received, excluded from products.
    Fail,
    /// 9: no value.
    Missing,
}

impl Quality {
    /// The flag's code.
    pub fn code(self) -> i8 {
        match self {
            Quality::Pass => 1,
            Quality::NotEvaluated => 2,
            Quality::Suspect => 3,
            Quality::Fail => 4,
            Quality::Missing => 9,
        }
    }

    /// The flag of a code.
    pub fn from_code(code: i8) -> Option<Quality> {
        match code {
            1 => Some(Quality::Pass),
            2 => Some(Quality::NotEvaluated),
            3 => Some(Quality::Suspect),
            4 => Some(Quality::Fail),
            9 => Some(Quality::Missing),
            _ => None,
        }
    }

    /// The one flag of several tests, by precedence 4 > 3 > 1 > 2 > 9 (as ioos_qc 3.0.0 does):
    /// one pass beside a test that could not run is a pass, and missing never hides a failure.
    pub fn aggregate(flags: impl IntoIterator<Item = Quality>) -> Quality {
        let rank = |flag: Quality| match flag {
            Quality::Fail => 4,
            Quality::Suspect => 3,
            Quality::Pass => 2,
            Quality::NotEvaluated => 1,
            Quality::Missing => 0,
        };
        flags.into_iter().max_by_key(|flag| rank(*flag)).unwrap_or(Quality::NotEvaluated)
    }
}

#[cfg(test)]
mod tests {
    use super::Quality;
    use super::Quality::{Fail, Missing, NotEvaluated, Pass, Suspect};

    #[test]
    fn precedence_is_not_the_order_of_the_codes() {
        for (flags, expected) in [
            (vec![Missing, Fail], Fail),
            (vec![NotEvaluated, Pass], Pass),
            (vec![Pass, Suspect, Missing], Suspect),
            (vec![Missing, NotEvaluated], NotEvaluated),
            (vec![Missing, Missing], Missing),
            (vec![], NotEvaluated),
        ] {
            assert_eq!(Quality::aggregate(flags.clone()), expected, "{flags:?}");
        }
    }
}
