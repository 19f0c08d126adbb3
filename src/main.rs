//! The binary: which name was I called by.

fn main() {}
