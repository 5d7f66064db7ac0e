//! The deal room: chat and the mutual action plan.

use super::{Court, Person, SyncMark};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Argument of `room_window`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RoomQuery {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Only messages before this position; none for the newest.
    pub before: Option<f64>,
    /// Messages to return, at most 200.
    pub limit: u32,
}

/// A window of a room, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RoomWindow {
    /// The messages.
    pub messages: Vec<MessageRow>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// First position I have not read, when there is one in the room.
    pub unread_from: Option<f64>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MessageRow {
    /// Id.
    pub id: String,
    /// Who wrote it.
    pub author: Person,
    /// True when this device's member wrote it.
    pub mine: bool,
    /// Text; line breaks matter, nothing else is markup.
    pub body: String,
    /// Message it answers.
    pub reply_to: Option<ReplyPreview>,
    /// Position in the room given by the hub; waiting messages come after all others.
    pub position: Option<f64>,
    /// When it was written: hub time, or this device's time while it waits.
    pub at: f64,
    /// How far it has travelled.
    pub mark: SyncMark,
}

/// The start of an answered message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReplyPreview {
    /// Id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// Its first 120 characters.
    pub text: String,
}

/// What is being written in a room; argument of `draft_keep`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Draft {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// The text so far.
    pub text: String,
    /// The message it answers.
    pub reply: Option<ReplyPreview>,
}

/// Argument of `message_send`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MessageSend {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Id of the message, a UUIDv7 of the window: it shows the message before it is saved. Without one,
    /// one is made.
    #[ts(optional)]
    pub message: Option<String>,
    /// Text, 1 to 8,000 characters.
    pub body: String,
    /// Message it answers.
    pub reply_to: Option<String>,
}

/// Argument of `room_read`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RoomRead {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Last position seen.
    pub position: f64,
}

/// Answer of `plan_get`: the mutual action plan of a deal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ActionPlanView {
    /// Day the customer goes live.
    pub go_live: Option<String>,
    /// In order.
    pub milestones: Vec<MilestoneRow>,
    /// How many are done.
    pub done: u32,
}

/// One milestone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MilestoneRow {
    /// Id.
    pub id: String,
    /// What has to be reached.
    pub title: String,
    /// Who owns it, seen from here.
    pub owner: Court,
    /// Owning side as stored.
    pub owner_side: OwnerSideName,
    /// Person who owns it.
    pub owner_person: Option<Person>,
    /// Due date.
    pub due: Option<String>,
    /// Whole days until due by this device's calendar; negative when overdue.
    pub days_left: Option<i32>,
    /// What makes it done.
    pub done_condition: String,
    /// Up to which change of it this shows; handed back as [`MilestoneEdit::base`].
    pub rev: f64,
    /// When it was done.
    pub done_at: Option<f64>,
    /// Who ticked it.
    pub done_by: Option<Person>,
    /// How far the latest change has travelled.
    pub mark: SyncMark,
}

/// The three sides that can own a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OwnerSideName {
    /// The vendor.
    Vendor,
    /// The partner.
    Partner,
    /// The customer.
    Customer,
}

/// Argument of `plan_schedule`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PlanSchedule {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Day the customer goes live; none clears it.
    pub go_live: Option<String>,
}

/// Who owns a milestone: a side, and a person of it when one is named.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MilestoneOwner {
    /// Owning side.
    pub side: OwnerSideName,
    /// Member of that side.
    pub person: Option<String>,
}

/// Argument of `milestone_add`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MilestoneForm {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Title, 1 to 200 characters.
    pub title: String,
    /// Owner.
    pub owner: MilestoneOwner,
    /// Due date.
    pub due: Option<String>,
    /// What makes it done.
    pub done_condition: String,
}

/// Argument of `milestone_edit`: only what is set changes.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MilestoneEdit {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Milestone.
    pub milestone: String,
    /// [`MilestoneRow::rev`] of what the person saw while changing it.
    pub base: f64,
    /// New title.
    pub title: Option<String>,
    /// New owner.
    pub owner: Option<MilestoneOwner>,
    /// New due date; empty text clears it.
    pub due: Option<String>,
    /// New done-condition.
    pub done_condition: Option<String>,
}

/// Argument of `milestone_complete`, `milestone_reopen` and `milestone_remove`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MilestoneOf {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Milestone.
    pub milestone: String,
}
