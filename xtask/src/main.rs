//! The tasks of the house, run as `cargo xtask`.

fn main() {}
