//! Settings › Sync: the line, what waits, what needs the person.

use super::{Connection, Money, OverwrittenField, StageName};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer of `sync_status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SyncStatus {
    /// One entry a program.
    pub programs: Vec<ProgramSync>,
    /// Sum of waiting changes.
    pub waiting: u32,
    /// Sum of refused changes and overwritten fields that need a decision by the person.
    pub needs_you: u32,
    /// Worst connection of all programs, for the dot in the sidebar.
    pub connection: Connection,
    /// Whether the person asked to stay off the network.
    pub work_offline: bool,
}

/// Sync of one program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProgramSync {
    /// Program.
    pub program: String,
    /// Its name.
    pub name: String,
    /// Hub host.
    pub hub: String,
    /// The line.
    pub connection: Connection,
    /// When it was last caught up.
    pub synced_at: Option<f64>,
    /// When the next attempt is made.
    pub retry_at: Option<f64>,
    /// Why it is not online, a sentence.
    pub message: Option<String>,
    /// How far a first catch-up is, while one is under way.
    pub first: Option<FirstCatchUp>,
    /// What waits, oldest first, at most 100.
    pub waiting: Vec<WaitingItem>,
    /// How many wait in all.
    pub waiting_total: u32,
    /// Refusals, oldest first.
    pub needs_you: Vec<RefusalItem>,
    /// Fields in which one's own value met another, latest first.
    pub overwritten: Vec<OverwrittenField>,
    /// Refusals that were discarded in the last 30 days, latest first.
    pub discarded: Vec<DiscardedItem>,
}

/// A refused change that was discarded and can be put back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DiscardedItem {
    /// Its id among the refusals.
    pub id: String,
    /// What was tried, in words.
    pub title: String,
    /// When it was discarded, this device's time.
    pub at: f64,
    /// How many changes were parked behind it.
    pub parked: u32,
}

/// How far a first catch-up is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FirstCatchUp {
    /// Rows that are here.
    pub rows: f64,
    /// Rows in all.
    pub rows_total: f64,
    /// Bytes that were fetched.
    pub bytes: f64,
    /// Bytes in all.
    pub bytes_total: f64,
    /// Milliseconds until all is here, if it goes on as it went; `None` while nothing can be said.
    pub left_ms: Option<f64>,
}

/// A change that has not reached the hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WaitingItem {
    /// Outbox id.
    pub id: String,
    /// What it is, in words: "Message in Polder rollout".
    pub title: String,
    /// How it begins, which tells two of a kind apart; empty when its title says all.
    pub says: String,
    /// When it was made, this device's time.
    pub at: f64,
    /// True once it was handed to the line.
    pub sent: bool,
    /// Deal it belongs to, to open it.
    pub deal: Option<String>,
}

/// A change the hub refused, with what depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RefusalItem {
    /// Outbox id.
    pub id: String,
    /// What was tried, in words.
    pub title: String,
    /// Rule that refused it, for example `claim_taken`.
    pub rule: String,
    /// The rule in words, with what to do next.
    pub message: String,
    /// Evidence as label and value.
    pub evidence: Vec<EvidenceItem>,
    /// When it was refused, hub time.
    pub at: f64,
    /// Changes parked behind it.
    pub parked: Vec<WaitingItem>,
    /// Everything in it as text, for Copy.
    pub text: String,
    /// Deal it belongs to.
    pub deal: Option<String>,
    /// What Edit opens with; none when it cannot be edited.
    pub edit: Option<RefusedForm>,
    /// Whether somebody changed the same field in the meantime: trying again then means "mine after all".
    pub outrun: bool,
}

/// The values of a refused change, to be changed and sent again. Only what is set was in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum RefusedForm {
    /// A registration; its own form opens with it.
    Registration,
    /// A message.
    Message {
        /// Text.
        body: String,
    },
    /// A new milestone, or a change of one.
    Milestone {
        /// Title.
        title: Option<String>,
        /// Due date; empty for none.
        due: Option<String>,
        /// Done-condition.
        done_condition: Option<String>,
    },
    /// A change of a deal.
    Deal {
        /// Title.
        title: Option<String>,
        /// Amount.
        amount: Option<Money>,
        /// Target close date.
        close_date: Option<String>,
        /// Stage.
        stage: Option<StageName>,
        /// What the customer needs.
        need: Option<String>,
    },
}

/// Argument of `refusal_resend`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RefusalResend {
    /// Program.
    pub program: String,
    /// Id of the refusal.
    pub id: String,
    /// The values, of the same kind as [`RefusalItem::edit`].
    pub form: RefusedForm,
}

/// One line of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EvidenceItem {
    /// Label.
    pub label: String,
    /// Value.
    pub value: String,
}

/// Answer of `diagnostics_save` and of exports: where the file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SavedFile {
    /// Full path.
    pub path: String,
    /// Bytes.
    pub size: f64,
}
