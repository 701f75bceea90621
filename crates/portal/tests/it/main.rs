//! The portal's words, drawings and frame, as a reader sees them.

mod charts;
mod messages;
mod words;
