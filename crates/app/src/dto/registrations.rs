//! Registrations: where they stand, what was said about them, what may be done.

use super::{FindingView, Person};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a registration stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RegistrationStatus {
    /// Being written, seen by one's own organization only.
    Draft,
    /// With the vendor.
    Submitted,
    /// The vendor is looking at it.
    InReview,
    /// The vendor asked something.
    ActionRequired,
    /// Held because of a conflict.
    ConflictHold,
    /// Protected until a date.
    Approved,
    /// Protected at a share.
    Shared,
    /// Protected until a request for longer protection is answered.
    ExtensionRequested,
    /// No longer protected.
    Expired,
    /// Taken on by the vendor as an opportunity.
    Converted,
    /// Won.
    Won,
    /// Lost.
    Lost,
    /// Refused by a rule, with evidence.
    Rejected,
    /// Rejected, and to be decided again.
    Appealed,
    /// The same organization already has it.
    Duplicate,
    /// Taken back by the partner.
    Withdrawn,
}

/// What can be done to a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RegistrationAction {
    /// Send it to the vendor, for the first time or again.
    Submit,
    /// Say "I am looking at it".
    Review,
    /// Ask the partner something.
    Ask,
    /// Answer the vendor.
    Answer,
    /// Protect it.
    Approve,
    /// Reject it.
    Reject,
    /// Hold it because of a conflict.
    Hold,
    /// Protect it at a share.
    Share,
    /// Take it back.
    Withdraw,
    /// Take it on as an opportunity.
    Convert,
    /// Ask for longer protection.
    RequestExtension,
    /// Grant that.
    GrantExtension,
    /// Refuse that.
    RefuseExtension,
    /// Appeal against the rejection.
    Appeal,
}

/// Something that somebody said about a registration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Said {
    /// What.
    pub text: String,
    /// Who.
    pub by: Person,
    /// When, milliseconds since 1970.
    pub at: f64,
}

/// A request for longer protection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExtensionView {
    /// The last day it would last.
    pub until: String,
    /// Why, by whom.
    pub reason: Said,
    /// When the vendor should have answered by.
    pub due: Option<f64>,
    /// Whether it was granted; none while it is open.
    pub granted: Option<bool>,
    /// The answer; its text is empty when it was granted without one.
    pub answer: Option<Said>,
}

/// A part of a customer that several registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SplitView {
    /// In basis points.
    pub basis_points: u32,
    /// Why so much.
    pub evidence: String,
}

/// Where a registration stands, and what was said about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RegistrationView {
    /// When it was submitted.
    pub submitted_at: Option<f64>,
    /// When the vendor should have decided by.
    pub decision_due: Option<f64>,
    /// Who decided.
    pub decided_by: Option<Person>,
    /// When.
    pub decided_at: Option<f64>,
    /// Protection ends.
    pub protected_until: Option<String>,
    /// Rule a rejection cites.
    pub rejection_rule: Option<String>,
    /// Evidence a rejection gives.
    pub rejection_evidence: Option<String>,
    /// What the vendor asked last.
    pub question: Option<Said>,
    /// What the partner answered.
    pub answer: Option<Said>,
    /// Why it is held.
    pub hold: Option<Said>,
    /// How it is shared.
    pub split: Option<SplitView>,
    /// The last request for longer protection.
    pub extension: Option<ExtensionView>,
    /// The appeal.
    pub appeal: Option<Said>,
    /// When the vendor took it on.
    pub converted_at: Option<f64>,
    /// What the rules of engagement found when it arrived.
    pub finding: Option<FindingView>,
    /// The version of the rules at the last decision.
    pub decided_by_rules: Option<u32>,
    /// The share the rules propose for whoever registers second, in basis points.
    pub second_share: u32,
    /// Days by which one request can extend the protection at most.
    pub protection_days: u32,
    /// What I may do now, for buttons and keys.
    pub may: Vec<RegistrationAction>,
}

/// Argument of the commands that say something about a registration: `registration_ask`,
/// `registration_answer`, `registration_appeal`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RegistrationSay {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// What is said; the other side reads it.
    pub text: String,
}

/// Argument of `registration_decide`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RegistrationDecide {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// The decision.
    pub decision: DecisionForm,
}

/// What a vendor decides. The partner reads the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[ts(export)]
pub enum DecisionForm {
    /// Protected from now on.
    Approve,
    /// Rejected.
    Reject {
        /// The rule.
        rule: RejectionRule,
        /// How one can see that it applies.
        evidence: String,
    },
    /// Held because of a conflict.
    Hold {
        /// With what.
        evidence: String,
    },
    /// Protected at a share.
    Share {
        /// In basis points, from 1 to 9,999.
        basis_points: u32,
        /// Why so much.
        evidence: String,
    },
}

/// Rules a rejection can cite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RejectionRule {
    /// Already a customer of the vendor for this product.
    ExistingCustomer,
    /// The vendor already works this opportunity.
    OpenOpportunity,
    /// On the named-account list.
    NamedAccount,
    /// A public tender.
    PublicTender,
    /// Not enough to go on.
    NotQualified,
    /// Another partner's registration protects the same customer.
    OtherRegistration,
}

/// Argument of `extension_request`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExtensionRequest {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// The last day it would last.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// Argument of `extension_decide`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExtensionDecide {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Whether it lasts longer.
    pub granted: bool,
    /// Why not; may be empty when it is granted.
    pub evidence: String,
}
