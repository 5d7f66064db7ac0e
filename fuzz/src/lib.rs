//! The bodies of the fuzz targets. `tests/fuzz.rs` runs the same functions with a mutator of its own.

#[cfg(feature = "whole")]
pub mod whole;
pub mod wire;
