//! Writing a deal and sending it to the vendor.

use super::*;
use crate::claim::{claim_id, registrable_domain};
use crate::date::Date;
use crate::entity::{
    ActionPlan, Claim, Counter, Customer, Deal, Grant, Program, Registration, Stage, Status, deal_counter,
    grant_id,
};
use crate::money::Money;
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
}

impl Mutate for DealRegister {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn opens_lane(&self) -> bool {
        true
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        let domain = registrable_domain(&self.customer.domain).unwrap_or_default();
        ReadSet::default()
            .row::<Program>(ctx.program)
            .row::<Deal>(self.deal)
            .row::<Counter>(deal_counter())
            .row::<Claim>(claim_id(&domain, &self.product, &self.region))
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.side != Side::Partner || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Partner sellers register deals."));
        }
        if rows.get::<Deal>(self.deal)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This deal exists already."));
        }
        let mut deal = Deal {
            number: None,
            title: String::new(),
            partner: actor.organization,
            registered_by: actor.member,
            customer: self.customer.clone(),
            product: String::new(),
            region: String::new(),
            need: String::new(),
            amount: self.amount.clone(),
            close_date: self.close_date,
            stage: self.stage.unwrap_or(Stage::Prospect),
            registration: Registration::draft(),
            created_at: ctx.now,
            field_seq: Default::default(),
            field_by: Default::default(),
            guests: None,
            extra: Default::default(),
        };
        let program: Program = rows.need(ctx.program, "program")?;
        for value in [
            DealValue::Title(self.title.clone()),
            DealValue::Customer(self.customer.clone()),
            DealValue::Product(self.product.clone()),
            DealValue::Region(self.region.clone()),
            DealValue::Need(self.need.clone()),
            DealValue::Amount(self.amount.clone()),
        ] {
            value.check(&program)?;
            value.write(&mut deal);
        }
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

/// Sends a draft to the vendor.
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
        with_claim(reads, so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if actor.organization != deal.partner || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Only the partner sends a registration."));
        }
        if deal.registration.status != Status::Draft {
            return Err(Refusal::new(Rule::WrongState, "This registration was sent already."));
        }
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
    deal.registration.status = Status::Submitted;
    if !ctx.is_authoritative() {
        return Ok(Vec::new());
    }
    deal.registration.submitted_at = Some(ctx.now);
    deal.registration.decision_due = Some(ctx.now.plus_business_days(program.decision_days));
    let mut counter =
        rows.get::<Counter>(deal_counter())?.unwrap_or(Counter { value: 2_000, extra: Default::default() });
    counter.value += u32::from(!crate::planted!(NumberReused));
    deal.number = Some(counter.value);
    let scope = ScopeId::Deal(id);
    let vendor = Grant { scope, organization: program.vendor, extra: Default::default() };
    let mut changes = vec![
        RowChange::put(deal_counter(), ScopeId::Hub, &counter),
        RowChange::put(grant_id(scope, program.vendor), ScopeId::Organization(program.vendor), &vendor),
    ];
    let key = claim_id(&deal.customer.domain, &deal.product, &deal.region);
    match rows.get::<Claim>(key)? {
        Some(claim) if claim.organization == deal.partner => {
            deal.registration.status = Status::Duplicate;
            deal.registration.duplicate_of = Some(claim.deal);
        }
        Some(_) if crate::planted!(ClaimWonTwice) => {}
        Some(claim) if crate::planted!(RivalNamed) => {
            return Err(Refusal::new(Rule::ClaimTaken, "Taken.").because("Holder", claim.organization));
        }
        Some(_) => {
            return Err(Refusal::new(
                Rule::ClaimTaken,
                "Another registration already protects this customer for this product and region. \
                 Change the product or region if yours differs, or ask the vendor.",
            )
            .because("Customer", &deal.customer.domain)
            .because("Product", &deal.product)
            .because("Region", &deal.region));
        }
        None => changes.push(RowChange::put(
            key,
            ScopeId::Hub,
            &Claim { deal: id, organization: deal.partner, since: ctx.now, extra: Default::default() },
        )),
    }
    Ok(changes)
}

/// Adds the claim row of a deal once the deal was read.
pub(super) fn with_claim(reads: ReadSet, so_far: &Rows, deal: DealId) -> ReadSet {
    match so_far.get::<Deal>(deal) {
        Ok(Some(deal)) => reads.row::<Claim>(claim_id(&deal.customer.domain, &deal.product, &deal.region)),
        _ => reads,
    }
}
