//! The program `cerebrate`.

fn main() {}
