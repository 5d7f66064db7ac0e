//! Today, deals, registration, accounts.

use super::{Counterpart, Court, Lens, Person, RegistrationStatus, RegistrationView, RelationName, Side};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whole minor units with an ISO 4217 code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Money {
    /// Minor units (cents); below 2^53.
    #[ts(type = "number")]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// How far a change made here has travelled. Nothing is shown for `Synced`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SyncMark {
    /// At the hub.
    Synced,
    /// Saved here, not yet sent.
    Queued,
    /// Sent, no answer yet.
    Sending,
    /// Waits for a decision by the other side.
    AwaitingDecision,
    /// Was refused or waits for something that was: see Needs you.
    NeedsYou,
}

/// Stages of a deal (AWS Partner Central names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StageName {
    /// Prospect.
    Prospect,
    /// Qualified.
    Qualified,
    /// Technical validation.
    TechnicalValidation,
    /// Business validation.
    BusinessValidation,
    /// Committed.
    Committed,
    /// Launched: won.
    Launched,
    /// Closed lost.
    ClosedLost,
}

/// Argument of `deal_list`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealQuery {
    /// The lens.
    pub lens: Lens,
    /// Words that title, customer or number must contain; empty for all.
    pub text: String,
    /// Only this stage.
    pub stage: Option<StageName>,
    /// Only deals where this side moves next.
    pub court: Option<Court>,
    /// Only this registration status.
    pub status: Option<RegistrationStatus>,
    /// False leaves out won, lost, rejected and withdrawn.
    pub include_closed: bool,
    /// Order.
    pub sort: DealSort,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// Order of the deal list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DealSort {
    /// Latest activity first.
    Activity,
    /// Next close date first.
    CloseDate,
    /// Largest amount first.
    Amount,
    /// Title, A to Z.
    Title,
}

/// A window of the deal list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealWindow {
    /// Rows that match, whatever the window.
    pub total: u32,
    /// Number of deals without any filter (tells "no deals yet" from "nothing matches").
    pub all: u32,
    /// Sum of amounts of all matching rows, per currency.
    pub sums: Vec<Money>,
    /// The window.
    pub rows: Vec<DealRow>,
}

/// One deal in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealRow {
    /// Program.
    pub program: String,
    /// Deal id.
    pub id: String,
    /// Number in the program, given by the hub; none while queued.
    pub number: Option<u32>,
    /// Title.
    pub title: String,
    /// Customer company.
    pub customer: String,
    /// Counterpart organization as seen from here.
    pub counterpart: String,
    /// Amount expected.
    pub amount: Money,
    /// Stage.
    pub stage: StageName,
    /// Registration.
    pub status: RegistrationStatus,
    /// Who moves next.
    pub court: Court,
    /// Why it is there: "Decide the registration", "3 d late: Security review".
    pub court_reason: String,
    /// Target close date.
    pub close_date: String,
    /// Last activity.
    pub activity_at: f64,
    /// Messages I have not read.
    pub unread: u32,
    /// How far the latest local change has travelled.
    pub mark: SyncMark,
    /// Whether anything in its room waits to be sent: the deal, a message, a step.
    pub waits: bool,
}

/// Answer of `deal_get`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealDetail {
    /// The list row.
    pub row: DealRow,
    /// Registrable domain of the customer.
    pub customer_domain: String,
    /// Country of the customer, ISO 3166-1 alpha-2.
    pub customer_country: String,
    /// Product.
    pub product: String,
    /// Sales region.
    pub region: String,
    /// What the customer needs.
    pub need: String,
    /// E-mail address of somebody at the customer; empty when unknown.
    pub contact: String,
    /// DUNS number of the customer; empty when unknown.
    pub duns: String,
    /// Whether it is a public tender.
    pub tender: bool,
    /// Why it was lost.
    pub lost_reason: Option<LostReasonName>,
    /// Who registered it.
    pub registered_by: Person,
    /// Partner organization name.
    pub partner_name: String,
    /// Partner organizations it is shared with besides that one.
    pub guests: Vec<Counterpart>,
    /// Vendor organization name.
    pub vendor_name: String,
    /// Where its registration stands, and what was said about it.
    pub registration: RegistrationView,
    /// What I may do now, for buttons and keys.
    pub may: DealMay,
    /// Side I am on in this deal.
    pub my_side: Side,
    /// People in the room: both organizations' members.
    pub people: Vec<Person>,
}

/// What the member may do with a deal now, besides [`RegistrationView::may`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealMay {
    /// Change fields.
    pub edit: bool,
    /// Move it to another stage, too.
    pub stage: bool,
    /// Write in the room.
    pub talk: bool,
    /// Change the action plan.
    pub plan: bool,
    /// Share it with another partner.
    pub share: bool,
    /// Take it back from a partner it was shared with.
    pub unshare: bool,
}

/// Argument of `deal_register`: five required fields (customer, domain, title, amount, close date).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealForm {
    /// Program.
    pub program: String,
    /// Set when a draft or a refused registration is edited.
    pub deal: Option<String>,
    /// Customer company. Required.
    pub customer: String,
    /// Web domain of the customer. Required.
    pub domain: String,
    /// Title. Required.
    pub title: String,
    /// Amount. Required.
    pub amount: Money,
    /// Target close date. Required.
    pub close_date: String,
    /// Country, ISO 3166-1 alpha-2; optional.
    pub country: String,
    /// Product; the program's default when empty.
    pub product: String,
    /// Region; the program's default when empty.
    pub region: String,
    /// What the customer needs; optional.
    pub need: String,
    /// E-mail address of somebody at the customer; optional.
    #[serde(default)]
    pub contact: String,
    /// DUNS number of the customer; optional.
    #[serde(default)]
    pub duns: String,
    /// Whether it is a public tender.
    #[serde(default)]
    pub tender: bool,
    /// True to send it to the vendor, false to keep a draft.
    pub submit: bool,
}

/// Why a deal was lost, named as AWS Partner Central names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LostReasonName {
    /// Customer Deficiency.
    CustomerDeficiency,
    /// Delay / Cancellation of Project.
    ProjectCancelled,
    /// Legal / Tax / Regulatory.
    Legal,
    /// Lost to Competitor - Google.
    CompetitorGoogle,
    /// Lost to Competitor - Microsoft.
    CompetitorMicrosoft,
    /// Lost to Competitor - SoftLayer.
    CompetitorSoftLayer,
    /// Lost to Competitor - VMWare.
    CompetitorVmware,
    /// Lost to Competitor - Other.
    CompetitorOther,
    /// No Opportunity.
    NoOpportunity,
    /// On Premises Deployment.
    OnPremises,
    /// Partner Gap.
    PartnerGap,
    /// Price.
    Price,
    /// Security / Compliance.
    Security,
    /// Technical Limitations.
    TechnicalLimitations,
    /// Customer Experience.
    CustomerExperience,
    /// Other.
    Other,
    /// People/Relationship/Governance.
    Relationship,
    /// Product/Technology.
    Product,
    /// Financial/Commercial.
    Commercial,
}

/// Argument of `deal_edit`: only what is set changes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealEdit {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// New title.
    pub title: Option<String>,
    /// New amount.
    pub amount: Option<Money>,
    /// New close date.
    pub close_date: Option<String>,
    /// New stage.
    pub stage: Option<StageName>,
    /// Why it is lost.
    #[serde(default)]
    pub lost_reason: Option<LostReasonName>,
    /// New need.
    pub need: Option<String>,
}

/// What the register form offers before anything is typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RegisterOptions {
    /// Products of the program.
    pub products: Vec<String>,
    /// Regions of the program.
    pub regions: Vec<String>,
    /// Currency proposed first.
    pub currency: String,
    /// Days of protection an approval gives.
    pub protection_days: u32,
    /// Business days in which the vendor promises a decision.
    pub decision_days: u32,
}

/// Argument of `deal_similar`, asked while typing.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SimilarQuery {
    /// Program.
    pub program: String,
    /// Customer as typed.
    pub customer: String,
    /// Domain as typed.
    pub domain: String,
}

/// A deal or account that may be the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Similar {
    /// The deal, or none for an account on file.
    pub deal: Option<String>,
    /// Title or account name.
    pub title: String,
    /// Customer company.
    pub customer: String,
    /// Domain.
    pub domain: String,
    /// Country of the account.
    pub country: String,
    /// Where that registration stands.
    pub status: Option<RegistrationStatus>,
    /// Why it is shown: "same domain", "similar name".
    pub reason: String,
}

/// Answer of `today`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Today {
    /// What waits for me, most pressing first.
    pub on_you: Vec<TodayItem>,
    /// What I wait for.
    pub they_owe_you: Vec<TodayItem>,
    /// On me, but due later than in seven days, and what was put away until later.
    pub later: Vec<TodayItem>,
    /// What I finished or put away since midnight.
    pub done_today: Vec<TodayItem>,
}

/// One row of Today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TodayItem {
    /// Stable key.
    pub key: String,
    /// What kind of work.
    pub kind: TodayKind,
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// What to do: "Reply to Orla", "Pen-test report".
    pub title: String,
    /// Title of the deal.
    pub deal_title: String,
    /// Name of the customer.
    pub customer: String,
    /// Why it is here, a whole clause.
    pub why: String,
    /// Date it is due.
    pub due: Option<String>,
    /// Negative when overdue: whole days until due, by this device's calendar.
    pub days_left: Option<i32>,
    /// Who it is about.
    pub person: Option<Person>,
    /// Who moves next.
    pub court: Court,
    /// Anybody of the company may do it, but a colleague owns it.
    pub colleagues: bool,
    /// The milestone, when it is one.
    pub milestone: Option<String>,
    /// What there is to see, for `today_put`.
    pub seen: String,
    /// It was put away and this is when it comes back: milliseconds since 1970.
    pub returns_at: Option<f64>,
    /// It was put away and comes back when something happens there.
    pub until_news: bool,
    /// It was put away until a moment that has come.
    pub back: bool,
}

/// Argument of `today_put`: puts a row of Today away, or back.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TodayPut {
    /// Program.
    pub program: String,
    /// What kind of row.
    pub kind: TodayKind,
    /// Its deal.
    pub deal: String,
    /// Its milestone, when it is one.
    pub milestone: Option<String>,
    /// What there was to see, as the row said.
    pub seen: String,
    /// Where to.
    pub put: TodayPlace,
    /// For `until` the moment it comes back: milliseconds since 1970.
    pub until: Option<f64>,
}

/// Where a row of Today can be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TodayPlace {
    /// Back where it belongs.
    Here,
    /// Away until something new happens there.
    Done,
    /// Away until a moment.
    Until,
    /// Away until something new happens there, under "later".
    UntilNews,
}

/// Kinds of row in Today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TodayKind {
    /// A registration to decide, or awaited.
    Decision,
    /// A message to answer.
    Reply,
    /// A milestone.
    Milestone,
    /// A draft to finish.
    Draft,
    /// A rejection to read.
    Rejected,
    /// A question of the vendor to answer, or awaited.
    Question,
    /// Protection that ends, or has ended.
    Protection,
}

/// Argument of `account_list`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AccountQuery {
    /// The lens.
    pub lens: Lens,
    /// Words to find.
    pub text: String,
    /// Rows to skip.
    pub offset: u32,
    /// Rows to return, at most 200.
    pub limit: u32,
}

/// A window of the account list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AccountWindow {
    /// Rows that match.
    pub total: u32,
    /// Rows without any filter.
    pub all: u32,
    /// The window.
    pub rows: Vec<AccountRow>,
}

/// One customer account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AccountRow {
    /// Program.
    pub program: String,
    /// Account id.
    pub id: String,
    /// Company name.
    pub name: String,
    /// Registrable domain.
    pub domain: String,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Industry.
    pub industry: String,
    /// Who looks after it.
    pub owner: String,
    /// What it is to the vendor; none on a partner's list.
    pub relation: Option<RelationName>,
    /// A named account of the vendor.
    pub named: bool,
    /// Last activity on the vendor's opportunity.
    pub active_on: Option<String>,
    /// Deals with this customer that this device knows.
    pub deals: u32,
    /// How far it has travelled.
    pub mark: SyncMark,
}
