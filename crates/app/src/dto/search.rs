//! Finding things by what is written in them.

use super::{Lens, Person};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Argument of `search`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchQuery {
    /// What was typed: words, `"phrases"` and filters like `from:orla`.
    pub text: String,
    /// The lens.
    pub lens: Lens,
    /// Best first, with the last word finished; otherwise newest first, as one types.
    pub ranked: bool,
    /// Hits to return, at most 500.
    pub limit: u32,
}

/// Argument of `search_remember`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchText {
    /// What was looked for.
    pub text: String,
}

/// Answer of `search`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchAnswer {
    /// The first hits.
    pub hits: Vec<SearchHit>,
    /// How many there are, as far as they were counted.
    pub count: u32,
    /// There are more than were counted.
    pub more: bool,
    /// The filters that were typed, in order.
    pub filters: Vec<SearchFilter>,
    /// What is still being indexed, and cannot be found yet.
    pub indexing: Option<Indexing>,
}

/// How far the index is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Indexing {
    /// Rows that are not indexed yet.
    pub left: f64,
    /// Rows there are.
    pub all: f64,
}

/// A filter that was typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchFilter {
    /// `from`, `in`, `has`, `kind`, `before`, `after` or `on`.
    pub name: String,
    /// What was typed after the colon.
    pub value: String,
    /// First day meant, for one that names days.
    pub first: Option<String>,
    /// Last day meant.
    pub last: Option<String>,
    /// Whether it was understood, and narrows.
    pub understood: bool,
    /// Where it begins in the text, in UTF-16 units.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SearchKind {
    /// A message in a room.
    Message,
    /// A deal.
    Deal,
    /// A customer account.
    Account,
    /// A company of the program.
    Company,
    /// A person.
    Person,
    /// A milestone of an action plan.
    Milestone,
}

/// Text with what was looked for marked in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Marked {
    /// The text; nothing in it is markup.
    pub text: String,
    /// Starts and ends of marks in UTF-16 units, in order.
    pub marks: Vec<(u32, u32)>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SearchHit {
    /// What it is.
    pub kind: SearchKind,
    /// Program it belongs to.
    pub program: String,
    /// Id of the object.
    pub id: String,
    /// Its deal, for a message, a milestone and the deal itself.
    pub deal: Option<String>,
    /// Title of that deal.
    pub deal_title: String,
    /// Title or name; empty for a message.
    pub title: Marked,
    /// The piece of the text that has what was looked for.
    pub text: Marked,
    /// Who wrote or registered it.
    pub author: Option<Person>,
    /// When.
    pub at: f64,
    /// Where a message stands in its room.
    pub position: Option<f64>,
}
