//! The rules of engagement: what they say, what they find, and what would change.

use super::{Person, SyncMark};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a registration is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CheckName {
    /// A customer of the vendor.
    ExistingCustomer,
    /// The vendor works an opportunity there.
    OpenOpportunity,
    /// A named account of the vendor.
    NamedAccount,
    /// A public tender.
    PublicTender,
    /// Another partner's registration of what seems to be the same customer.
    OtherRegistration,
}

/// What follows from a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EffectName {
    /// It is not looked for.
    Off,
    /// Both sides see it, and the vendor decides.
    Note,
    /// Held until the vendor decides.
    Hold,
    /// Rejected at once.
    Reject,
}

/// By what two companies are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MatchKeyName {
    /// Registrable domain.
    Domain,
    /// DUNS number.
    Duns,
    /// Domain of a contact's e-mail address.
    Email,
    /// Legal name and country.
    Name,
}

/// What a company on the vendor's list is to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RelationName {
    /// Nothing yet.
    Prospect,
    /// Somebody works an opportunity there.
    OpenOpportunity,
    /// A customer.
    Customer,
}

/// What follows from a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CheckRule {
    /// The check.
    pub check: CheckName,
    /// What follows.
    pub effect: EffectName,
}

/// What the rules say. Shares and scores are in basis points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TermsForm {
    /// Days of protection an approval gives.
    pub protection_days: u32,
    /// Business days in which the vendor promises a decision.
    pub decision_days: u32,
    /// Share proposed for whoever registers second.
    pub second_share: u32,
    /// Days after its last activity in which the vendor's own opportunity counts as open.
    pub activity_days: u32,
    /// From which score on two companies count as one.
    pub same_from: u32,
    /// What the same domain counts.
    pub domain: u32,
    /// What the same DUNS number counts.
    pub duns: u32,
    /// What the domain of a contact's address counts.
    pub email: u32,
    /// What the same legal name and country count.
    pub name: u32,
    /// What follows from each check, every check once.
    pub checks: Vec<CheckRule>,
}

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesVersion {
    /// Its number; 1 is what the program was founded with.
    pub version: u32,
    /// What it says.
    pub terms: TermsForm,
    /// What was different, as its author put it; empty for the first.
    pub note: String,
    /// Who published it; none for the first.
    pub published_by: Option<Person>,
    /// When.
    pub published_at: Option<f64>,
}

/// Answer of `rules`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesPage {
    /// Name of the vendor.
    pub vendor_name: String,
    /// All versions, the one in force first.
    pub versions: Vec<RulesVersion>,
    /// Whether I may publish.
    pub may_publish: bool,
    /// How far my own latest version has travelled.
    pub mark: SyncMark,
}

/// Argument of `rules_publish`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesPublish {
    /// Program.
    pub program: String,
    /// The version in force that these rules change: somebody else's newer one is not written over.
    pub from: u32,
    /// What they say.
    pub terms: TermsForm,
    /// What is different and why.
    pub note: String,
}

/// Argument of `rules_replay`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesReplay {
    /// Program.
    pub program: String,
    /// The rules to try.
    pub terms: TermsForm,
}

/// What would have been different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Replay {
    /// Registrations that there are.
    pub total: u32,
    /// Of those how many were tried, the latest ones.
    pub tried: u32,
    /// Those that would have come out differently, the latest first; at most a hundred.
    pub changes: Vec<ReplayChange>,
    /// How many would have come out differently.
    pub changed: u32,
}

/// A registration that would have come out differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReplayChange {
    /// Deal.
    pub deal: String,
    /// Its title.
    pub title: String,
    /// Customer.
    pub customer: String,
    /// Who registered it.
    pub partner_name: String,
    /// What the rules in force make of it.
    pub before: Course,
    /// What the others would.
    pub after: Course,
    /// Why: the check of whichever is stricter.
    pub check: Option<CheckName>,
}

/// One thing the rules found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HitView {
    /// What.
    pub check: CheckName,
    /// By what of the customer; none for what the registration says itself.
    pub key: Option<MatchKeyName>,
    /// How sure, in basis points.
    pub score: u32,
    /// What follows.
    pub effect: EffectName,
}

/// What the rules found when a registration arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FindingView {
    /// The version of the rules.
    pub version: u32,
    /// What was found.
    pub hits: Vec<HitView>,
}

/// Argument of `rules_check`: a registration as it is being written.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RulesCheck {
    /// Program.
    pub program: String,
    /// The draft, when there is one already.
    pub deal: Option<String>,
    /// Customer as typed.
    pub customer: String,
    /// Domain as typed.
    pub domain: String,
    /// Country as typed.
    pub country: String,
    /// Product; the first of the program when empty.
    pub product: String,
    /// Region; the first of the program when empty.
    pub region: String,
    /// E-mail address of a contact as typed.
    pub contact: String,
    /// DUNS number as typed.
    pub duns: String,
    /// A public tender.
    pub tender: bool,
}

/// What the rules make of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Course {
    /// It goes to the vendor, who decides.
    Goes,
    /// Held until the vendor decides.
    Held,
    /// Rejected at once.
    Rejected,
}

/// Answer of `rules_check`, as far as this device knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Checked {
    /// The version of the rules.
    pub version: u32,
    /// What would become of it.
    pub course: Course,
    /// What my company has registered already, instead.
    pub duplicate: Option<DuplicateOf>,
    /// What the rules find.
    pub hits: Vec<HitView>,
}

/// A registration that is there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DuplicateOf {
    /// Deal.
    pub deal: String,
    /// Its title.
    pub title: String,
}

/// An account or a deal that is taken for the same customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Evidence {
    /// The deal, or none for an account on the list.
    pub deal: Option<String>,
    /// Name of the company.
    pub name: String,
    /// Its domain.
    pub domain: String,
    /// Who looks after it, or who registered it.
    pub by: String,
    /// What it is to the vendor, for an account.
    pub relation: Option<RelationName>,
    /// A named account.
    pub named: bool,
    /// Last activity on the vendor's opportunity.
    pub active_on: Option<String>,
    /// By what.
    pub key: MatchKeyName,
    /// How sure, in basis points.
    pub score: u32,
}

/// Argument of `account_mark`: what an account on the vendor's list is to the vendor.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AccountMark {
    /// Program.
    pub program: String,
    /// Account.
    pub account: String,
    /// What it is.
    pub relation: RelationName,
    /// Whether it is a named account.
    pub named: bool,
}
