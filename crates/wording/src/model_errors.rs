//! The errors of the model as sentences: the model knows no languages.

use model::{InvalidId, InvalidTime, UnitError};

use crate::{Told, told};

impl From<InvalidId> for Told {
    fn from(error: InvalidId) -> Told {
        let text = error.text;
        match error.expected.split(':').next().unwrap_or_default() {
            "an agency id" => told!(
                "model-no-agency-id",
                "`{text}` is not an agency id: a lower-case letter, then letters, digits or `_`, at most 63",
                text = text
            ),
            "a dataset id" => told!(
                "model-no-dataset-id",
                "`{text}` is not a dataset id: a lower-case letter, then letters, digits or `_`, at most 63",
                text = text
            ),
            "a user name" => told!(
                "model-no-user-name",
                "`{text}` is not a user name: a lower-case letter, then letters, digits or `_`, at most 63",
                text = text
            ),
            "a place id" => told!(
                "model-no-place-id",
                "`{text}` is not a place id: `scheme:code`, e.g. `vn2025:92` or `station:cau_noi`",
                text = text
            ),
            "a property code" => told!(
                "model-no-property-code",
                "`{text}` is not a property code: lower-case letters, digits, `_` or `.`, at most 63",
                text = text
            ),
            expected => {
                told!("model-no-id", "`{text}` is not {expected}", text = text, expected = expected)
            }
        }
    }
}

impl From<InvalidTime> for Told {
    fn from(error: InvalidTime) -> Told {
        told!(
            "model-no-time",
            "`{text}` is not a time: write e.g. `2020-02-03T14:00:00+07:00`, `2020-02-03T07:00Z` or `2020-02-03`",
            text = error.0
        )
    }
}

impl From<UnitError> for Told {
    fn from(error: UnitError) -> Told {
        match error {
            UnitError::Unknown(text) => told!(
                "model-unknown-unit",
                "`{text}` is not a unit that is known here (write UCUM, e.g. `g/L`, `cm`, `10*3.har`)",
                text = text
            ),
            UnitError::Incompatible { from, to } => told!(
                "model-other-unit",
                "`{from}` does not convert to `{to}`: they measure different things",
                from = from,
                to = to
            ),
        }
    }
}
