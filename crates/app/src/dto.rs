//! What crosses the door between the core and the window.
//!
//! Ids are strings, times are milliseconds since 1970 UTC, dates are `YYYY-MM-DD`, and amounts are
//! whole minor units (cents) with an ISO 4217 code. `cargo test -p app` writes the TypeScript twins
//! of these types to `ui/bindings`; they are committed, and a test fails when they are stale.

mod access;
mod deals;
mod engagement;
mod history;
mod import;
mod language;
mod notices;
mod people;
mod pinned;
mod registrations;
mod room;
mod search;
mod start;
mod sync;
mod trip;

pub use access::*;
pub use deals::*;
pub use engagement::*;
pub use history::*;
pub use import::*;
pub use language::*;
pub use notices::*;
pub use people::*;
pub use pinned::*;
pub use registrations::*;
pub use room::*;
pub use search::*;
pub use start::*;
pub use sync::*;
pub use trip::*;
