//! Fields of a deal, changed one by one: what merges, what is kept, what refuses.

use super::history::FieldChange;
use super::registration::{claim_again, keep_claim, with_claim};
use super::*;
use crate::claim::registrable_domain;
use crate::company::duns;
use crate::date::Date;
use crate::entity::{Customer, Deal, DealField, LostReason, Program, Stage, Status};
use crate::money::Money;
use crate::registration::{State, state};
use minicbor::{Decode, Encode};

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
    /// E-mail address of somebody at the customer; empty when unknown.
    #[n(8)]
    Contact(#[n(0)] String),
    /// DUNS number of the customer; empty when unknown.
    #[n(9)]
    Duns(#[n(0)] String),
    /// Whether it is a public tender.
    #[n(10)]
    Tender(#[n(0)] bool),
    /// Why it was lost.
    #[n(11)]
    LostReason(#[cbor(n(0), decode_with = "crate::codec::closed")] Option<LostReason>),
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
            Self::Contact(_) => DealField::Contact,
            Self::Duns(_) => DealField::Duns,
            Self::Tender(_) => DealField::Tender,
            Self::LostReason(_) => DealField::LostReason,
        }
    }

    /// The present value of the same field.
    pub fn current(&self, deal: &Deal) -> Self {
        match self {
            Self::Title(_) => Self::Title(deal.title.clone()),
            Self::Amount(_) => Self::Amount(deal.amount.clone()),
            Self::CloseDate(_) => Self::CloseDate(deal.close_date),
            Self::Stage(_) => Self::Stage(deal.stage),
            Self::Need(_) => Self::Need(deal.need.clone()),
            Self::Customer(_) => Self::Customer(deal.customer.clone()),
            Self::Product(_) => Self::Product(deal.product.clone()),
            Self::Region(_) => Self::Region(deal.region.clone()),
            Self::Contact(_) => Self::Contact(deal.contact.clone().unwrap_or_default()),
            Self::Duns(_) => Self::Duns(deal.duns.clone().unwrap_or_default()),
            Self::Tender(_) => Self::Tender(deal.tender == Some(true)),
            Self::LostReason(_) => Self::LostReason(deal.lost_reason),
        }
    }

    pub(super) fn check(&self, program: &Program) -> Result<(), Refusal> {
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
            Self::Contact(contact) if !is_address(contact.trim()) => Err(Refusal::new(
                Rule::InvalidField,
                "The contact is an e-mail address, for example ana@polder.nl.",
            )
            .because("field", "contact")),
            Self::Duns(number) if !number.trim().is_empty() && duns(number).is_none() => Err(Refusal::new(
                Rule::InvalidField,
                "A DUNS number has nine digits. Leave it empty if you do not know it.",
            )
            .because("field", "duns")),
            _ => Ok(()),
        }
    }

    pub(super) fn write(&self, deal: &mut Deal) {
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
            Self::Contact(contact) => {
                deal.contact = Some(contact.trim().to_owned()).filter(|contact| !contact.is_empty());
            }
            Self::Duns(number) => deal.duns = duns(number),
            Self::Tender(tender) => deal.tender = tender.then_some(true),
            Self::LostReason(reason) => deal.lost_reason = *reason,
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
/// history says when the author had not seen the overwritten value, except that amount and stage of an approved deal refuse
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

impl DealEdit {
    fn moves_stage(&self) -> bool {
        let of_stage = |field| matches!(field, DealField::Stage | DealField::LostReason);
        self.patch.iter().any(|patch| of_stage(patch.value.field()))
    }
}

impl Mutate for DealEdit {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Program>(ctx.program).row::<Deal>(self.deal);
        // A lost deal lets its customer go.
        if self.moves_stage() { with_claim(reads, so_far, self.deal) } else { reads }
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
        // It decides what becomes of the customer that the registration protects.
        if self.moves_stage() && actor.side == Side::Partner && actor.organization != deal.partner {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "Only the vendor and the company that registered the deal change its stage.",
            ));
        }
        let draft = deal.registration.status == Status::Draft;
        let today = ctx.now.date();
        let was_lost = state(&deal, today) == State::Lost;
        let mut changes = Vec::new();
        for FieldPatch { value, base } in &self.patch {
            value.check(&program)?;
            let field = value.field();
            let identity = !matches!(
                field,
                DealField::Title
                    | DealField::Amount
                    | DealField::CloseDate
                    | DealField::Stage
                    | DealField::LostReason
                    | DealField::Need
            );
            if identity && !draft {
                return Err(Refusal::new(
                    Rule::WrongState,
                    "Customer, product and region are what the registration protects. Withdraw it and \
                     register again to change them.",
                ));
            }
            let number = field as u8;
            let last = deal.field_seq.get(&number).copied().unwrap_or_default();
            let by = deal.field_by.get(&number).copied();
            let unseen = *base < last && by.is_some_and(|by| by != actor.member);
            if ctx.is_authoritative() && unseen {
                let strict = matches!(field, DealField::Amount | DealField::Stage)
                    && deal.registration.status.is_granted();
                if strict && !crate::planted!(StrictFieldOverwritten) {
                    return Err(Refusal::new(
                        Rule::StaleField,
                        "Somebody changed this in the meantime. Look at the present value and decide again.",
                    )
                    .because("field", format!("{field:?}")));
                }
            }
            let was = value.current(&deal);
            value.write(&mut deal);
            let now = value.current(&deal);
            // What a draft was before is nobody's business but the partner's, who may send it later.
            let kept = unseen || (was != now && !draft);
            if ctx.is_authoritative() && kept && !crate::planted!(HistoryNotKept) {
                let last = by.map(|by| (by, last));
                let change =
                    FieldChange { deal: self.deal, milestone: None, field: number, was, now, last, unseen };
                changes.push(change.kept(ctx, actor.member));
            }
            if crate::planted!(PatchWritesAll) && field != DealField::Need {
                deal.need = String::new();
            }
            if ctx.is_authoritative() {
                deal.field_seq.insert(number, ctx.seq);
                deal.field_by.insert(number, actor.member);
            }
        }
        if deal.stage != Stage::ClosedLost {
            deal.lost_reason = None;
        }
        // A draft holds no customer, and may be about another one by now.
        if self.moves_stage() && !draft {
            changes.extend(if was_lost && state(&deal, today) != State::Lost {
                claim_again(
                    ctx,
                    rows,
                    (self.deal, &deal),
                    Refusal::new(
                        Rule::ClaimTaken,
                        "Another registration protects this customer meanwhile, so the deal stays lost. Ask the vendor.",
                    ),
                )?
            } else {
                keep_claim(ctx, rows, self.deal, &deal)?
            });
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

/// Empty, or an address that mail can be sent to, as far as one can tell.
fn is_address(text: &str) -> bool {
    let long = text.chars().nth(254).is_some();
    let odd = text.chars().any(|c| c.is_control() || c.is_whitespace());
    text.is_empty()
        || (!long
            && !odd
            && text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')))
}
