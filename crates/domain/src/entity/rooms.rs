//! What is said in the room of a deal, and its plan.

use crate::codec::entity;
use crate::date::{Date, Timestamp};
use crate::id::*;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use uuid::Uuid;

entity! {
    /// A message in a deal room. Scope: deal.
    Message in Messages;
    /// The room.
    1 deal: DealId,
    /// Who wrote it.
    2 author: MemberId,
    /// Text.
    3 body: String,
    /// The message it answers.
    4 reply_to: Option<MessageId>,
    /// Position in the room, given by the hub; grows, with gaps.
    5 position: Option<u64>,
    /// When the hub received it; the device's claim while only local.
    6 at: Timestamp,
}

entity! {
    /// How far a member has read a room. Scope: person. Its id is [`read_mark_id`].
    ReadMark in ReadMarks;
    /// The room.
    1 deal: DealId,
    /// Position of the last message read.
    2 position: u64,
}

/// The id of the read mark of `member` in the room of `deal`.
pub fn read_mark_id(deal: DealId, member: MemberId) -> Uuid {
    derived("read mark", &[deal.as_bytes(), member.as_bytes()])
}

entity! {
    /// The mutual action plan of a deal. Scope: deal. Its id is the [`DealId`].
    ActionPlan in ActionPlans;
    /// Day the customer goes live.
    1 go_live: Option<Date>,
}

/// Who owns a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum OwnerSide {
    /// The vendor.
    #[n(0)]
    Vendor,
    /// The partner.
    #[n(1)]
    Partner,
    /// The customer.
    #[n(2)]
    Customer,
}

/// Who ticked a milestone, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct DoneMark {
    /// Who.
    #[n(0)]
    pub by: MemberId,
    /// When: hub time; the device's claim while only local.
    #[n(1)]
    pub at: Timestamp,
}

entity! {
    /// One step of an action plan. Scope: deal.
    Milestone in Milestones;
    /// The deal whose plan it belongs to.
    1 deal: DealId,
    /// What has to be reached.
    2 title: String,
    /// Owning side.
    3 owner_side: OwnerSide,
    /// Person who owns it.
    4 owner: Option<MemberId>,
    /// Due date.
    5 due: Option<Date>,
    /// What makes it done.
    6 done_condition: String,
    /// Set when it is done.
    7 done: Option<DoneMark>,
    /// Sequence number of the last change of each patched field, by [`MilestoneField`] number.
    8 field_seq: BTreeMap<u8, u64>,
    /// Member who last patched each field.
    9 field_by: BTreeMap<u8, MemberId>,
    /// The tick that was taken back last, until it is ticked again.
    10 was_done: Option<DoneMark>,
}

/// Fields of a milestone that can be patched one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum MilestoneField {
    /// Title.
    #[n(0)]
    Title,
    /// Owning side and person.
    #[n(1)]
    Owner,
    /// Due date.
    #[n(2)]
    Due,
    /// Done-condition.
    #[n(3)]
    DoneCondition,
}
