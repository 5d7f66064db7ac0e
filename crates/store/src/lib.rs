//! The encrypted file that a desktop keeps of each joined program.
//!
//! A [`Store`] holds three things: the rows this device may see, in typed tables that windows are
//! read from ([`query`]); the outbox of what was done here, sealed onto the device's chain; and the
//! refusals that wait for a decision.
//!
//! A mutation is [committed](Store::commit) by applying it here at once and queueing it. What comes
//! from the hub is [taken in](Store::apply_delta) in one transaction: pending mutations it concerns
//! are undone, the hub's rows written, and the rest run again on top. Whoever reads sees the state
//! before or after, never one between. Every commit is announced on [`Store::changes`].
//!
//! There is one connection that writes. Files, their schema and its rules are in
//! `migrations/desktop`.

mod access;
mod bulk;
mod change;
mod deals;
mod delta;
mod device;
mod discard;
mod error;
mod find;
mod integrity;
mod journal;
mod key;
mod lease;
mod local;
mod meta;
mod newer;
mod open;
mod outbox;
pub mod query;
mod rebase;
mod rows;
mod salvage;
mod schema;
#[cfg(feature = "sim")]
pub mod sim;
mod store;
mod tables;
mod tray;
mod tx;

pub use change::{Change, KEYS_MAX};
pub use delta::Applied;
pub use device::{DeviceFile, JoinedProgram};
pub use discard::DiscardedItem;
pub use error::{Code, CommitError, StoreError};
pub use key::{FileKey, Identity};
pub use outbox::Committed;
pub use salvage::{Salvage, salvage};
pub use store::Store;
pub use tray::{Counts, Item, RefusedItem};
