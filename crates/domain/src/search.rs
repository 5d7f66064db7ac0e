//! Finding things by what is written in them: which words a text has, what somebody looks for, and how a
//! hit is shown.
//!
//! Words are made here and nowhere else, for the index and for the question alike, so that an index only
//! has to keep and compare them ([`text`]). A question is read by [`query`], days in it by [`day`]. What is
//! indexed of each kind of row is said in [`document`]; [`show`] cuts out what a hit shows, says which parts
//! of it to mark, and how well it answers.

pub mod day;
pub mod document;
pub mod query;
pub mod show;
pub mod text;

pub use document::{Document, Kind, document};
pub use query::{Asked, Filter, Has, Words, read};

/// Number of the rules by which words are made and documents put together. Has to grow when either
/// changes: an index of another number is made anew.
pub const VERSION: i64 = 1;
