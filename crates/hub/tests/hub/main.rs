//! Journeys over a real hub: its own server on port 0, frames on the wire, people with names.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that stops at the first surprise is a good test"
)]

mod abuse;
mod claims;
mod crash;
mod disk;
mod founding;
mod frames;
mod http;
mod isolation;
mod memory;
mod model;
mod people;
mod poll;
mod rooms;
mod schema;
mod segments;
mod sequencer;
mod support;
