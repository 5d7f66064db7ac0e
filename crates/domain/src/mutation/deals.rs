//! Deals and their registration.

use super::*;
use crate::claim::{claim_id, registrable_domain};
use crate::date::Date;
use crate::entity::{
    ActionPlan, Claim, Counter, Customer, Deal, DealField, FieldHistory, Grant, Program, Registration,
    RejectionRule, Stage, Status, deal_counter, grant_id,
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
            registration: Registration {
                status: Status::Draft,
                submitted_at: None,
                decision_due: None,
                decided_by: None,
                decided_at: None,
                protected_until: None,
                rule: None,
                evidence: None,
                duplicate_of: None,
            },
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

/// A new value of one field of a deal.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum DealValue {
    /// Title.
    #[n(0)]
    Title(#[n(0)] String),
    /// Amount.
    #[n(1)]
    Amount(#[n(0)] Money),
    /// Close date.
    #[n(2)]
    CloseDate(#[n(0)] Date),
    /// Stage.
    #[n(3)]
    Stage(#[n(0)] Stage),
    /// Need.
    #[n(4)]
    Need(#[n(0)] String),
    /// Customer.
    #[n(5)]
    Customer(#[n(0)] Customer),
    /// Product.
    #[n(6)]
    Product(#[n(0)] String),
    /// Region.
    #[n(7)]
    Region(#[n(0)] String),
}

impl DealValue {
    /// Which field it belongs to.
    pub fn field(&self) -> DealField {
        match self {
            Self::Title(_) => DealField::Title,
            Self::Amount(_) => DealField::Amount,
            Self::CloseDate(_) => DealField::CloseDate,
            Self::Stage(_) => DealField::Stage,
            Self::Need(_) => DealField::Need,
            Self::Customer(_) => DealField::Customer,
            Self::Product(_) => DealField::Product,
            Self::Region(_) => DealField::Region,
        }
    }

    /// The present value of the same field.
    fn current(&self, deal: &Deal) -> Self {
        match self {
            Self::Title(_) => Self::Title(deal.title.clone()),
            Self::Amount(_) => Self::Amount(deal.amount.clone()),
            Self::CloseDate(_) => Self::CloseDate(deal.close_date),
            Self::Stage(_) => Self::Stage(deal.stage),
            Self::Need(_) => Self::Need(deal.need.clone()),
            Self::Customer(_) => Self::Customer(deal.customer.clone()),
            Self::Product(_) => Self::Product(deal.product.clone()),
            Self::Region(_) => Self::Region(deal.region.clone()),
        }
    }

    fn check(&self, program: &Program) -> Result<(), Refusal> {
        match self {
            Self::Title(title) => check_text("The title", title, 160),
            Self::Amount(amount) if !amount.is_valid() || amount.minor < 0 => Err(Refusal::new(
                Rule::InvalidField,
                "The amount has to be zero or more, in a currency with a three-letter code.",
            )),
            Self::Need(need) => check_optional_text("The need", need, 4_000),
            Self::Customer(customer) => {
                check_text("The customer", &customer.name, 200)?;
                if !matches!(customer.country.as_bytes(), [] | [b'A'..=b'Z', b'A'..=b'Z']) {
                    return Err(Refusal::new(Rule::InvalidField, "The country is a two-letter code."));
                }
                match registrable_domain(&customer.domain) {
                    Some(_) => Ok(()),
                    None => Err(Refusal::new(
                        Rule::InvalidField,
                        "The customer's web domain is missing or incomplete, for example polder.nl.",
                    )
                    .because("field", "domain")),
                }
            }
            Self::Product(product) if !program.products.contains(product) => Err(Refusal::new(
                Rule::InvalidField,
                "This product is not part of the program. Choose one of the list.",
            )),
            Self::Region(region) if !program.regions.contains(region) => Err(Refusal::new(
                Rule::InvalidField,
                "This region is not part of the program. Choose one of the list.",
            )),
            _ => Ok(()),
        }
    }

    fn write(&self, deal: &mut Deal) {
        match self {
            Self::Title(title) => deal.title = title.trim().to_owned(),
            Self::Amount(amount) => deal.amount = amount.clone(),
            Self::CloseDate(date) => deal.close_date = *date,
            Self::Stage(stage) => deal.stage = *stage,
            Self::Need(need) => deal.need = need.trim().to_owned(),
            Self::Customer(customer) => {
                deal.customer = Customer {
                    name: customer.name.trim().to_owned(),
                    domain: registrable_domain(&customer.domain).unwrap_or_default(),
                    country: customer.country.clone(),
                };
            }
            Self::Product(product) => deal.product = product.clone(),
            Self::Region(region) => deal.region = region.clone(),
        }
    }
}

/// One patched field: the new value, and the sequence number of the field's last change that the
/// author had seen.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct FieldPatch {
    /// The new value.
    #[n(0)]
    pub value: DealValue,
    /// What the author had seen.
    #[n(1)]
    pub base: u64,
}

impl FieldPatch {
    /// A patch on top of what `deal` shows.
    pub fn on(deal: &Deal, value: DealValue) -> Self {
        let base = deal.field_seq.get(&(value.field() as u8)).copied().unwrap_or_default();
        Self { value, base }
    }
}

/// Changes fields of a deal. Different fields merge; for the same field the later commit wins and the
/// overwritten value is kept in the history, except that amount and stage of an approved deal refuse
/// a change made without knowing the latest value.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct DealEdit {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The patches.
    #[n(2)]
    pub patch: Vec<FieldPatch>,
}

impl Mutate for DealEdit {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let program: Program = rows.need(ctx.program, "program")?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Your role reads deals but does not change them."));
        }
        if deal.registration.status.is_closed() {
            return Err(Refusal::new(Rule::WrongState, "This registration is closed."));
        }
        let draft = deal.registration.status == Status::Draft;
        let mut changes = Vec::new();
        for FieldPatch { value, base } in &self.patch {
            value.check(&program)?;
            let field = value.field();
            let identity = matches!(field, DealField::Customer | DealField::Product | DealField::Region);
            if identity && !draft {
                return Err(Refusal::new(
                    Rule::WrongState,
                    "Customer, product and region are what the registration protects. Withdraw it and \
                     register again to change them.",
                ));
            }
            let number = field as u8;
            let last = deal.field_seq.get(&number).copied().unwrap_or_default();
            let by_other = deal.field_by.get(&number).is_some_and(|by| *by != actor.member);
            if ctx.is_authoritative() && *base < last && by_other {
                let strict = matches!(field, DealField::Amount | DealField::Stage)
                    && deal.registration.status == Status::Approved;
                if strict && !crate::planted!(StrictFieldOverwritten) {
                    return Err(Refusal::new(
                        Rule::StaleField,
                        "Somebody changed this in the meantime. Look at the present value and decide again.",
                    )
                    .because("field", format!("{field:?}")));
                }
                let history = FieldHistory {
                    deal: self.deal,
                    field: number,
                    value: minicbor::to_vec(value.current(&deal)).unwrap_or_default(),
                    by: actor.member,
                    at: ctx.now,
                    milestone: None,
                    extra: Default::default(),
                };
                let id = derived("field", &[self.deal.as_bytes(), &[number], &ctx.seq.to_le_bytes()]);
                if !crate::planted!(HistoryNotKept) {
                    changes.push(RowChange::put(id, self.lane(), &history));
                }
            }
            value.write(&mut deal);
            if crate::planted!(PatchWritesAll) && field != DealField::Need {
                deal.need = String::new();
            }
            if ctx.is_authoritative() {
                deal.field_seq.insert(number, ctx.seq);
                deal.field_by.insert(number, actor.member);
            }
        }
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match rows.get::<Deal>(self.deal) {
            Ok(Some(deal)) => {
                let back = |patch: &FieldPatch| FieldPatch::on(&deal, patch.value.current(&deal));
                let patch = self.patch.iter().map(back).collect();
                Undo::By(Box::new(Self { deal: self.deal, patch }.into()))
            }
            _ => Undo::No("The deal is gone."),
        }
    }
}

/// The vendor says that it looks at a registration.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationReview {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
}

impl Mutate for RegistrationReview {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        vendor_decider(ctx)?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        match deal.registration.status {
            Status::InReview => Ok(Vec::new()),
            Status::Submitted => {
                deal.registration.status = Status::InReview;
                Ok(vec![RowChange::put(self.deal, self.lane(), &deal)])
            }
            _ => Err(Refusal::new(Rule::WrongState, "This registration does not wait for a decision.")),
        }
    }
}

/// What the vendor decides.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Decision {
    /// Protected from now on.
    #[n(0)]
    Approve,
    /// Refused by a rule, with evidence that the partner reads.
    #[n(1)]
    Reject {
        /// The rule.
        #[n(0)]
        rule: RejectionRule,
        /// The evidence.
        #[n(1)]
        evidence: String,
    },
}

/// The vendor decides a registration.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RegistrationDecide {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The decision.
    #[n(2)]
    pub decision: Decision,
}

impl Mutate for RegistrationDecide {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal);
        with_claim(reads, so_far, self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let member = vendor_decider(ctx)?.member;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if !matches!(deal.registration.status, Status::Submitted | Status::InReview) {
            return Err(Refusal::new(Rule::WrongState, "This registration was decided already."));
        }
        let program: Program = rows.need(ctx.program, "program")?;
        let mut changes = Vec::new();
        deal.registration.decided_by = Some(member);
        deal.registration.decided_at = Some(ctx.now);
        match &self.decision {
            Decision::Approve => {
                deal.registration.status = Status::Approved;
                let days = i32::try_from(program.protection_days).unwrap_or(90);
                deal.registration.protected_until = ctx.decided(ctx.now.date().plus_days(days));
            }
            Decision::Reject { rule, evidence } => {
                check_text("The evidence", evidence, 2_000)?;
                deal.registration.status = Status::Rejected;
                deal.registration.rule = Some(*rule);
                deal.registration.evidence = Some(evidence.trim().to_owned());
                changes.extend(release_claim(rows, self.deal, &deal)?);
            }
        }
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("A decision reaches the partner at once and stays. Write in the room if it was a mistake.")
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
        let actor = ctx.actor()?;
        let mut deal: Deal = rows.need(self.deal, "deal")?;
        if actor.organization != deal.partner || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Only the partner withdraws a registration."));
        }
        if !matches!(deal.registration.status, Status::Draft | Status::Submitted | Status::InReview) {
            return Err(Refusal::new(Rule::WrongState, "This registration was decided already."));
        }
        deal.registration.status = Status::Withdrawn;
        let mut changes = release_claim(rows, self.deal, &deal)?;
        changes.push(RowChange::put(self.deal, self.lane(), &deal));
        Ok(changes)
    }
}

/// Adds the claim row of a deal once the deal was read.
fn with_claim(reads: ReadSet, so_far: &Rows, deal: DealId) -> ReadSet {
    match so_far.get::<Deal>(deal) {
        Ok(Some(deal)) => reads.row::<Claim>(claim_id(&deal.customer.domain, &deal.product, &deal.region)),
        _ => reads,
    }
}

/// Gives the claim back when this deal holds it. A device never sees claims and changes none.
fn release_claim(rows: &Rows, id: DealId, deal: &Deal) -> Result<Vec<RowChange>, Refusal> {
    let key = claim_id(&deal.customer.domain, &deal.product, &deal.region);
    Ok(match rows.get::<Claim>(key)? {
        Some(claim) if claim.deal == id && !crate::planted!(ClaimNotReleased) => {
            vec![RowChange::delete::<Claim>(key, ScopeId::Hub)]
        }
        _ => Vec::new(),
    })
}

fn vendor_decider(ctx: &Context) -> Result<&Actor, Refusal> {
    let actor = ctx.actor()?;
    if actor.side == Side::Vendor && actor.role != Role::Member {
        Ok(actor)
    } else {
        Err(Refusal::new(Rule::NotAllowed, "The vendor decides registrations."))
    }
}
