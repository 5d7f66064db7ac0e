//! What is stored: one struct per kind of row. Field numbers are append-only.

mod deals;
mod engagement;
mod people;
mod put_away;
mod registrations;
mod rooms;

pub use deals::*;
pub use engagement::*;
pub use people::*;
pub use put_away::*;
pub use registrations::*;
pub use rooms::*;
