//! The rules of engagement: publishing them, and what a registration is checked against.

use super::*;
use crate::company::keys;
use crate::engagement::{Subject, hits, verdict};
use crate::entity::{
    Check, Claim, Deal, Effect, Finding, Listed, Program, RejectionRule, Rules, Status, Terms, claims_under,
    listed_under, rules_id,
};
use crate::row::RowKey;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// Publishes a new version of the rules of engagement. It counts for what arrives and is decided from then
/// on; what was decided before keeps the version that it cites.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RulesPublish {
    /// The new version: one more than the present one. Somebody else's that came first is not written over.
    #[n(1)]
    pub version: u32,
    /// What the rules say.
    #[n(2)]
    pub terms: Terms,
    /// What is different and why, for people.
    #[n(3)]
    pub note: String,
}

impl Mutate for RulesPublish {
    fn lane(&self) -> ScopeId {
        ScopeId::Program
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Program>(ctx.program).row::<Rules>(rules_id(self.version))
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.side != Side::Vendor || !matches!(actor.role, Role::Admin | Role::ChannelManager) {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "Only the vendor's administrators and channel managers change the rules of engagement.",
            ));
        }
        check_text("The note", &self.note, 500)?;
        check_terms(&self.terms)?;
        let mut program: Program = rows.need(ctx.program, "program")?;
        if self.version != program.rules_version() + 1 {
            return Err(Refusal::new(
                Rule::StaleField,
                "Somebody published other rules in the meantime. Look at them and decide again.",
            )
            .because("Version", program.rules_version()));
        }
        program.rules = Some(self.version);
        program.protection_days = self.terms.protection_days;
        program.decision_days = self.terms.decision_days;
        let rules = Rules {
            version: self.version,
            terms: self.terms.clone(),
            note: self.note.trim().to_owned(),
            published_by: actor.member,
            published_at: ctx.now,
            extra: Default::default(),
        };
        Ok(vec![
            RowChange::put(rules_id(self.version), ScopeId::Program, &rules),
            RowChange::put(ctx.program, ScopeId::Program, &program),
        ])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("Everybody in the program has these rules now. Publish another version to change them.")
    }
}

fn check_terms(terms: &Terms) -> Result<(), Refusal> {
    let Terms { weights, .. } = terms;
    let within = |value: u32, low: u32, high: u32| (low..=high).contains(&value);
    let weights = [weights.domain, weights.duns, weights.email, weights.name];
    let sound = within(terms.protection_days, 1, 730)
        && within(terms.decision_days, 1, 60)
        && within(terms.activity_days, 1, 730)
        && within(terms.same_from, 5_000, 10_000)
        && within(terms.second_share, 1, 9_999)
        && weights.iter().all(|weight| *weight <= 10_000);
    if terms.other_registration == Effect::Reject {
        return Err(Refusal::new(
            Rule::InvalidField,
            "Another partner's registration is held at most: nobody has looked at what it says.",
        ));
    }
    if sound {
        return Ok(());
    }
    Err(Refusal::new(
        Rule::InvalidField,
        "A number of the rules is out of range: 1 to 730 days of protection and activity, 1 to 60 days to \
         decide, 50 to 100 % for the same company, and a share of less than all.",
    ))
}

impl Program {
    /// The version of the rules of engagement in force.
    pub fn rules_version(&self) -> u32 {
        self.rules.unwrap_or(1)
    }
}

/// Adds what the rules are and what they look into, once the program and the customer are known. Nothing on
/// a device: it has neither the vendor's list nor the claims.
pub(super) fn with_rules(ctx: &Context, mut reads: ReadSet, so_far: &Rows, deal: Option<&Deal>) -> ReadSet {
    let (Ok(Some(program)), Some(deal)) = (so_far.get::<Program>(ctx.program), deal) else { return reads };
    if !ctx.is_authoritative() {
        return reads;
    }
    if let Some(version) = program.rules {
        reads = reads.row::<Rules>(rules_id(version));
    }
    for key in keys(&deal.company()) {
        reads = reads.lookup(listed_under(&key)).lookup(claims_under(&deal.product, &deal.region, &key));
    }
    reads
}

/// The rules in force.
fn terms(program: &Program, rows: &Rows) -> Result<Terms, Refusal> {
    match program.rules {
        Some(version) => Ok(rows.need::<Rules>(rules_id(version), "version of the rules")?.terms),
        None => Ok(Terms::founding()),
    }
}

/// Checks a registration that the hub has received, and does what the rules say.
pub(super) fn check_rules(
    ctx: &Context,
    rows: &Rows,
    program: &Program,
    id: DealId,
    deal: &mut Deal,
) -> Result<(), Refusal> {
    let terms = terms(program, rows)?;
    let subject = Subject::of(deal);
    let today = ctx.now.date();
    // A company may be found in several ways.
    let (mut on_list, mut claims): (BTreeSet<RowKey>, BTreeSet<RowKey>) = Default::default();
    for key in keys(&subject.company) {
        on_list.extend(rows.under(&listed_under(&key))?);
        claims.extend(rows.under(&claims_under(&deal.product, &deal.region, &key))?);
    }
    let mut listed = Vec::with_capacity(on_list.len());
    for row in on_list {
        listed.extend(rows.get::<Listed>(row.id)?);
    }
    let mut others = Vec::new();
    for row in claims {
        let claim = rows.get::<Claim>(row.id)?;
        let live = claim
            .filter(|claim| claim.deal != id && claim.organization != deal.partner && !claim.is_free(today));
        others.extend(live.and_then(|claim| claim.of).map(|claimed| claimed.company));
    }
    let hits = hits(&terms, &subject, &listed, &others, today);
    if let Some(strongest) = verdict(&hits) {
        match strongest.effect {
            Effect::Reject => {
                deal.registration.status = Status::Rejected;
                deal.registration.rule = Some(cited(strongest.check));
                deal.registration.decided_at = Some(ctx.now);
            }
            Effect::Hold => deal.registration.status = Status::ConflictHold,
            Effect::Note | Effect::Off => {}
        }
    }
    deal.finding = Some(Finding { rules: program.rules_version(), at: ctx.now, hits });
    Ok(())
}

/// What a rejection by the rules cites.
fn cited(check: Check) -> RejectionRule {
    match check {
        Check::ExistingCustomer => RejectionRule::ExistingCustomer,
        Check::OpenOpportunity => RejectionRule::OpenOpportunity,
        Check::NamedAccount => RejectionRule::NamedAccount,
        Check::PublicTender => RejectionRule::PublicTender,
        Check::OtherRegistration => RejectionRule::OtherRegistration,
    }
}
