//! One of everything, with fixed ids.

mod changes;
mod things;

pub use changes::mutations;
pub use things::entities;
