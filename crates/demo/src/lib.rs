//! The demo world: one vendor, six partners, sixty deals, twelve live rooms.
//!
//! Its content is written by hand in `content/` and becomes a program by the same way as everybody's
//! work: people are invited and join, and what they did in eighteen months is a list of mutations that
//! their devices sign and a hub decides ([`world`]). The only privilege of a demo program is that its
//! hub believes the devices when something happened.

mod author;
pub mod content;
mod embedded;
pub mod world;

pub use embedded::{Embedded, enrol, now};
