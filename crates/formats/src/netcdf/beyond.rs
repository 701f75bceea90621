//! Dimensions of a series beside its time and its station: depths, members of an ensemble, grain sizes.
//!
//! Each makes a column of its own, named as the file names it, so that values at several depths are not taken
//! for values of one: what the column means is for the mapping to say.

use netcdf_reader::{NcType, NcVariable};

use super::file::{File, is_number, text};
use crate::Error;
use crate::cell::shortest;

/// What stands along a dimension.
#[derive(Debug)]
pub(super) struct Along {
    dimension: String,
    /// The header of its column: the name, and the unit where the file says one.
    pub(super) header: String,
    labels: Vec<String>,
}

impl Along {
    /// The dimensions of the variables along which more than one value stands, but for those that are `known`.
    pub(super) fn all(
        file: &File,
        variables: &[NcVariable],
        known: impl Fn(&NcVariable, &str) -> bool,
    ) -> Result<Vec<Along>, Error> {
        let mut found: Vec<Along> = Vec::new();
        for variable in variables {
            for dimension in variable.dimensions.iter().filter(|dimension| dimension.size > 1) {
                let is_there = found.iter().any(|along| along.dimension == dimension.name);
                if is_there || known(variable, &dimension.name) {
                    continue;
                }
                found.push(Along::of(file, &dimension.name, dimension.size)?);
            }
        }
        Ok(found)
    }

    fn of(file: &File, dimension: &str, size: u64) -> Result<Along, Error> {
        let axis = file.variable(dimension);
        let labels = match axis {
            Some(axis) if is_number(axis) => file.values(axis)?.into_iter().map(shortest).collect(),
            Some(axis) if axis.dtype == NcType::Char => file.texts(axis)?,
            _ => (1..=size).map(|number| number.to_string()).collect(),
        };
        let unit = axis.and_then(|axis| text(axis, "units")).filter(|unit| unit != "1");
        let header = unit.map_or_else(|| dimension.to_owned(), |unit| format!("{dimension} ({unit})"));
        Ok(Along { dimension: dimension.to_owned(), header, labels })
    }

    /// What stands at the indices of a value of the variable; empty where it does not lie along the dimension.
    pub(super) fn label(&self, variable: &NcVariable, indices: &[usize]) -> &str {
        let at = variable.dimensions.iter().position(|own| own.name == self.dimension);
        at.and_then(|at| self.labels.get(indices[at])).map_or("", String::as_str)
    }
}
