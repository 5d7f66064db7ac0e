//! Customers, deals and their registration, and what was overwritten in them.

use super::{Appeal, Extension, Finding, Hold, Question, Registration, Relation, Split};
use crate::claim::normal_name;
use crate::codec::entity;
use crate::company::{Company, email_domain, keys};
use crate::date::{Date, Timestamp};
use crate::id::*;
use crate::money::Money;
use crate::row::LookupKey;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use uuid::Uuid;

entity! {
    /// A customer company on an organization's own list. Scope: organization.
    Account in Accounts;
    /// Company name.
    1 name: String,
    /// Registrable domain; empty when unknown.
    2 domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    3 country: String,
    /// Industry; empty when unknown.
    4 industry: String,
    /// Who looks after it, as text from the list.
    5 owner: String,
    /// When it was written, hub time.
    6 created_at: Timestamp,
    /// What it is to the vendor, on the vendor's own list.
    #[cbor(decode_with = "crate::codec::closed")]
    7 relation: Option<Relation>,
    /// A named account of the vendor: kept for its own people.
    8 named: Option<bool>,
    /// DUNS number, nine digits.
    9 duns: Option<String>,
    /// Last activity on the vendor's opportunity.
    10 active_on: Option<Date>,
}

impl Account {
    /// The company that it is.
    pub fn company(&self) -> Company {
        Company {
            name: self.name.clone(),
            domain: self.domain.clone(),
            country: self.country.clone(),
            duns: self.duns.clone(),
            email: None,
        }
    }
}

/// The customer of a deal, as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Customer {
    /// Company name.
    #[n(1)]
    pub name: String,
    /// Registrable domain.
    #[n(2)]
    pub domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    #[n(3)]
    pub country: String,
}

/// Stages of a deal, named as AWS Partner Central names them (Selling API, `LifeCycle.Stage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// Prospect.
    #[n(0)]
    Prospect,
    /// Qualified.
    #[n(1)]
    Qualified,
    /// Technical validation.
    #[n(2)]
    TechnicalValidation,
    /// Business validation.
    #[n(3)]
    BusinessValidation,
    /// Committed.
    #[n(4)]
    Committed,
    /// Launched: won.
    #[n(5)]
    Launched,
    /// Closed lost.
    #[n(6)]
    ClosedLost,
}

impl Stage {
    /// Won or lost.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Launched | Self::ClosedLost)
    }
}

/// Why a deal was lost, named as AWS Partner Central names it (Selling API, `LifeCycle.ClosedLostReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LostReason {
    /// Customer Deficiency.
    #[n(0)]
    CustomerDeficiency,
    /// Delay / Cancellation of Project.
    #[n(1)]
    ProjectCancelled,
    /// Legal / Tax / Regulatory.
    #[n(2)]
    Legal,
    /// Lost to Competitor - Google.
    #[n(3)]
    CompetitorGoogle,
    /// Lost to Competitor - Microsoft.
    #[n(4)]
    CompetitorMicrosoft,
    /// Lost to Competitor - SoftLayer.
    #[n(5)]
    CompetitorSoftLayer,
    /// Lost to Competitor - VMWare.
    #[n(6)]
    CompetitorVmware,
    /// Lost to Competitor - Other.
    #[n(7)]
    CompetitorOther,
    /// No Opportunity.
    #[n(8)]
    NoOpportunity,
    /// On Premises Deployment.
    #[n(9)]
    OnPremises,
    /// Partner Gap.
    #[n(10)]
    PartnerGap,
    /// Price.
    #[n(11)]
    Price,
    /// Security / Compliance.
    #[n(12)]
    Security,
    /// Technical Limitations.
    #[n(13)]
    TechnicalLimitations,
    /// Customer Experience.
    #[n(14)]
    CustomerExperience,
    /// Other.
    #[n(15)]
    Other,
    /// People/Relationship/Governance.
    #[n(16)]
    Relationship,
    /// Product/Technology.
    #[n(17)]
    Product,
    /// Financial/Commercial.
    #[n(18)]
    Commercial,
}

impl LostReason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::CustomerDeficiency,
        Self::ProjectCancelled,
        Self::Legal,
        Self::CompetitorGoogle,
        Self::CompetitorMicrosoft,
        Self::CompetitorSoftLayer,
        Self::CompetitorVmware,
        Self::CompetitorOther,
        Self::NoOpportunity,
        Self::OnPremises,
        Self::PartnerGap,
        Self::Price,
        Self::Security,
        Self::TechnicalLimitations,
        Self::CustomerExperience,
        Self::Other,
        Self::Relationship,
        Self::Product,
        Self::Commercial,
    ];
}

entity! {
    /// A deal. Scope: deal.
    Deal in Deals;
    /// Number in the program, given by the hub when it is submitted.
    1 number: Option<u32>,
    /// Title.
    2 title: String,
    /// The partner organization.
    3 partner: OrganizationId,
    /// Who registered it.
    4 registered_by: MemberId,
    /// The customer.
    5 customer: Customer,
    /// Product.
    6 product: String,
    /// Sales region.
    7 region: String,
    /// What the customer needs.
    8 need: String,
    /// Expected amount.
    9 amount: Money,
    /// Target close date.
    10 close_date: Date,
    /// Stage.
    11 stage: Stage,
    /// Registration.
    12 registration: Registration,
    /// When it was first written, hub time.
    13 created_at: Timestamp,
    /// Sequence number of the last change of each patched field, by [`DealField`] number.
    14 field_seq: BTreeMap<u8, u64>,
    /// Member who last patched each field.
    15 field_by: BTreeMap<u8, MemberId>,
    /// Organizations it is shared with besides the vendor and the partner; absent when there are none.
    16 guests: Option<Vec<OrganizationId>>,
    /// What the vendor asked last before it decides.
    17 question: Option<Question>,
    /// Why the vendor held it last.
    18 hold: Option<Hold>,
    /// How it is shared with another registration of the same customer.
    19 split: Option<Split>,
    /// The last request for longer protection.
    20 extension: Option<Extension>,
    /// The appeal against its rejection.
    21 appeal: Option<Appeal>,
    /// When the vendor took it on as an opportunity of its own, hub time.
    22 converted_at: Option<Timestamp>,
    /// E-mail address of somebody at the customer.
    23 contact: Option<String>,
    /// DUNS number of the customer, nine digits.
    24 duns: Option<String>,
    /// Whether the customer buys by public tender.
    25 tender: Option<bool>,
    /// What the rules of engagement found when it arrived.
    #[cbor(decode_with = "crate::codec::closed")]
    26 finding: Option<Finding>,
    /// The version of the rules of engagement that was in force at the last decision.
    27 decided_by_rules: Option<u32>,
    /// Why it was lost; only of a lost deal, and not asked of everybody before there were reasons.
    #[cbor(decode_with = "crate::codec::closed")]
    28 lost_reason: Option<LostReason>,
}

impl Deal {
    /// One that says nothing but what every deal has to, and that nobody has sent yet.
    pub fn draft(
        (partner, registered_by): (OrganizationId, MemberId),
        customer: Customer,
        amount: Money,
        close_date: Date,
        created_at: Timestamp,
    ) -> Self {
        Self {
            number: None,
            title: String::new(),
            partner,
            registered_by,
            customer,
            product: String::new(),
            region: String::new(),
            need: String::new(),
            amount,
            close_date,
            stage: Stage::Prospect,
            registration: Registration::draft(),
            created_at,
            field_seq: BTreeMap::new(),
            field_by: BTreeMap::new(),
            guests: None,
            question: None,
            hold: None,
            split: None,
            extension: None,
            appeal: None,
            converted_at: None,
            contact: None,
            duns: None,
            tender: None,
            finding: None,
            decided_by_rules: None,
            lost_reason: None,
            extra: Default::default(),
        }
    }

    /// The customer, as the rules of engagement look for it.
    pub fn company(&self) -> Company {
        Company {
            name: self.customer.name.clone(),
            domain: self.customer.domain.clone(),
            country: self.customer.country.clone(),
            duns: self.duns.clone(),
            email: self.contact.as_deref().and_then(email_domain),
        }
    }
}

/// Fields of a deal that can be patched one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum DealField {
    /// Title.
    #[n(0)]
    Title,
    /// Amount: strict once approved.
    #[n(1)]
    Amount,
    /// Close date.
    #[n(2)]
    CloseDate,
    /// Stage: strict once approved.
    #[n(3)]
    Stage,
    /// Need.
    #[n(4)]
    Need,
    /// Customer: drafts only.
    #[n(5)]
    Customer,
    /// Product: drafts only.
    #[n(6)]
    Product,
    /// Region: drafts only.
    #[n(7)]
    Region,
    /// Somebody at the customer: drafts only.
    #[n(8)]
    Contact,
    /// DUNS number of the customer: drafts only.
    #[n(9)]
    Duns,
    /// Whether it is a public tender: drafts only.
    #[n(10)]
    Tender,
    /// Why it was lost.
    #[n(11)]
    LostReason,
}

entity! {
    /// Who holds a claim key. Scope: hub. Its id is [`crate::claim::claim_id`].
    Claim in Claims, lookups |claim, _| claim.lookups();
    /// The registration that holds it.
    1 deal: DealId,
    /// Its organization.
    2 organization: OrganizationId,
    /// Since when, hub time.
    3 since: Timestamp,
    /// The last day it protects; none while the registration is being decided, and once it is converted.
    4 until: Option<Date>,
    /// What it claims.
    5 of: Option<Claimed>,
}

/// What a claim is about, so that registrations of the same customer under another domain are found.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Claimed {
    /// The customer.
    #[n(1)]
    pub company: Company,
    /// Product.
    #[n(2)]
    pub product: String,
    /// Sales region.
    #[n(3)]
    pub region: String,
}

impl Claim {
    fn lookups(&self) -> Vec<LookupKey> {
        let mut lookups = vec![claims_of(self.organization)];
        if let Some(Claimed { company, product, region }) = &self.of {
            lookups.extend(keys(company).iter().map(|key| claims_under(product, region, key)));
        }
        lookups
    }

    /// Whether somebody else may take it on this day.
    pub fn is_free(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// Lookup key of the claims of a product and region under a key of the customer, see [`keys`].
pub fn claims_under(product: &str, region: &str, key: &str) -> LookupKey {
    let place = derived("claimed", &[normal_name(product).as_bytes(), normal_name(region).as_bytes()]);
    LookupKey(format!("claimed/{place}/{key}"))
}

/// Lookup key of the claims an organization holds.
pub fn claims_of(organization: OrganizationId) -> LookupKey {
    LookupKey(format!("claims/{organization}"))
}

entity! {
    /// A running number. Scope: hub.
    Counter in Counters;
    /// The last number given out.
    1 value: u32,
}

/// The id of the counter of deal numbers.
pub fn deal_counter() -> Uuid {
    derived("counter", &[b"deal"])
}

entity! {
    /// A change of a field of a deal or of one of its milestones. Scope: deal. Its id is
    /// [`crate::mutation::history_id`].
    FieldHistory in FieldHistory;
    /// The deal.
    1 deal: DealId,
    /// Which field: the number of a [`DealField`], or where a milestone is named of a `MilestoneField`.
    2 field: u8,
    /// What was there before, encoded as the patch was.
    #[cbor(with = "minicbor::bytes")]
    3 value: Vec<u8>,
    /// Who changed it.
    4 by: MemberId,
    /// When, hub time.
    5 at: Timestamp,
    /// The milestone, when it is a value of one.
    6 milestone: Option<MilestoneId>,
    /// What was there from then on, encoded as the patch was.
    7 now: Option<ByteVec>,
    /// Who had patched the field before; none while it was as registered or added.
    8 was_by: Option<MemberId>,
    /// The sequence number of that.
    9 was_seq: Option<u64>,
    /// Whether whoever changed it had not seen what was there before.
    10 unseen: Option<bool>,
}
