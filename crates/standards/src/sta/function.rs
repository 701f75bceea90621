//! The functions of `$filter` (18-088 §9.3.3.5.2, Tables 21 to 25).

use super::Kind;
use super::expr::words;

words! {
    /// A function.
    Function {
        /// Whether the second text holds the first.
        SubstringOf = "substringof",
        /// Whether the first text holds the second.
        Contains = "contains",
        /// Whether the first text begins with the second.
        StartsWith = "startswith",
        /// Whether the first text ends with the second.
        EndsWith = "endswith",
        /// How many characters a text has.
        Length = "length",
        /// The text in small letters.
        ToLower = "tolower",
        /// The text in capital letters.
        ToUpper = "toupper",
        /// The text without blanks around it.
        Trim = "trim",
        /// Two texts as one.
        Concat = "concat",
        /// The year, in UTC.
        Year = "year",
        /// The month, in UTC.
        Month = "month",
        /// The day of the month, in UTC.
        Day = "day",
        /// The hour, in UTC.
        Hour = "hour",
        /// The minute.
        Minute = "minute",
        /// The second.
        Second = "second",
        /// The part of a second, as a number below one.
        FractionalSeconds = "fractionalseconds",
        /// The day of an instant, in UTC.
        Date = "date",
        /// The time of the day of an instant, in UTC.
        Time = "time",
        /// How far an instant's zone is from UTC, minutes; instants here are in UTC.
        TotalOffsetMinutes = "totaloffsetminutes",
        /// The instant of the request.
        Now = "now",
        /// The earliest instant.
        MinDateTime = "mindatetime",
        /// The latest instant.
        MaxDateTime = "maxdatetime",
        /// The nearest whole number.
        Round = "round",
        /// The next smaller whole number.
        Floor = "floor",
        /// The next larger whole number.
        Ceiling = "ceiling",
        /// Where the second text begins in the first, from 0; -1 when it does not occur.
        IndexOf = "indexof",
        /// The text from a character on, from 0, and of it so many characters.
        Substring = "substring",
        /// The distance of two geometries, degrees.
        GeoDistance = "geo.distance",
        /// The length of a line, degrees.
        GeoLength = "geo.length",
        /// Whether two geometries have a point in common.
        GeoIntersects = "geo.intersects",
        /// Whether two geometries are the same points.
        StEquals = "st_equals",
        /// Whether two geometries have no point in common.
        StDisjoint = "st_disjoint",
        /// Whether two geometries have only points of their boundaries in common.
        StTouches = "st_touches",
        /// Whether the first geometry lies in the second.
        StWithin = "st_within",
        /// Whether each geometry has a part in the other and a part outside.
        StOverlaps = "st_overlaps",
        /// Whether one geometry passes through the other.
        StCrosses = "st_crosses",
        /// Whether two geometries have a point in common.
        StIntersects = "st_intersects",
        /// Whether the second geometry lies in the first.
        StContains = "st_contains",
        /// Whether the relation of two geometries has a pattern (DE-9IM).
        StRelate = "st_relate",
    }
}

impl Function {
    /// The kinds of the arguments.
    pub fn arguments(self) -> &'static [Kind] {
        match self {
            Function::SubstringOf
            | Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::IndexOf
            | Function::Concat => &[Kind::Text, Kind::Text],
            Function::Substring => &[Kind::Text, Kind::Number, Kind::Number],
            Function::Length | Function::ToLower | Function::ToUpper | Function::Trim => &[Kind::Text],
            Function::Year
            | Function::Month
            | Function::Day
            | Function::Hour
            | Function::Minute
            | Function::Second
            | Function::FractionalSeconds
            | Function::Date
            | Function::Time
            | Function::TotalOffsetMinutes => &[Kind::Time],
            Function::Now | Function::MinDateTime | Function::MaxDateTime => &[],
            Function::Round | Function::Floor | Function::Ceiling => &[Kind::Number],
            Function::GeoLength => &[Kind::Shape],
            Function::StRelate => &[Kind::Shape, Kind::Shape, Kind::Text],
            Function::GeoDistance
            | Function::GeoIntersects
            | Function::StEquals
            | Function::StDisjoint
            | Function::StTouches
            | Function::StWithin
            | Function::StOverlaps
            | Function::StCrosses
            | Function::StIntersects
            | Function::StContains => &[Kind::Shape, Kind::Shape],
        }
    }

    /// How many of the arguments have to be given.
    pub fn needed(self) -> usize {
        match self {
            Function::Substring => 2,
            _ => self.arguments().len(),
        }
    }

    /// The kind of the value.
    pub fn returns(self) -> Kind {
        match self {
            Function::SubstringOf
            | Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::GeoIntersects
            | Function::StEquals
            | Function::StDisjoint
            | Function::StTouches
            | Function::StWithin
            | Function::StOverlaps
            | Function::StCrosses
            | Function::StIntersects
            | Function::StContains
            | Function::StRelate => Kind::Bool,
            Function::ToLower
            | Function::ToUpper
            | Function::Trim
            | Function::Concat
            | Function::Substring => Kind::Text,
            Function::Date => Kind::Date,
            Function::Time => Kind::Clock,
            Function::Now | Function::MinDateTime | Function::MaxDateTime => Kind::Time,
            _ => Kind::Number,
        }
    }
}
