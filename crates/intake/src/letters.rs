//! What was done to the letters of a file, as findings.

use formats::Note;
use model::Severity;

use crate::findings::{Findings, Words};

/// Adds what a reader noted. The encoding and the cell as it was read fill the message's blank.
pub(crate) fn add(findings: &mut Findings, notes: Vec<Note>) {
    for note in notes {
        findings.add(Severity::Warning, note.kind.code(), note.cell, || Words {
            column_name: note.cell.column_letters(),
            value: note.from,
            expected: match note.more {
                0 => format!("“{}” ({})", note.to, note.read_as),
                more => format!("“{}” ({}; +{more})", note.to, note.read_as),
            },
        });
    }
}
