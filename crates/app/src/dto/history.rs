//! What fields were before, and what was overwritten unseen.

use super::{Money, OwnerSideName, Person, StageName};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Fields of deals and milestones that are changed one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FieldName {
    /// Title of a deal or milestone.
    Title,
    /// Amount.
    Amount,
    /// Target close date.
    CloseDate,
    /// Stage.
    Stage,
    /// What the customer needs.
    Need,
    /// Customer.
    Customer,
    /// Product.
    Product,
    /// Region.
    Region,
    /// Contact at the customer.
    Contact,
    /// DUNS number of the customer.
    Duns,
    /// Whether it is a public tender.
    Tender,
    /// Why it was lost.
    LostReason,
    /// Owner of a milestone.
    Owner,
    /// Due date of a milestone.
    Due,
    /// Done-condition of a milestone.
    DoneCondition,
}

/// A value of a field, as the window words it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum FieldValue {
    /// Text; may be empty.
    Text {
        /// The text.
        text: String,
    },
    /// An amount.
    Money {
        /// The amount.
        money: Money,
    },
    /// A day, or none.
    Day {
        /// The day.
        day: Option<String>,
    },
    /// A stage.
    Stage {
        /// The stage.
        stage: StageName,
    },
    /// An owner.
    Owner {
        /// The side.
        side: OwnerSideName,
        /// A person of it.
        person: Option<Person>,
    },
}

/// One of the two values of an overwritten field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FieldSide {
    /// Who wrote it.
    pub person: Person,
    /// When: hub time; for one's own, this device's time when it was made here.
    pub at: Option<f64>,
    /// The value.
    pub value: FieldValue,
}

/// A field in which one's own value and somebody else's met without either having been seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OverwrittenField {
    /// Id of the change that overwrote.
    pub id: String,
    /// Deal.
    pub deal: String,
    /// Its title.
    pub deal_title: String,
    /// The milestone, when it is a field of one.
    pub milestone: Option<String>,
    /// Its title.
    pub milestone_title: Option<String>,
    /// The field.
    pub field: FieldName,
    /// The value of the member of this device.
    pub mine: FieldSide,
    /// The other value.
    pub theirs: FieldSide,
    /// Whether one's own is what the deal has now.
    pub mine_stands: bool,
}

/// Argument of `overwritten_keep`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OverwrittenKeep {
    /// Program.
    pub program: String,
    /// [`OverwrittenField::id`].
    pub id: String,
    /// True for one's own value.
    pub mine: bool,
}

/// One change of a field, for its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FieldChangeRow {
    /// Id; handed back to `field_restore`.
    pub id: String,
    /// The field.
    pub field: FieldName,
    /// The milestone, when it is a field of one.
    pub milestone: Option<String>,
    /// Its title; none once it was removed.
    pub milestone_title: Option<String>,
    /// Who changed it.
    pub by: Person,
    /// When, hub time.
    pub at: f64,
    /// What was there before.
    pub was: FieldValue,
    /// What was there from then on.
    pub now: FieldValue,
    /// Whether whoever changed it had not seen what was there.
    pub unseen: bool,
    /// Whether what was there before can be put back now.
    pub restorable: bool,
}
