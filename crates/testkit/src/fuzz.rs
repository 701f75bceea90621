//! Drives a parser with inputs bent out of good ones, for a bounded time.
//!
//! The time is a second, or what `CUULONG_FUZZ_SECONDS` says. Crates below this one take the file by
//! its path, so it uses the standard library alone.

use std::time::{Duration, Instant};

/// Bytes that parsers stumble over.
const CHOICE: &[&[u8]] = &[
    b"",
    b"\0",
    b"\n",
    b"\r",
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\\",
    b"/",
    b"$",
    b"-",
    b"+",
    b".",
    b"e",
    b"0",
    b"9",
    b"-0",
    b"1e999",
    b"9223372036854775808",
    b"18446744073709551616",
    b"NaN",
    b"inf",
    b"null",
    b"true",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xC4\x90",
    b"\xEC",
    b"\x81",
    b"\xEF\x9F\xAC",
    b"\xF0\x9F\x98\x80",
    b"\xCC\x81",
    b"\xC2\xA0",
    b"\xE2\x80\x8B",
    b" ",
    b"=",
    b"#",
    b":",
    b"T",
    b"Z",
    b"<",
    b">",
    b"%s",
    b"\x7F",
];

/// The longest input.
const LONGEST: usize = 4096;

/// Calls `parse` with good inputs and with mutations of them until the time is over; `parse` panics
/// where the parser does, or where what it answers cannot be. Tells how often it was called.
pub fn fuzz(seeds: &[&[u8]], mut parse: impl FnMut(&[u8])) -> u64 {
    let seconds =
        std::env::var("CUULONG_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut pick = Pick(0x9E37_79B9_7F4A_7C15);
    let mut pool: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    let mut calls = 0;
    for seed in seeds {
        parse(seed);
        calls += 1;
    }
    while Instant::now() < end {
        for _ in 0..16 {
            let at = pick.below(pool.len());
            let mut input = pool[at].clone();
            for _ in 0..=pick.below(4) {
                bend(&mut input, &pool, &mut pick);
            }
            input.truncate(LONGEST);
            parse(&input);
            calls += 1;
            // Some are bent further: what is two steps away from a good input is reached too.
            if pick.below(64) == 0 {
                let place = seeds.len() + pick.below(256);
                if place < pool.len() { pool[place] = input } else { pool.push(input) }
            }
        }
    }
    calls
}

/// The same for a parser of text.
pub fn fuzz_text(seeds: &[&str], mut parse: impl FnMut(&str)) -> u64 {
    let seeds: Vec<&[u8]> = seeds.iter().map(|seed| seed.as_bytes()).collect();
    fuzz(&seeds, |input| parse(&String::from_utf8_lossy(input)))
}

fn bend(input: &mut Vec<u8>, pool: &[Vec<u8>], pick: &mut Pick) {
    let at = pick.below(input.len() + 1);
    match pick.below(7) {
        0 if !input.is_empty() => {
            let at = at.min(input.len() - 1);
            input[at] ^= 1 << pick.below(8);
        }
        1 => {
            input.splice(at..at, CHOICE[pick.below(CHOICE.len())].iter().copied());
        }
        2 => {
            let end = (at + pick.below(16)).min(input.len());
            input.drain(at..end);
        }
        3 => {
            let end = (at + pick.below(64)).min(input.len());
            let part = input[at..end].to_vec();
            input.splice(at..at, part);
        }
        4 => {
            let other = &pool[pick.below(pool.len())];
            input.truncate(at);
            input.extend_from_slice(&other[pick.below(other.len() + 1)..]);
        }
        5 => {
            // A part many times over: nesting and lengths.
            let end = (at + 1 + pick.below(4)).min(input.len());
            let part = input[at..end].repeat(1 + pick.below(200));
            input.splice(at..at, part);
        }
        _ => input.truncate(at),
    }
}

/// The same choices in every run.
struct Pick(u64);

impl Pick {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(usize::MAX) % limit.max(1)
    }
}
