//! The `cuulong` command.
fn main() {}
