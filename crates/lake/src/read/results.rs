//! A range of results: a row, a page or a row group has none in it, may have, or has not.

use std::ops::{Bound, RangeBounds};

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::Float64Type;

/// Which results are wanted. One that is no number lies in no range but the one of everything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResultRange {
    /// The smallest.
    pub from: Bound<f64>,
    /// The largest.
    pub to: Bound<f64>,
}

impl Default for ResultRange {
    fn default() -> Self {
        ResultRange::ALL
    }
}

impl ResultRange {
    /// Every result, numbers or not.
    pub const ALL: ResultRange = ResultRange { from: Bound::Unbounded, to: Bound::Unbounded };

    /// Whether it leaves nothing out.
    pub fn is_all(&self) -> bool {
        matches!((self.from, self.to), (Bound::Unbounded, Bound::Unbounded))
    }

    /// The results that are in both.
    #[must_use]
    pub fn and(self, other: ResultRange) -> ResultRange {
        // Of two bounds, the one that lets less pass.
        let tighter = |a: Bound<f64>, b: Bound<f64>, inner: fn(f64, f64) -> bool| match (a, b) {
            (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound,
            (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
                if x == y {
                    if matches!(a, Bound::Excluded(_)) { a } else { b }
                } else if inner(x, y) {
                    a
                } else {
                    b
                }
            }
        };
        ResultRange {
            from: tighter(self.from, other.from, |x, y| x > y),
            to: tighter(self.to, other.to, |x, y| x < y),
        }
    }

    /// Whether a number lies in it.
    pub fn has(&self, result: f64) -> bool {
        (self.from, self.to).contains(&result)
    }

    /// Whether results between two may lie in it.
    pub(super) fn may_have(&self, min: f64, max: f64) -> bool {
        let above = match self.from {
            Bound::Unbounded => true,
            Bound::Included(from) => max >= from,
            Bound::Excluded(from) => max > from,
        };
        let below = match self.to {
            Bound::Unbounded => true,
            Bound::Included(to) => min <= to,
            Bound::Excluded(to) => min < to,
        };
        above && below
    }

    /// Which rows of a column lie in it.
    pub(super) fn mask(&self, results: &dyn Array) -> BooleanBuffer {
        let Some(results) = results.as_primitive_opt::<Float64Type>() else {
            return BooleanBuffer::new_unset(results.len());
        };
        let values = results.values();
        let within = BooleanBuffer::collect_bool(values.len(), |row| self.has(values[row]));
        BooleanArray::new(within, results.nulls().cloned()).iter().map(|is| is == Some(true)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound::{Excluded, Included, Unbounded};

    use arrow::array::Float64Array;

    use super::ResultRange;

    #[test]
    fn two_ranges_together_are_the_narrower_of_both() {
        let above = |from| ResultRange { from, to: Unbounded };
        let below = |to| ResultRange { from: Unbounded, to };
        assert_eq!(above(Included(1.0)).and(above(Excluded(1.0))), above(Excluded(1.0)));
        assert_eq!(above(Included(1.0)).and(above(Included(2.0))), above(Included(2.0)));
        assert_eq!(below(Excluded(1.0)).and(below(Included(2.0))), below(Excluded(1.0)));
        assert!(ResultRange::ALL.and(ResultRange::ALL).is_all());
        let range = above(Excluded(1.0)).and(below(Included(2.0)));
        assert!(range.may_have(0.0, 1.5) && range.may_have(2.0, 9.0) && range.may_have(0.0, 9.0));
        assert!(!range.may_have(0.0, 1.0) && !range.may_have(2.5, 9.0));
        let rows = range.mask(&Float64Array::from(vec![Some(1.0), Some(1.5), None, Some(2.0), Some(2.5)]));
        assert_eq!(rows.set_indices().collect::<Vec<_>>(), [1, 3]);
    }
}
