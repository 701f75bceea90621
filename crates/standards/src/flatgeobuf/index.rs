//! The index of a FlatGeobuf: a packed R-tree over the boxes of the features, which stand in the order of a
//! Hilbert curve, so that a reader of a box reads a few nodes and then neighbours.
//!
//! Nodes stand level by level from the root down; a node is a box and where its first child stands (in nodes),
//! or, of a leaf, its feature (in bytes after the index).

use std::io::{Result, Write};

/// Children of a node; it stands in the head.
pub const NODE: u16 = 16;
/// Steps of the curve: cells of 2¹⁶ to a side.
const ORDER: u32 = 16;

/// A box: west, south, east, north.
type Box4 = [f64; 4];
/// What holds nothing, and adds nothing to a box around it.
const NOTHING: Box4 = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// The features of a file by their boxes, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Boxes {
    boxes: Vec<Box4>,
    lengths: Vec<u32>,
}

impl Boxes {
    /// Adds a feature: its box, none when it has no shape, and the bytes that it takes.
    pub fn add(&mut self, around: Option<Box4>, bytes: u32) {
        self.boxes.push(around.unwrap_or(NOTHING));
        self.lengths.push(bytes);
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// The order in which features stand in the file, by their numbers here: along the curve; those without
    /// a shape are the last.
    pub fn order(&self) -> Vec<u32> {
        let all = self.boxes.iter().fold(NOTHING, around);
        let cell = |from: f64, to: f64, low: f64, high: f64| {
            let share = ((from + to) / 2.0 - low) / (high - low);
            // A whole without width has one cell.
            if share.is_finite() {
                (share.clamp(0.0, 1.0) * f64::from((1_u32 << ORDER) - 1)) as u32
            } else {
                0
            }
        };
        let place = |[west, south, east, north]: &Box4| {
            if west > east {
                return u64::MAX;
            }
            u64::from(hilbert(cell(*west, *east, all[0], all[2]), cell(*south, *north, all[1], all[3])))
        };
        let mut order: Vec<u32> = (0..u32::try_from(self.boxes.len()).unwrap_or(u32::MAX)).collect();
        order.sort_by_cached_key(|number| place(&self.boxes[*number as usize]));
        order
    }

    /// Writes the index of the features in an order. Of nothing there is none.
    pub fn write(&self, order: &[u32], out: &mut impl Write) -> Result<()> {
        if order.is_empty() {
            return Ok(());
        }
        // Above the leaves, from the bottom up; a single feature has a root, too.
        let mut levels: Vec<Vec<Box4>> = Vec::new();
        loop {
            let above = match levels.last() {
                None => grouped(order.iter().map(|number| self.boxes[*number as usize])),
                Some(below) if below.len() > 1 => grouped(below.iter().copied()),
                Some(_) => break,
            };
            levels.push(above);
        }
        // Where the level below begins, in nodes.
        let mut below = 0_u64;
        for level in levels.iter().rev() {
            below += level.len() as u64;
            for (at, node) in (0_u64..).zip(level) {
                write_node(out, node, below + at * u64::from(NODE))?;
            }
        }
        let mut at = 0_u64;
        for number in order {
            write_node(out, &self.boxes[*number as usize], at)?;
            at += u64::from(self.lengths[*number as usize]);
        }
        Ok(())
    }

    /// Where each feature stands among the others as they were added, and how many bytes it takes.
    pub fn places(&self) -> Vec<(u64, u32)> {
        let mut at = 0_u64;
        let place = |length: &u32| {
            let here = at;
            at += u64::from(*length);
            (here, *length)
        };
        self.lengths.iter().map(place).collect()
    }
}

/// The boxes around each [`NODE`] of some.
fn grouped(boxes: impl Iterator<Item = Box4>) -> Vec<Box4> {
    let mut groups: Vec<Box4> = Vec::new();
    for (at, one) in boxes.enumerate() {
        if at % usize::from(NODE) == 0 {
            groups.push(NOTHING);
        }
        if let Some(last) = groups.last_mut() {
            *last = around(*last, &one);
        }
    }
    groups
}

fn around(a: Box4, b: &Box4) -> Box4 {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn write_node(out: &mut impl Write, edges: &Box4, to: u64) -> Result<()> {
    for edge in edges {
        out.write_all(&edge.to_le_bytes())?;
    }
    out.write_all(&to.to_le_bytes())
}

/// How far along the curve a cell lies.
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    let mut along = 0;
    for step in (0..ORDER).rev() {
        let (right, up) = ((x >> step) & 1, (y >> step) & 1);
        along = (along << 2) | ((3 * right) ^ up);
        // The quarter is turned so that the curve goes on where it left the one before.
        if up == 0 {
            if right == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    along
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_goes_from_a_cell_to_one_beside_it() {
        // The corner of 64 by 64 cells is 4 096 steps of the curve.
        let mut cells: Vec<(u32, u32, u32)> =
            (0..64).flat_map(|x| (0..64).map(move |y| (hilbert(x, y), x, y))).collect();
        cells.sort_unstable();
        for (at, pair) in cells.windows(2).enumerate() {
            let [(here, x, y), (next, next_x, next_y)] = pair else { unreachable!() };
            assert_eq!((*here as usize, *next as usize), (at, at + 1));
            assert_eq!(x.abs_diff(*next_x) + y.abs_diff(*next_y), 1, "{x} {y} to {next_x} {next_y}");
        }
    }

    /// What a reader does: down from the root, to the features whose boxes meet one.
    fn found(index: &[u8], features: u64, wanted: Box4) -> Vec<u64> {
        let mut counts = vec![features];
        while counts.len() == 1 || counts[counts.len() - 1] > 1 {
            counts.push(counts[counts.len() - 1].div_ceil(u64::from(NODE)));
        }
        let nodes: u64 = counts.iter().sum();
        assert_eq!(index.len() as u64, nodes * 40);
        // Where each level begins and ends, from the leaves up.
        let mut ends = nodes;
        let levels: Vec<(u64, u64)> = counts
            .iter()
            .map(|count| {
                ends -= count;
                (ends, ends + count)
            })
            .collect();
        let read = |node: u64| {
            let bytes = &index[usize::try_from(node * 40).unwrap()..][..40];
            let number = |at: usize| f64::from_le_bytes(bytes[at * 8..][..8].try_into().unwrap());
            ([0, 1, 2, 3].map(number), u64::from_le_bytes(bytes[32..].try_into().unwrap()))
        };
        let (mut found, mut left) = (Vec::new(), vec![(0_u64, levels.len() - 1)]);
        while let Some((node, level)) = left.pop() {
            let last = levels[level].1.min(node + u64::from(NODE));
            for node in node..last {
                let ([west, south, east, north], to) = read(node);
                if west > wanted[2] || south > wanted[3] || east < wanted[0] || north < wanted[1] {
                    continue;
                }
                if level == 0 { found.push(to) } else { left.push((to, level - 1)) }
            }
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn a_reader_of_the_tree_finds_what_a_look_at_every_box_finds() {
        for count in [1_u32, 2, 16, 17, 255, 256, 257, 5_000] {
            let mut boxes = Boxes::default();
            let number = |at: u32, of: u32| f64::from(at.wrapping_mul(2_654_435_761 ^ of) % 1_000) / 100.0;
            for at in 0..count {
                let (west, south) = (100.0 + number(at, 1), number(at, 7));
                let shape = (at % 97 != 5).then_some([west, south, west + 0.3, south + 0.2]);
                boxes.add(shape, 100 + at % 3);
            }
            let order = boxes.order();
            let mut index = Vec::new();
            boxes.write(&order, &mut index).unwrap();
            for wanted in [[102.0, 2.0, 104.0, 5.0], [90.0, -10.0, 120.0, 20.0], [0.0, 0.0, 1.0, 1.0]] {
                let mut at = 0_u64;
                let mut expected = Vec::new();
                for one in &order {
                    let [west, south, east, north] = boxes.boxes[*one as usize];
                    if west <= wanted[2] && south <= wanted[3] && east >= wanted[0] && north >= wanted[1] {
                        expected.push(at);
                    }
                    at += u64::from(boxes.lengths[*one as usize]);
                }
                assert_eq!(found(&index, u64::from(count), wanted), expected, "{count} {wanted:?}");
            }
        }
    }
}
