//! What the partner does with a registration: write, send, answer, take back, ask for more time, appeal.

use super::engagement::{check_rules, with_rules};
use super::*;
use crate::claim::{claim_id, registrable_domain};
use crate::date::Date;
use crate::entity::{
    ActionPlan, Answer, Appeal, Claim, Claimed, Counter, Customer, Deal, Extension, Grant, Program,
    Registration, Stage, Status, deal_counter, grant_id,
};
use crate::money::Money;
use crate::registration::{Action, check, claimed_until};
use minicbor::{Decode, Encode};

/// Writes a deal and, when `submit` is set, sends it to the vendor in the same step.
///
/// The first valid registration of a customer, product and region in hub order holds the claim; a
/// later one of another organization is refused without naming the first, a later one of the same
/// organization becomes a duplicate of it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DealRegister {
    /// Id of the deal.
    #[n(1)]
    pub deal: DealId,
    /// Title.
    #[n(2)]
    pub title: String,
    /// The customer; its domain is reduced to the registrable part.
    #[n(3)]
    pub customer: Customer,
    /// Product.
    #[n(4)]
    pub product: String,
    /// Region.
    #[n(5)]
    pub region: String,
    /// What the customer needs.
    #[n(6)]
    pub need: String,
    /// Expected amount.
    #[n(7)]
    pub amount: Money,
    /// Target close date.
    #[n(8)]
    pub close_date: Date,
    /// Send it now; otherwise it stays a draft that only the partner sees.
    #[n(9)]
    pub submit: bool,
    /// Stage, when it is further along than a prospect.
    #[cbor(n(10), decode_with = "crate::codec::closed")]
    pub stage: Option<Stage>,
    /// E-mail address of somebody at the customer.
    #[n(11)]
    pub contact: Option<String>,
    /// DUNS number of the customer.
    #[n(12)]
    pub duns: Option<String>,
    /// Whether the customer buys by public tender.
    #[n(13)]
    pub tender: Option<bool>,
}

impl DealRegister {
    /// The deal as it would be written, before anything is checked.
    fn deal(&self, ctx: &Context, actor: &Actor) -> Deal {
        let by = (actor.organization, actor.member);
        let bare = Deal::draft(by, self.customer.clone(), self.amount.clone(), self.close_date, ctx.now);
        let mut deal = Deal { stage: self.stage.unwrap_or(Stage::Prospect), ..bare };
        for value in self.values() {
            value.write(&mut deal);
        }
        deal
    }

    fn values(&self) -> [DealValue; 9] {
        [
            DealValue::Title(self.title.clone()),
            DealValue::Customer(self.customer.clone()),
            DealValue::Product(self.product.clone()),
            DealValue::Region(self.region.clone()),
            DealValue::Need(self.need.clone()),
            DealValue::Amount(self.amount.clone()),
            DealValue::Contact(self.contact.clone().unwrap_or_default()),
            DealValue::Duns(self.duns.clone().unwrap_or_default()),
            DealValue::Tender(self.tender == Some(true)),
        ]
    }
}

impl Mutate for DealRegister {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn opens_lane(&self) -> bool {
        true
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let domain = registrable_domain(&self.customer.domain).unwrap_or_default();
        let reads = ReadSet::default()
            .row::<Program>(ctx.program)
            .row::<Deal>(self.deal)
            .row::<Counter>(deal_counter())
            .row::<Claim>(claim_id(&domain, &self.product, &self.region));
        let checked = self.submit && ctx.is_authoritative();
        let deal = ctx.actor.as_ref().filter(|_| checked).map(|actor| self.deal(ctx, actor));
        with_rules(ctx, reads, so_far, deal.as_ref())
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.side != Side::Partner || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Partner sellers register deals."));
        }
        if rows.get::<Deal>(self.deal)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This deal exists already."));
        }
        let program: Program = rows.need(ctx.program, "program")?;
        self.values().iter().try_for_each(|value| value.check(&program))?;
        let mut deal = self.deal(ctx, actor);
        let scope = self.lane();
        let mut changes = Vec::new();
        let own = Grant { scope, organization: actor.organization, extra: Default::default() };
        changes.push(RowChange::put(
            grant_id(scope, actor.organization),
            ScopeId::Organization(actor.organization),
            &own,
        ));
        changes.push(RowChange::put(
            self.deal,
            scope,
            &ActionPlan { go_live: None, extra: Default::default() },
        ));
        if crate::planted!(DraftShared) && ctx.is_authoritative() && !self.submit {
            let shared = Grant { scope, organization: program.vendor, extra: Default::default() };
            let home = ScopeId::Organization(program.vendor);
            changes.push(RowChange::put(grant_id(scope, program.vendor), home, &shared));
        }
        if self.submit {
            changes.extend(submit(ctx, rows, &program, self.deal, &mut deal)?);
        }
        changes.push(RowChange::put(self.deal, scope, &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("Withdraw the registration to take it back.")
    }
}

/// Sends a draft to the vendor, or once more a registration whose protection has ended.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationSubmit {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationSubmit {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default()
            .row::<Program>(ctx.program)
            .row::<Deal>(self.deal)
            .row::<Counter>(deal_counter());
        let deal = so_far.get::<Deal>(self.deal).ok().flatten();
        with_rules(ctx, with_claim(reads, so_far, self.deal), so_far, deal.as_ref())
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        check(ctx, &deal, Action::Submit)?;
        let program: Program = rows.need(ctx.program, "program")?;
        let mut changes = submit(ctx, rows, &program, self.deal, &mut deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("Withdraw the registration to take it back.")
    }
}

/// Moves a deal to submitted. On the hub this takes the claim, gives the number and lets the vendor
/// see the deal; on a device the deal only says that it was sent.
fn submit(
    ctx: &Context,
    rows: &Rows,
    program: &Program,
    id: DealId,
    deal: &mut Deal,
) -> Result<Vec<RowChange>, Refusal> {
    // Sent again, it begins anew.
    deal.registration = Registration { status: Status::Submitted, ..Registration::draft() };
    (deal.question, deal.hold, deal.split) = (None, None, None);
    (deal.extension, deal.appeal) = (None, None);
    (deal.finding, deal.decided_by_rules) = (None, None);
    if !ctx.is_authoritative() {
        return Ok(Vec::new());
    }
    deal.registration.submitted_at = Some(ctx.now);
    deal.registration.decision_due = Some(ctx.now.plus_business_days(program.decision_days));
    let again = deal.number.is_some();
    let scope = ScopeId::Deal(id);
    let mut changes = Vec::new();
    // It keeps its number, and the vendor sees it already.
    if !again {
        let mut counter = rows
            .get::<Counter>(deal_counter())?
            .unwrap_or(Counter { value: 2_000, extra: Default::default() });
        counter.value += u32::from(!crate::planted!(NumberReused));
        deal.number = Some(counter.value);
        let vendor = Grant { scope, organization: program.vendor, extra: Default::default() };
        changes.push(RowChange::put(deal_counter(), ScopeId::Hub, &counter));
        let home = ScopeId::Organization(program.vendor);
        changes.push(RowChange::put(grant_id(scope, program.vendor), home, &vendor));
    }
    match rows.get::<Claim>(claim_of(deal))? {
        Some(claim) if claim.deal != id && !claim.is_free(ctx.now.date()) => {
            if again {
                return Err(Refusal::new(
                    Rule::ClaimTaken,
                    "Another registration protects this customer meanwhile. Ask the vendor, or look among your own deals.",
                ));
            } else if claim.organization == deal.partner {
                deal.registration.status = Status::Duplicate;
                deal.registration.duplicate_of = Some(claim.deal);
            } else if crate::planted!(RivalNamed) {
                return Err(Refusal::new(Rule::ClaimTaken, "Taken.").because("Holder", claim.organization));
            } else if !crate::planted!(ClaimWonTwice) {
                return Err(claim_taken(deal));
            }
        }
        _ => {
            check_rules(ctx, rows, program, id, deal)?;
            // What was rejected at once leaves the customer to others.
            if deal.registration.status != Status::Rejected {
                changes.push(claimed(ctx, id, deal, None));
            }
        }
    }
    Ok(changes)
}

/// The vendor's question is answered.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationAnswer {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The answer.
    #[n(2)]
    pub text: String,
}

impl Mutate for RegistrationAnswer {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let by = check(ctx, &deal, Action::Answer)?.member;
        check_text("The answer", &self.text, 2_000)?;
        deal.registration.status = Status::InReview;
        if let Some(question) = &mut deal.question {
            if ctx.is_authoritative() {
                // The clock goes on where it stopped, with a day at least: an answer in the last hour leaves no time.
                let due = ctx.now.plus_business_days(question.days_left.max(1));
                deal.registration.decision_due = Some(due);
            }
            question.answer = Some(Answer { text: self.text.trim().to_owned(), by, at: ctx.now });
        }
        Ok(vec![RowChange::put(self.deal, self.lane(), &deal)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The vendor has the answer. Write in the room if something in it was wrong.")
    }
}

/// The partner takes a registration back before it is decided.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationWithdraw {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationWithdraw {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, so_far: &Rows) -> ReadSet {
        with_claim(ReadSet::default().row::<Deal>(self.deal), so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        check(ctx, &deal, Action::Withdraw)?;
        deal.registration.status = Status::Withdrawn;
        let mut changes = release_claim(rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("What was withdrawn stays so. Register the deal again if it was a mistake.")
    }
}

/// The partner asks for longer protection.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ExtensionRequest {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The last day it would last: after the present one, by at most what an approval gives.
    #[n(2)]
    pub until: Date,
    /// Why.
    #[n(3)]
    pub reason: String,
}

impl Mutate for ExtensionRequest {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal);
        with_claim(reads, so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let by = check(ctx, &deal, Action::RequestExtension)?.member;
        let program: Program = rows.need(ctx.program, "program")?;
        check_text("The reason", &self.reason, 2_000)?;
        let days = i32::try_from(program.protection_days).unwrap_or(90);
        // Approved on this device and not at the hub yet, it has no last day to go by.
        if let Some(present) = deal.registration.protected_until
            && !(present < self.until && self.until <= present.plus_days(days))
        {
            return Err(Refusal::new(
                Rule::InvalidField,
                "Choose a day after the present protection, within as many days as an approval gives.",
            )
            .because("Protected until", present)
            .because("Days", days));
        }
        deal.extension = Some(Extension {
            until: self.until,
            reason: self.reason.trim().to_owned(),
            by,
            at: ctx.now,
            due: ctx.decided(ctx.now.plus_business_days(program.decision_days)),
            answer: None,
        });
        let mut changes = keep_claim(ctx, rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The vendor has the request. Write in the room if it is not needed any more.")
    }
}

/// The partner does not accept a rejection: somebody else of the vendor decides once more.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationAppeal {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// Why the rejection is wrong.
    #[n(2)]
    pub reason: String,
}

impl Mutate for RegistrationAppeal {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal);
        with_claim(reads, so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        let by = check(ctx, &deal, Action::Appeal)?.member;
        let program: Program = rows.need(ctx.program, "program")?;
        check_text("The reason", &self.reason, 2_000)?;
        deal.registration.status = Status::Appealed;
        deal.appeal = Some(Appeal { reason: self.reason.trim().to_owned(), by, at: ctx.now });
        let mut changes = Vec::new();
        // Until the hub has it, nobody owes a decision.
        deal.registration.decision_due = ctx.decided(ctx.now.plus_business_days(program.decision_days));
        if ctx.is_authoritative() {
            // Nobody else gets the customer meanwhile, unless somebody has it by now.
            match claim_again(ctx, rows, (self.deal, &deal), claim_taken(&deal)) {
                Err(refusal) if refusal.rule == Rule::ClaimTaken => {}
                claim => changes.extend(claim?),
            }
        }
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The vendor has the appeal. Withdraw the registration if you give it up.")
    }
}

/// The id of the claim that a deal makes.
fn claim_of(deal: &Deal) -> uuid::Uuid {
    claim_id(&deal.customer.domain, &deal.product, &deal.region)
}

/// The claim of a deal as of now.
fn claimed(ctx: &Context, id: DealId, deal: &Deal, before: Option<Claim>) -> RowChange {
    let mut claim = before.unwrap_or(Claim {
        deal: id,
        organization: deal.partner,
        since: ctx.now,
        until: None,
        of: None,
        extra: Default::default(),
    });
    claim.until = claimed_until(deal, ctx.now.date());
    let (product, region) = (deal.product.clone(), deal.region.clone());
    claim.of = Some(Claimed { company: deal.company(), product, region });
    RowChange::put(claim_of(deal), ScopeId::Hub, &claim)
}

/// Says nothing of whose it is.
fn claim_taken(deal: &Deal) -> Refusal {
    Refusal::new(
        Rule::ClaimTaken,
        "Another registration already protects this customer for this product and region. \
         Change the product or region if yours differs, or ask the vendor.",
    )
    .because("Customer", &deal.customer.domain)
    .because("Product", &deal.product)
    .because("Region", &deal.region)
}

/// Adds the claim row of a deal once the deal was read.
pub(super) fn with_claim(reads: ReadSet, so_far: &Rows, deal: DealId) -> ReadSet {
    match so_far.get::<Deal>(deal) {
        Ok(Some(deal)) => reads.row::<Claim>(claim_of(&deal)),
        _ => reads,
    }
}

/// Keeps what the claim says in step with the deal, when this deal holds it. A device never sees claims
/// and changes none.
pub(super) fn keep_claim(
    ctx: &Context,
    rows: &Rows,
    id: DealId,
    deal: &Deal,
) -> Result<Vec<RowChange>, Refusal> {
    Ok(match rows.get::<Claim>(claim_of(deal))? {
        Some(claim) if claim.deal == id => vec![claimed(ctx, id, deal, Some(claim))],
        _ => Vec::new(),
    })
}

/// Takes the claim once more that a rejection or a loss gave back.
///
/// # Errors
/// `otherwise` when somebody else has it by now.
pub(super) fn claim_again(
    ctx: &Context,
    rows: &Rows,
    (id, deal): (DealId, &Deal),
    otherwise: Refusal,
) -> Result<Vec<RowChange>, Refusal> {
    if !ctx.is_authoritative() {
        return Ok(Vec::new());
    }
    match rows.get::<Claim>(claim_of(deal))? {
        Some(claim) if claim.deal != id && !claim.is_free(ctx.now.date()) => Err(otherwise),
        _ => Ok(vec![claimed(ctx, id, deal, None)]),
    }
}

/// Gives the claim back when this deal holds it.
pub(super) fn release_claim(rows: &Rows, id: DealId, deal: &Deal) -> Result<Vec<RowChange>, Refusal> {
    let key = claim_of(deal);
    Ok(match rows.get::<Claim>(key)? {
        Some(claim) if claim.deal == id && !crate::planted!(ClaimNotReleased) => {
            vec![RowChange::delete::<Claim>(key, ScopeId::Hub)]
        }
        _ => Vec::new(),
    })
}
