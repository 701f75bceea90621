//! How a mapping overrules what was detected about a text file.

use formats::Format;
use wording::told;

use super::SourceLayout;
use crate::Error;

impl SourceLayout {
    /// Overrules what was detected, where the mapping says a separator or widths of columns.
    pub(crate) fn overrule(&self, format: &mut Format) -> Result<(), Error> {
        let encoding = match format {
            Format::Csv { encoding, .. } | Format::FixedWidth { encoding } => *encoding,
            _ => return Ok(()),
        };
        if !self.widths.is_empty() {
            *format = Format::FixedWidth { encoding };
        } else if let Some(wanted) = self.delimiter {
            *format = Format::Csv { delimiter: separator(wanted)?, encoding };
        }
        Ok(())
    }
}

fn separator(wanted: char) -> Result<u8, Error> {
    u8::try_from(wanted).map_err(|_| {
        Error::invalid(
            told!("intake-cannot-separate-cells", "`{wanted}` cannot separate cells", wanted = wanted),
            told!("intake-write-tab-delimiter", "write `,`, `;`, `|` or a tab as `delimiter`"),
        )
    })
}
