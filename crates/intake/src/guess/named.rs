//! What the texts around a table name of its values. Where its headers do not, a mapping was guessed by these: a later
//! file in which they name something else is another one.

use catalog::Gazetteer;
use formats::Chunk;

use super::evidence::{Evidence, property_in, titles};
use super::sample::brackets;
use crate::observe::{find_property, find_statistic, find_unit};

/// What is named, as codes and as a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) property: Option<String>,
    pub(crate) statistic: Option<String>,
    pub(crate) unit: Option<String>,
}

/// What the texts above a header, the name of its sheet and that of its file name.
pub(crate) fn named_around(
    chunk: &Chunk,
    header_row: u32,
    sheet: &str,
    file: &str,
    gazetteer: &Gazetteer,
) -> Named {
    let file = file.rsplit_once('.').map_or(file, |(name, _)| name);
    let evidence = Evidence { titles: titles(chunk, header_row), sheet, file };
    let named = evidence.property(gazetteer);
    Named {
        property: named.as_ref().map(|named| named.property.code.to_string()),
        statistic: named.and_then(|named| named.statistic).map(str::to_owned),
        unit: evidence.unit(gazetteer).map(|(_, unit)| unit),
    }
}

/// What a header leaves to the texts around its table: whether its property, its statistic and its unit.
pub(crate) fn left_open(header: &str, gazetteer: &Gazetteer) -> [bool; 3] {
    let (base, inside) = brackets(header);
    let property = find_property(gazetteer, &base).is_none() && property_in(gazetteer, header).is_none();
    let unit = !inside.iter().any(|text| find_unit(gazetteer, text).is_some());
    [property, find_statistic(&base).is_none(), unit]
}

/// The code of the one property that the name of a file names, where it says nothing else of it.
pub(crate) fn property_of_name(name: &str, gazetteer: &Gazetteer) -> Option<String> {
    let evidence = Evidence { titles: Vec::new(), sheet: "", file: name };
    let named = evidence.property(gazetteer).filter(|named| named.confidence > 0.5);
    named.map(|named| named.property.code.to_string())
}
