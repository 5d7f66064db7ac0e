//! The rules of engagement, as they are applied: [`hits`] says what they find about a registration,
//! [`verdict`] what follows.
//!
//! The hub asks them when a registration arrives and looks into the vendor's whole list and all claims; a
//! device asks them beforehand, of what it has.

use crate::company::{Company, MatchKey, Weights, alike};
use crate::date::Date;
use crate::entity::{Account, Check, Deal, Effect, Hit, Listed, Relation, Terms};

/// What a registration says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The customer.
    pub company: Company,
    /// A public tender.
    pub tender: bool,
}

impl Subject {
    /// What a deal says.
    pub fn of(deal: &Deal) -> Self {
        Self { company: deal.company(), tender: deal.tender == Some(true) }
    }
}

impl Terms {
    /// The rules a program is founded with: only what seems to be registered already is held; the vendor
    /// is shown the rest, and decides.
    pub fn founding() -> Self {
        Self {
            protection_days: 90,
            decision_days: 3,
            weights: Weights { domain: 10_000, duns: 9_800, email: 9_000, name: 8_500 },
            same_from: 7_000,
            second_share: 5_000,
            activity_days: 90,
            existing_customer: Effect::Note,
            open_opportunity: Effect::Note,
            named_account: Effect::Note,
            public_tender: Effect::Note,
            other_registration: Effect::Hold,
        }
    }

    /// What follows from a check.
    pub fn effect(&self, check: Check) -> Effect {
        match check {
            Check::ExistingCustomer => self.existing_customer,
            Check::OpenOpportunity => self.open_opportunity,
            Check::NamedAccount => self.named_account,
            Check::PublicTender => self.public_tender,
            Check::OtherRegistration => self.other_registration,
        }
    }

    /// How sure it is that two companies are one, and by what; `None` below what these rules ask for.
    pub fn same(&self, one: &Company, other: &Company) -> Option<(MatchKey, u32)> {
        alike(&self.weights, one, other).filter(|(_, score)| *score >= self.same_from)
    }
}

impl Listed {
    /// What the rules look for of an account on the vendor's list, if anything.
    pub fn of(account: &Account) -> Option<Self> {
        let relation = account.relation.unwrap_or(Relation::Prospect);
        let named = account.named == Some(true);
        (relation != Relation::Prospect || named).then(|| Self {
            company: account.company(),
            relation,
            named,
            active_on: account.active_on,
            extra: Default::default(),
        })
    }

    /// What about it concerns a registration on the day `today`.
    pub fn checks(&self, terms: &Terms, today: Date) -> Vec<Check> {
        let days = i32::try_from(terms.activity_days).unwrap_or(i32::MAX);
        let open = self.relation == Relation::OpenOpportunity
            && self.active_on.is_none_or(|day| today.days_since(day) <= days);
        let customer = self.relation == Relation::Customer;
        [
            (customer, Check::ExistingCustomer),
            (open, Check::OpenOpportunity),
            (self.named, Check::NamedAccount),
        ]
        .into_iter()
        .filter_map(|(applies, check)| applies.then_some(check))
        .collect()
    }
}

/// What the rules find: of every check the surest hit, in the order of [`Check`]. `others` are the
/// customers of other partners' live registrations of the same product and region.
pub fn hits<'a>(
    terms: &Terms,
    subject: &Subject,
    listed: impl IntoIterator<Item = &'a Listed>,
    others: impl IntoIterator<Item = &'a Company>,
    today: Date,
) -> Vec<Hit> {
    let mut found: Vec<(Check, Option<MatchKey>, u32)> = Vec::new();
    if subject.tender {
        found.push((Check::PublicTender, None, 10_000));
    }
    for company in listed {
        let Some((key, score)) = terms.same(&subject.company, &company.company) else { continue };
        found.extend(company.checks(terms, today).into_iter().map(|check| (check, Some(key), score)));
    }
    for other in others {
        let same = terms.same(&subject.company, other);
        found.extend(same.map(|(key, score)| (Check::OtherRegistration, Some(key), score)));
    }
    // The surest first; of equals the plainest key, whatever the order in which they came.
    found.sort_by_key(|(check, key, score)| (*check, std::cmp::Reverse(*score), *key));
    found.dedup_by_key(|(check, ..)| *check);
    let hit = |(check, key, score)| Hit { check, key, score, effect: terms.effect(check) };
    found.into_iter().map(hit).filter(|hit| hit.effect != Effect::Off).collect()
}

/// What follows from all hits together: the strongest of what follows from each, and from which of them.
pub fn verdict(hits: &[Hit]) -> Option<&Hit> {
    hits.iter().rev().max_by_key(|hit| hit.effect)
}
