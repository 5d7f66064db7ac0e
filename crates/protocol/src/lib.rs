//! How devices and hubs talk: frames, sealed mutations, and the two machines without I/O.
//!
//! * [`frame`]: what travels, in which limits.
//! * [`seal`]: the signed hash chain that every device keeps of its own mutations.
//! * [`sequencer`]: the hub's side, one machine a program: admits, authorises, orders, answers.
//! * [`client`]: the device's side: connects, sends the outbox, applies what comes.
//! * [`link`]: invitation links.
//! * [`segment`]: many rows in one compressed piece, for a device that has nothing.
//! * [`bootstrap`]: the order in which a device fetches segments and takes them in.
//! * [`repeats`]: ids that repeat on a connection, in two bytes; [`brief`]: pushes in fewer.
//!
//! Both machines are driven as `step(now, event) -> effects`. They never read a clock, a socket or a
//! disk, so that a seeded scheduler can run whole worlds of them.

pub mod bootstrap;
pub mod brief;
pub mod client;
pub mod frame;
pub mod lease;
pub mod link;
pub mod repeats;
pub mod seal;
pub mod segment;
pub mod sequencer;

#[cfg(test)]
mod tests;
