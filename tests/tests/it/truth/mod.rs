//! One truth: whoever asks, through whichever protocol, hears the same values, or the same nothing.
//!
//! Random data of every kind and access class are handed in (the seed is printed; `CUULONG_TEST_SEED`
//! brings a failure back), everybody asks the same questions through every protocol, and the answers
//! are compared with what was handed in, with each other, and with what they were before.

mod ask;
mod hidden;
mod pinned;
mod readers;
mod routes;
mod values;
mod world;
