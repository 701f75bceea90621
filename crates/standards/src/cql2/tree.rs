//! What a filter looks at, told from its tree.

use std::collections::BTreeSet;

use geo::BoundingRect;

use super::{Expr, Op, Spatial};

impl Expr {
    /// The properties that it looks at.
    pub fn properties(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.collect(&mut found);
        found
    }

    fn collect<'e>(&'e self, found: &mut BTreeSet<&'e str>) {
        match self {
            Expr::Property(name) => {
                found.insert(name);
            }
            Expr::List(list) | Expr::Op(_, list) => list.iter().for_each(|part| part.collect(found)),
            _ => {}
        }
    }

    /// A box (west, south, east, north) that every thing of which it holds has its geometry meet; none
    /// when it does not say so. `geometry` tells the property that is the thing's geometry.
    pub fn meets_box(&self, geometry: &dyn Fn(&str) -> bool) -> Option<[f64; 4]> {
        match self {
            Expr::Op(Op::And, parts) => {
                let boxes = parts.iter().filter_map(|part| part.meets_box(geometry));
                boxes.reduce(|[w, s, e, n], [west, south, east, north]| {
                    [w.max(west), s.max(south), e.min(east), n.min(north)]
                })
            }
            Expr::Op(Op::Or, parts) => {
                let boxes: Option<Vec<[f64; 4]>> =
                    parts.iter().map(|part| part.meets_box(geometry)).collect();
                boxes?.into_iter().reduce(|[w, s, e, n], [west, south, east, north]| {
                    [w.min(west), s.min(south), e.max(east), n.max(north)]
                })
            }
            Expr::Op(Op::Spatial(how), arguments) if *how != Spatial::Disjoint => {
                let shape = match &arguments[..] {
                    [Expr::Property(name), Expr::Shape(shape)]
                    | [Expr::Shape(shape), Expr::Property(name)]
                        if geometry(name) =>
                    {
                        shape
                    }
                    _ => return None,
                };
                let around = shape.bounding_rect()?;
                Some([around.min().x, around.min().y, around.max().x, around.max().y])
            }
            _ => None,
        }
    }

    /// This and another.
    #[must_use]
    pub fn and(self, other: Expr) -> Expr {
        Expr::Op(Op::And, vec![self, other])
    }
}
