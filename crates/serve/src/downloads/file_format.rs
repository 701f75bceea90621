//! The formats of files.

/// A format that a dataset is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Csv,
    Xlsx,
    /// With geometry (GeoParquet) for features.
    Parquet,
    /// With geometry for observations, too.
    GeoParquet,
    GeoJson,
    GeoPackage,
    FlatGeobuf,
    NetCdf,
}

impl FileFormat {
    /// The names that may be asked for.
    pub(crate) const NAMES: &str = "csv, xlsx, parquet, geoparquet, geojson, gpkg, fgb, netcdf";

    /// The format of a name.
    pub(crate) fn from_name(name: &str) -> Option<FileFormat> {
        Some(match name {
            "csv" => FileFormat::Csv,
            "xlsx" => FileFormat::Xlsx,
            "parquet" => FileFormat::Parquet,
            "geoparquet" => FileFormat::GeoParquet,
            "geojson" => FileFormat::GeoJson,
            "gpkg" | "geopackage" => FileFormat::GeoPackage,
            "fgb" | "flatgeobuf" => FileFormat::FlatGeobuf,
            "netcdf" | "nc" => FileFormat::NetCdf,
            _ => return None,
        })
    }

    /// Whether the same rows are always written as the same bytes.
    pub(crate) fn is_repeatable(self) -> bool {
        matches!(self, FileFormat::Csv | FileFormat::Parquet | FileFormat::GeoParquet | FileFormat::GeoJson)
    }

    /// The media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv; charset=utf-8",
            FileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            FileFormat::Parquet | FileFormat::GeoParquet => "application/vnd.apache.parquet",
            FileFormat::GeoJson => "application/geo+json",
            FileFormat::GeoPackage => "application/geopackage+sqlite3",
            FileFormat::FlatGeobuf => "application/vnd.flatgeobuf",
            FileFormat::NetCdf => "application/netcdf",
        }
    }

    /// How names of files end.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Xlsx => "xlsx",
            FileFormat::Parquet | FileFormat::GeoParquet => "parquet",
            FileFormat::GeoJson => "geojson",
            FileFormat::GeoPackage => "gpkg",
            FileFormat::FlatGeobuf => "fgb",
            FileFormat::NetCdf => "nc",
        }
    }

    /// Whether every row has a geometry: observations get that of their place.
    pub(crate) fn is_spatial(self) -> bool {
        matches!(
            self,
            FileFormat::GeoParquet | FileFormat::GeoJson | FileFormat::GeoPackage | FileFormat::FlatGeobuf
        )
    }

    /// Whether its head says how many rows follow.
    pub(super) fn counts_first(self) -> bool {
        matches!(self, FileFormat::GeoPackage | FileFormat::FlatGeobuf | FileFormat::NetCdf)
    }

    /// Whether its head says which series there are, or its rows take their places from them.
    pub(super) fn needs_series(self) -> bool {
        self.is_spatial() || self == FileFormat::NetCdf
    }

    /// The bytes that a row takes, about, as measured on the sample.
    pub(crate) fn bytes_a_row(self) -> u64 {
        match self {
            FileFormat::Csv => 260,
            FileFormat::Xlsx => 60,
            FileFormat::Parquet | FileFormat::GeoParquet => 12,
            FileFormat::GeoJson => 600,
            FileFormat::GeoPackage => 400,
            FileFormat::FlatGeobuf => 450,
            FileFormat::NetCdf => 24,
        }
    }
}
