//! Entities, mutations and rules of Lockstep.
//!
//! This crate is compiled into the desktop and into the hub, so that both run the same rules. It is
//! pure: no I/O, no clock, no randomness, no floats and no hash-map order. Whatever a rule needs is
//! declared by [`Mutate::reads`], handed in as [`Rows`], and answered as a list of [`RowChange`]s or
//! a [`Refusal`].
//!
//! Start reading at [`mutation`]: one struct per named change. [`entity`] holds what is stored,
//! [`scope`] who may see it, [`row`] how it travels.

pub mod claim;
pub mod codec;
pub mod company;
pub mod court;
pub mod date;
pub mod engagement;
pub mod entity;
pub mod id;
pub mod money;
pub mod mutation;
pub mod planted;
pub mod refusal;
pub mod registration;
pub mod row;
pub mod scope;
pub mod search;

pub use date::{Date, Timestamp};
pub use id::*;
pub use money::Money;
pub use mutation::{Actor, Context, Mode, Mutate, Mutation, Undo};
pub use refusal::{Refusal, Rule};
pub use row::{LookupKey, ReadSet, Row, RowChange, RowKey, Rows, Table};
pub use scope::ScopeId;

#[cfg(test)]
mod tests;
