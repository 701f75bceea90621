//! What a row may point to: the places and properties read so far, and the documented exceptions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use model::{Place, PlaceId, PlaceKind, Property, PropertyCode, Unit};

use super::ReferenceError;
use super::table::{Row, Table, place, property, unit};

/// The places and properties that exist, and what may point to none of them.
#[derive(Default)]
pub(super) struct Known {
    places: BTreeMap<PlaceId, PlaceKind>,
    properties: BTreeMap<PropertyCode, Unit>,
    /// File and key with the line that excepts them.
    exceptions: BTreeMap<(String, String), u64>,
    /// The exceptions that a row has needed.
    needed: RefCell<BTreeSet<(String, String)>>,
}

impl Known {
    /// Takes in `exceptions.csv`: the file and the key that may stay unresolved, and why.
    pub(super) fn with_exceptions(table: &Table) -> Result<Known, ReferenceError> {
        let mut exceptions = BTreeMap::new();
        for row in table.rows() {
            row.text("reason")?;
            let key = (row.text("file")?, row.text("key")?);
            if exceptions.insert(key, row.error(String::new()).line).is_some() {
                return Err(row.error("the exception is there twice".into()));
            }
        }
        Ok(Known { exceptions, ..Known::default() })
    }

    /// Takes in a place, which must be new and have a code as its scheme writes them.
    pub(super) fn add_place(&mut self, row: &Row<'_>, place: &Place) -> Result<(), ReferenceError> {
        let digits = |count: usize| {
            place.id.code().len() == count && place.id.code().bytes().all(|b| b.is_ascii_digit())
        };
        let (schemes, well_formed): (&[&str], bool) = match place.kind {
            PlaceKind::Country => (&["iso3166"], place.id.code().len() == 2),
            PlaceKind::Province => (&["gso2004", "vn2025"], digits(2)),
            PlaceKind::Commune => (&["gso2004", "vn2025"], digits(5)),
            PlaceKind::Station => (&["station"], true),
            PlaceKind::RiverMouth => (&["mouth"], true),
            PlaceKind::District => (&["gso2004"], digits(3)),
        };
        if !schemes.contains(&place.id.scheme()) || !well_formed {
            return Err(row.error(format!("`{}` is not an id of a {}", place.id, place.kind.code())));
        }
        if place.valid_from.zip(place.valid_to).is_some_and(|(from, to)| to < from) {
            return Err(row.error(format!("`{}` ends before it begins", place.id)));
        }
        match self.places.insert(place.id.clone(), place.kind) {
            Some(_) => Err(row.error(format!("`{}` is there twice", place.id))),
            None => Ok(()),
        }
    }

    /// The place that a cell names.
    pub(super) fn place(&self, row: &Row<'_>, column: &str) -> Result<PlaceId, ReferenceError> {
        let id = row.required(column, place)?;
        self.resolve(row, column, &id)?;
        Ok(id)
    }

    /// The place that a cell names, if it names one.
    pub(super) fn optional_place(
        &self,
        row: &Row<'_>,
        column: &str,
    ) -> Result<Option<PlaceId>, ReferenceError> {
        let id = row.parse(column, place)?;
        if let Some(id) = &id {
            self.resolve(row, column, id)?;
        }
        Ok(id)
    }

    /// The places that a cell lists.
    pub(super) fn places(&self, row: &Row<'_>, column: &str) -> Result<Vec<PlaceId>, ReferenceError> {
        let mut ids = Vec::new();
        for text in row.list(column)? {
            let id = place(&text).map_err(|what| row.error(format!("`{column}`: {what}")))?;
            self.resolve(row, column, &id)?;
            ids.push(id);
        }
        Ok(ids)
    }

    /// The place of one kind that a cell names.
    pub(super) fn place_of_kind(
        &self,
        row: &Row<'_>,
        column: &str,
        kind: PlaceKind,
    ) -> Result<PlaceId, ReferenceError> {
        let id = self.place(row, column)?;
        match self.places.get(&id) {
            Some(known) if *known != kind => {
                Err(row.error(format!("`{column}`: `{id}` is a {}, not a {}", known.code(), kind.code())))
            }
            _ => Ok(id),
        }
    }

    /// Takes in a property, whose unit must be one that values can be converted to.
    pub(super) fn add_property(&mut self, row: &Row<'_>, property: &Property) -> Result<(), ReferenceError> {
        let unit = row.required("unit", unit)?;
        match self.properties.insert(property.code.clone(), unit) {
            Some(_) => Err(row.error(format!("`{}` is there twice", property.code))),
            None => Ok(()),
        }
    }

    /// The property that a cell names.
    pub(super) fn property(&self, row: &Row<'_>, column: &str) -> Result<PropertyCode, ReferenceError> {
        let code = row.required(column, property)?;
        if self.properties.contains_key(&code) {
            return Ok(code);
        }
        Err(row.error(format!("`{column}`: there is no property `{code}`")))
    }

    /// The properties that a cell lists.
    pub(super) fn listed_properties(
        &self,
        row: &Row<'_>,
        column: &str,
    ) -> Result<Vec<PropertyCode>, ReferenceError> {
        let mut codes = Vec::new();
        for text in row.list(column)? {
            let code = property(&text).map_err(|what| row.error(format!("`{column}`: {what}")))?;
            if !self.properties.contains_key(&code) {
                return Err(row.error(format!("`{column}`: there is no property `{code}`")));
            }
            codes.push(code);
        }
        Ok(codes)
    }

    /// The factor that brings a row's values from its `unit` column into the property's own unit,
    /// and that unit.
    pub(super) fn conversion(
        &self,
        row: &Row<'_>,
        property: &PropertyCode,
    ) -> Result<(f64, String), ReferenceError> {
        let given = row.required("unit", unit)?;
        let Some(own) = self.properties.get(property) else {
            return Err(row.error(format!("there is no property `{property}`")));
        };
        let (factor, addend) =
            given.conversion_to(own).map_err(|error| row.error(format!("`unit`: {error}")))?;
        if addend != 0.0 {
            return Err(row.error(format!("`unit`: write `{}`, so that no offset is needed", own.code())));
        }
        Ok((factor, own.code().to_owned()))
    }

    /// Fails when an exception was never needed: what it excused has been put right.
    pub(super) fn finish(&self) -> Result<(), ReferenceError> {
        let needed = self.needed.borrow();
        match self.exceptions.iter().find(|(exception, _)| !needed.contains(*exception)) {
            Some(((file, key), line)) => Err(ReferenceError::new(
                "exceptions.csv",
                *line,
                format!("`{key}` in `{file}` needs no exception"),
            )),
            None => Ok(()),
        }
    }

    fn resolve(&self, row: &Row<'_>, column: &str, id: &PlaceId) -> Result<(), ReferenceError> {
        if self.places.contains_key(id) {
            return Ok(());
        }
        let exception = (row.file().to_owned(), id.to_string());
        if self.exceptions.contains_key(&exception) {
            self.needed.borrow_mut().insert(exception);
            return Ok(());
        }
        Err(row.error(format!("`{column}`: there is no place `{id}`")))
    }
}

/// Fails at the second of two equal texts.
#[derive(Default)]
pub(super) struct Unique(BTreeSet<String>);

impl Unique {
    /// Takes in a text of a row.
    pub(super) fn add(&mut self, row: &Row<'_>, text: &str) -> Result<(), ReferenceError> {
        match self.0.insert(text.to_owned()) {
            true => Ok(()),
            false => Err(row.error(format!("`{text}` is there twice"))),
        }
    }
}
