//! How large a file may be, in every way that costs memory or time.

/// Bounds that every reader holds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Rows of a sheet or of a file without sheets, and features of a GeoJSON file.
    pub max_rows: u32,
    /// Columns of a row, and properties of a feature. A spreadsheet has 16 384.
    pub max_columns: u16,
    /// Bytes of one cell.
    pub max_cell_bytes: usize,
    /// Bytes of one record of a CSV file, line breaks within quotes included.
    pub max_line_bytes: usize,
    /// Bytes of one GeoJSON feature.
    pub max_feature_bytes: usize,
    /// Bytes of a workbook when unpacked, and of all the text that its cells show.
    pub max_unpacked_bytes: u64,
    /// Unpacked bytes for each packed byte, once a workbook unpacks to more than 4 MiB.
    pub max_ratio: u64,
    /// Nesting of JSON, counted within one feature.
    pub max_depth: u32,
}

impl Limits {
    /// The same for a file of this size that is read as a stream: its text is not held, so it may grow
    /// with the file.
    pub(crate) fn streamed(&self, size: u64) -> Limits {
        let grown = size.saturating_mul(self.max_ratio);
        Limits { max_unpacked_bytes: self.max_unpacked_bytes.max(grown), ..self.clone() }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_bytes: 8 << 30,
            max_rows: 200_000_000,
            max_columns: 16_384,
            max_cell_bytes: 1 << 20,
            max_line_bytes: 16 << 20,
            max_feature_bytes: 64 << 20,
            max_unpacked_bytes: 512 << 20,
            max_ratio: 200,
            max_depth: 32,
        }
    }
}
