//! How much the words of a column speak for each encoding.

use std::collections::HashSet;

use super::charset::Charset;
use super::word::{has_bytes, is_evidence, is_plausible, is_telling, is_vietnamese, sense, words};

/// The encodings that are tried, the likelier first; `Utf8` is UTF-8 that was encoded twice.
const CANDIDATES: [Charset; 6] =
    [Charset::Utf8, Charset::Tcvn3, Charset::Vni, Charset::Windows1258, Charset::Viscii, Charset::Vps];

/// Different words that are needed to believe each of them against Unicode. The last two are rare,
/// and their tables make words of signs more easily.
const NEEDED: [u32; 6] = [1, 1, 1, 2, 2, 2];

/// Different words that are weighed, at most.
const MOST_WORDS: usize = 2000;

/// A count for each candidate.
type Counts = [u32; CANDIDATES.len()];

/// What the different words of a column, or of a sheet, speak for.
#[derive(Debug, Clone, Default)]
pub(super) struct Weights {
    /// Words with letters beyond ASCII that are valid Unicode.
    unicode: u32,
    /// Those of them that are no Vietnamese as they stand.
    unexplained: u32,
    /// How many of the unexplained make sense under each candidate.
    sense: Counts,
    /// The same, of words that are evidence by themselves.
    firm: Counts,
    /// Words with bytes that are no UTF-8, or that UTF-8 makes letters of a foreign script of.
    raw: u32,
    /// Those that do have such bytes.
    with_bytes: u32,
    /// How many of the raw words make sense under each candidate.
    raw_sense: Counts,
    /// … and under Windows-1252, …
    western: u32,
    /// … and are the same there as under each candidate.
    western_same: Counts,
}

impl Weights {
    pub(super) fn add(&mut self, other: &Weights) {
        self.unicode += other.unicode;
        self.unexplained += other.unexplained;
        self.raw += other.raw;
        self.with_bytes += other.with_bytes;
        self.western += other.western;
        for at in 0..CANDIDATES.len() {
            self.sense[at] += other.sense[at];
            self.firm[at] += other.firm[at];
            self.raw_sense[at] += other.raw_sense[at];
            self.western_same[at] += other.western_same[at];
        }
    }

    /// Whether bytes were seen that are no UTF-8.
    pub(super) fn is_raw(&self) -> bool {
        self.with_bytes > 0
    }

    /// Whether such bytes are the exception among letters of Unicode.
    pub(super) fn is_mostly_unicode(&self) -> bool {
        self.unicode >= self.with_bytes
    }

    /// Whether every word is Vietnamese in Unicode.
    pub(super) fn is_plain(&self) -> bool {
        self.unexplained == 0 && self.raw == 0
    }

    /// Whether the words are enough, and speak for Unicode.
    pub(super) fn is_settled(&self) -> bool {
        self.with_bytes == 0 && self.unicode >= 200
    }

    /// Whether words that make sense both ways are rather of this encoding than Unicode.
    pub(super) fn leans_to(&self, charset: Charset) -> bool {
        let sense = CANDIDATES.iter().position(|candidate| *candidate == charset).map(|at| self.sense[at]);
        sense.is_some_and(|sense| sense >= self.unicode.saturating_sub(self.unexplained))
    }

    /// The encoding of a column, looking at its sheet where it says little itself; `None` for Unicode.
    pub(super) fn choose(&self, sheet: &Weights) -> Option<Charset> {
        if self.is_raw() {
            return Some(self.of_bytes(sheet));
        }
        if self.unexplained == 0 {
            return None;
        }
        let own = best(&self.sense, &sheet.sense, 0);
        if self.believes(own) {
            return Some(CANDIDATES[own]);
        }
        let of_sheet = best(&sheet.sense, &self.sense, 0);
        let agrees = self.sense[of_sheet] >= 1 && self.sense[of_sheet] * 2 >= self.unexplained;
        (sheet.believes(of_sheet) && agrees).then_some(CANDIDATES[of_sheet])
    }

    fn believes(&self, candidate: usize) -> bool {
        let (tenths, sense) = (if candidate == 0 { 5 } else { 7 }, self.sense[candidate]);
        self.firm[candidate] >= NEEDED[candidate] && sense * 10 >= self.unexplained * tenths
    }

    /// The encoding of bytes that are no UTF-8.
    fn of_bytes(&self, sheet: &Weights) -> Charset {
        let own = best(&self.raw_sense, &sheet.raw_sense, 1);
        let count = self.raw_sense[own];
        if self.western >= count && self.western_same[own] == count && self.western > 0 {
            return Charset::Windows1252;
        }
        if count > 0 && count * 2 >= self.raw {
            return CANDIDATES[own];
        }
        let of_sheet = best(&sheet.raw_sense, &self.raw_sense, 1);
        if sheet.raw_sense[of_sheet] * 2 >= sheet.raw && sheet.raw_sense[of_sheet] > 0 {
            return CANDIDATES[of_sheet];
        }
        Charset::Windows1252
    }
}

/// The candidate, from a first one on, with the highest count; on a tie the one that the other
/// counts favour, or else the likelier.
fn best(counts: &Counts, then: &Counts, first: usize) -> usize {
    let mut best = first;
    for at in first + 1..CANDIDATES.len() {
        if (counts[at], then[at]) > (counts[best], then[best]) {
            best = at;
        }
    }
    best
}

/// Weighs the words of a column as its cells come.
#[derive(Debug, Default)]
pub(super) struct Scales {
    seen: HashSet<String>,
    pub(super) weights: Weights,
}

impl Scales {
    /// Whether words were weighed.
    pub(super) fn is_begun(&self) -> bool {
        !self.seen.is_empty()
    }

    /// Whether no more words are weighed.
    pub(super) fn is_full(&self) -> bool {
        self.seen.len() >= MOST_WORDS
    }

    pub(super) fn weigh(&mut self, cell: &str) {
        for word in words(cell).filter(|word| is_telling(word)) {
            if word.len() <= 100 && !self.is_full() && !self.seen.contains(word) {
                self.seen.insert(word.to_owned());
                self.weights.weigh(word);
            }
        }
    }
}

impl Weights {
    fn weigh(&mut self, word: &str) {
        let has_bytes = has_bytes(word);
        self.with_bytes += u32::from(has_bytes);
        if has_bytes || !is_plausible(word) {
            self.raw += 1;
            let western = sense(word, Charset::Windows1252, true);
            self.western += u32::from(western.is_some());
            for (at, candidate) in CANDIDATES.into_iter().enumerate().skip(1) {
                let Some(decoded) = sense(word, candidate, true) else { continue };
                self.raw_sense[at] += 1;
                let same = western.as_ref().is_some_and(|western| western.text == decoded.text);
                self.western_same[at] += u32::from(same);
            }
        }
        if has_bytes {
            return;
        }
        self.unicode += u32::from(is_plausible(word));
        if is_vietnamese(word, false) {
            return;
        }
        self.unexplained += 1;
        for (at, candidate) in CANDIDATES.into_iter().enumerate() {
            if sense(word, candidate, false).is_some() {
                self.sense[at] += 1;
                self.firm[at] += u32::from(is_evidence(word));
            }
        }
    }
}
