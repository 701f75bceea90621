//! The types of columns as PostgreSQL numbers and names them.

use arrow::datatypes::{DataType, Field, IntervalUnit};

/// The type of numbers of types and tables, and the name of the items of a list of these: clients tell it from
/// a list of other numbers.
pub(crate) const OID: &str = "oid";

/// A type of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgType {
    /// Its number in `pg_type`.
    pub oid: u32,
    /// Its name in `pg_type`.
    pub name: &'static str,
    /// Its name in SQL.
    pub sql: &'static str,
    /// The bytes of a value; -1 where they vary.
    pub size: i16,
    /// The number of the type of its lists.
    pub array: u32,
    /// Its kind, as `pg_type.typcategory` says.
    pub category: &'static str,
}

const fn named(
    oid: u32,
    name: &'static str,
    sql: &'static str,
    size: i16,
    array: u32,
    category: &'static str,
) -> PgType {
    PgType { oid, name, sql, size, array, category }
}

/// The number of PostGIS's type: every database has its own, above those of the server.
pub(super) const GEOMETRY: u32 = 16_390;

/// The key of a column's metadata that names its type, where the type of its values does not tell.
pub(super) const TYPE_KEY: &str = "postgres.type";
/// The key of the metadata that names an extension type (Arrow, "Extension Types").
const EXTENSION_KEY: &str = "ARROW:extension:name";

/// The types that there are: those of our columns, and those of the catalogue that clients look for.
pub(super) const ALL: [PgType; 41] = [
    named(16, "bool", "boolean", 1, 1000, "B"),
    named(17, "bytea", "bytea", -1, 1001, "U"),
    named(18, "char", "\"char\"", 1, 1002, "Z"),
    named(19, "name", "name", 64, 1003, "S"),
    named(20, "int8", "bigint", 8, 1016, "N"),
    named(21, "int2", "smallint", 2, 1005, "N"),
    named(22, "int2vector", "int2vector", -1, 1006, "A"),
    named(23, "int4", "integer", 4, 1007, "N"),
    named(25, "text", "text", -1, 1009, "S"),
    named(26, "oid", "oid", 4, 1028, "N"),
    named(30, "oidvector", "oidvector", -1, 1013, "A"),
    named(700, "float4", "real", 4, 1021, "N"),
    named(701, "float8", "double precision", 8, 1022, "N"),
    named(1042, "bpchar", "character", -1, 1014, "S"),
    named(1043, "varchar", "character varying", -1, 1015, "S"),
    named(1082, "date", "date", 4, 1182, "D"),
    named(1083, "time", "time without time zone", 8, 1183, "D"),
    named(1114, "timestamp", "timestamp without time zone", 8, 1115, "D"),
    named(1184, "timestamptz", "timestamp with time zone", 8, 1185, "D"),
    named(1186, "interval", "interval", 16, 1187, "T"),
    named(1700, "numeric", "numeric", -1, 1231, "N"),
    named(1000, "_bool", "boolean[]", -1, 0, "A"),
    named(1005, "_int2", "smallint[]", -1, 0, "A"),
    named(1007, "_int4", "integer[]", -1, 0, "A"),
    named(1009, "_text", "text[]", -1, 0, "A"),
    named(1016, "_int8", "bigint[]", -1, 0, "A"),
    named(1015, "_varchar", "character varying[]", -1, 0, "A"),
    named(1021, "_float4", "real[]", -1, 0, "A"),
    named(1022, "_float8", "double precision[]", -1, 0, "A"),
    named(1028, "_oid", "oid[]", -1, 0, "A"),
    named(1115, "_timestamp", "timestamp without time zone[]", -1, 0, "A"),
    named(1182, "_date", "date[]", -1, 0, "A"),
    named(1185, "_timestamptz", "timestamp with time zone[]", -1, 0, "A"),
    named(1231, "_numeric", "numeric[]", -1, 0, "A"),
    named(114, "json", "json", -1, 199, "U"),
    named(3802, "jsonb", "jsonb", -1, 3807, "U"),
    named(705, "unknown", "unknown", -2, 0, "X"),
    named(2950, "uuid", "uuid", 16, 2951, "U"),
    named(GEOMETRY, "geometry", "geometry", -1, 16_391, "U"),
    named(16_391, "_geometry", "geometry[]", -1, 0, "A"),
    named(16_392, "box2d", "box2d", 65, 0, "U"),
];

/// What has no type of its own is a text.
const TEXT: PgType = named(25, "text", "text", -1, 1009, "S");

impl PgType {
    /// The type of a number.
    pub fn of_oid(oid: u32) -> Option<PgType> {
        ALL.into_iter().find(|of| of.oid == oid)
    }

    /// The type of a name, in SQL or in `pg_type`.
    pub fn of_name(name: &str) -> Option<PgType> {
        let name = name.trim().trim_start_matches("pg_catalog.");
        ALL.into_iter().find(|of| of.name == name || of.sql == name)
    }

    /// The type in which values of an Arrow type are given; what has no type of its own is a text.
    pub fn of(arrow: &DataType) -> PgType {
        let oid = match arrow {
            DataType::Boolean => 16,
            DataType::Int8 | DataType::Int16 | DataType::UInt8 => 21,
            DataType::Int32 | DataType::UInt16 => 23,
            // Numbers of rows and places are never larger than those of eight bytes with a sign.
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => 20,
            DataType::Decimal128(..) | DataType::Decimal256(..) => 1700,
            DataType::Float16 | DataType::Float32 => 700,
            DataType::Float64 => 701,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => 17,
            DataType::Date32 | DataType::Date64 => 1082,
            DataType::Time32(_) | DataType::Time64(_) => 1083,
            DataType::Interval(_) | DataType::Duration(_) => 1186,
            DataType::Timestamp(_, None) => 1114,
            DataType::Timestamp(_, Some(_)) => 1184,
            DataType::Dictionary(_, values) => return PgType::of(values),
            DataType::List(item) if item.name() == OID => 1028,
            // Lists of lists are lists of more dimensions.
            DataType::List(item) if matches!(item.data_type(), DataType::List(_)) => {
                return PgType::of(item.data_type());
            }
            DataType::List(item) | DataType::LargeList(item) => match PgType::of(item.data_type()).array {
                list @ (1000 | 1005 | 1007 | 1009 | 1016 | 1021 | 1022 | 1115 | 1182 | 1185 | 1231) => list,
                _ => 25,
            },
            _ => 25,
        };
        PgType::of_oid(oid).unwrap_or(TEXT)
    }

    /// The type in which a column's values are given: what it is marked as, or what its values are.
    pub fn of_field(field: &Field) -> PgType {
        let marked = |key: &str| field.metadata().get(key).map(String::as_str);
        let name = match (marked(EXTENSION_KEY), marked(TYPE_KEY), field.data_type()) {
            (Some("geoarrow.wkb"), _, DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => {
                "geometry"
            }
            (Some("geoarrow.box"), _, DataType::Struct(_)) => "box2d",
            // A geography is written as the geometry that it is.
            (_, Some("geography"), DataType::Struct(_)) => "geometry",
            (_, Some("oid"), DataType::Int64) => "oid",
            (_, Some("char"), DataType::Utf8) => "char",
            (_, Some("json"), of) if of.is_string() => "json",
            (_, Some(vector @ ("int2vector" | "oidvector")), DataType::List(_)) => vector,
            (_, _, of) => return PgType::of(of),
        };
        ALL.into_iter().find(|of| of.name == name).unwrap_or(TEXT)
    }

    /// The Arrow type of a parameter beside a column: numbers of types and tables keep apart from others, since
    /// drivers look for them.
    pub(in crate::sql) fn parameter_beside(field: &Field) -> DataType {
        match PgType::of_field(field).name {
            "oid" => DataType::UInt32,
            _ => field.data_type().clone(),
        }
    }

    /// The type in which a parameter of an Arrow type is taken.
    pub fn of_parameter(arrow: &DataType) -> PgType {
        let oid = PgType::of_oid(26).filter(|_| *arrow == DataType::UInt32);
        oid.unwrap_or_else(|| PgType::of(arrow))
    }

    /// The type of the items of lists of a type.
    pub fn item_of(list: u32) -> Option<PgType> {
        ALL.into_iter().find(|of| of.array == list && list != 0)
    }

    /// The Arrow type of a parameter that a client gives in this type.
    pub fn arrow(oid: u32) -> Option<DataType> {
        if let Some(item) = PgType::item_of(oid) {
            return Some(DataType::new_list(PgType::arrow(item.oid)?, true));
        }
        use arrow::datatypes::TimeUnit::Microsecond;
        Some(match oid {
            16 => DataType::Boolean,
            17 => DataType::Binary,
            21 => DataType::Int16,
            23 => DataType::Int32,
            20 | 26 => DataType::Int64,
            700 => DataType::Float32,
            701 | 1700 => DataType::Float64,
            1082 => DataType::Date32,
            1083 => DataType::Time64(Microsecond),
            1186 => DataType::Interval(IntervalUnit::MonthDayNano),
            1114 => DataType::Timestamp(Microsecond, None),
            1184 => DataType::Timestamp(Microsecond, Some("UTC".into())),
            25 | 1043 | 1042 | 19 | 18 => DataType::Utf8,
            _ => return None,
        })
    }
}
