//! The line between a device and its hubs.
//!
//! [`dial`] opens connections: over the network (websocket, long poll where a proxy refuses that), or
//! over memory to a hub in the same process. [`link`] drives one [`protocol::client::Client`] a joined
//! program: it owns sockets, timers and the order of store and network, and no rules. [`entry`] speaks
//! to a hub before there is a program: looking at and taking invitations.

pub mod dial;
pub mod entry;
pub mod line;
pub mod link;
mod poll;
mod segments;
mod websocket;

pub use dial::{Dial, DialError};
pub use link::{Link, LinkStatus};
pub use segments::FirstCatchUp;
