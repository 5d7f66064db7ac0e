//! The rules of engagement as people see, try and publish them, and what they find on this device.

use crate::app::App;
use crate::deals::{chosen, small};
use crate::dto::{
    AccountMark, CheckRule, Checked, CommandError, Course, Done, DuplicateOf, EffectName, Evidence,
    FindingView, HitView, InProgram, OneOf, Replay, ReplayChange, RulesCheck, RulesPage, RulesPublish,
    RulesReplay, RulesVersion, TermsForm,
};
use crate::map;
use crate::people::Faces;
use crate::session::Joined;
use domain::claim::{normal_name, registrable_domain};
use domain::company::{Company, Weights, duns, email_domain};
use domain::engagement::{self, Subject};
use domain::entity::{
    Account, Check, Deal, Effect, Finding, Hit, Listed, Relation, Role, Rules, Side, Terms,
};
use domain::mutation::{self, AccountDraft};
use domain::{AccountId, Date, DealId, OrganizationId, Timestamp, registration};
use std::cmp::Reverse;
use std::sync::Arc;
use store::query::engagement::{Alike, alike, rules, sent};

/// Registrations that a change of the rules is tried on.
const TRIED: u32 = 1_000;
/// Of which so many are looked up together.
const AT_ONCE: usize = 50;
/// Of those that come out differently, how many are shown.
const SHOWN: usize = 100;
/// Rows of evidence with one check.
const EVIDENCE: usize = 8;

impl App {
    pub(crate) async fn rules(self: &Arc<Self>, asked: InProgram) -> Result<RulesPage, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let me = faces.me()?;
        let all = rules(&joined.store).await.map_err(|error| map::store_error(&error))?;
        let mark = all.first().map(|latest| latest.mark).unwrap_or_default();
        let mut versions: Vec<RulesVersion> =
            all.iter().map(|published| version(&published.rules, &faces)).collect();
        versions.push(RulesVersion {
            version: 1,
            terms: form(&Terms::founding()),
            note: String::new(),
            published_by: None,
            published_at: None,
        });
        Ok(RulesPage {
            vendor_name: faces.vendor_name(),
            versions,
            may_publish: me.side == Side::Vendor && matches!(me.role, Role::Admin | Role::ChannelManager),
            mark: map::mark(
                mark,
                joined.with_link(|link| link.status().borrow().sent).unwrap_or_default(),
                false,
            ),
        })
    }

    pub(crate) async fn rules_publish(self: &Arc<Self>, asked: RulesPublish) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let terms = terms_of(&asked.terms);
        let publish =
            mutation::RulesPublish { version: asked.from.saturating_add(1), terms, note: asked.note };
        self.act(&joined, None, publish).await
    }

    /// Says which of the latest registrations would have come out differently under other rules. The
    /// vendor's list is taken as it is today, other registrations as they stood when each was sent.
    pub(crate) async fn rules_replay(self: &Arc<Self>, asked: RulesReplay) -> Result<Replay, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let (_, present) = faces.rules();
        let changed = terms_of(&asked.terms);
        let failed = |error| map::store_error(&error);
        let sent = sent(&joined.store, TRIED).await.map_err(failed)?;
        let mut replay = Replay {
            total: small(sent.total),
            tried: small(sent.latest.len() as u64),
            changes: Vec::new(),
            changed: 0,
        };
        for deals in sent.latest.chunks(AT_ONCE) {
            let companies: Vec<Company> = deals.iter().map(|(_, deal)| deal.company()).collect();
            let all_alike = alike(&joined.store, &companies).await.map_err(failed)?;
            for ((id, deal), alike) in deals.iter().zip(all_alike) {
                let (found, subject) = (Found::before(*id, deal, alike), Subject::of(deal));
                let made_of = |terms| course(&found.hits(terms, &subject, sent_on(deal).date()));
                let (before, after) = (made_of(&present), made_of(&changed));
                if before.1 == after.1 {
                    continue;
                }
                replay.changed += 1;
                if replay.changes.len() < SHOWN {
                    replay.changes.push(ReplayChange {
                        deal: id.to_string(),
                        title: deal.title.clone(),
                        customer: deal.customer.name.clone(),
                        partner_name: faces.organization_name(deal.partner),
                        before: before.1,
                        after: after.1,
                        check: after.0.or(before.0).map(map::check),
                    });
                }
            }
        }
        Ok(replay)
    }

    pub(crate) async fn rules_check(self: &Arc<Self>, asked: RulesCheck) -> Result<Checked, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let program = faces.directory.program.as_ref().ok_or_else(|| CommandError::not_found("program"))?;
        let asking = Asking {
            subject: Subject {
                company: Company {
                    name: asked.customer.trim().to_owned(),
                    domain: registrable_domain(&asked.domain).unwrap_or_default(),
                    country: asked.country.trim().to_uppercase(),
                    duns: duns(&asked.duns),
                    email: email_domain(&asked.contact),
                },
                tender: asked.tender,
            },
            product: chosen(&asked.product, &program.products),
            region: chosen(&asked.region, &program.regions),
            own: asked.deal.as_deref().map(map::id).transpose()?,
            partner: faces.me()?.organization,
        };
        let (version, terms) = faces.rules();
        let found = found(&joined, &faces, &asking).await?;
        let hits = found.hits(&terms, &asking.subject, Self::now().date());
        let company = &asking.subject.company;
        let own = found.live.iter().find(|(_, deal)| {
            deal.partner == found.partner
                && !company.domain.is_empty()
                && deal.customer.domain == company.domain
        });
        Ok(Checked {
            version,
            course: course(&hits).1,
            duplicate: own.map(|(id, deal)| DuplicateOf { deal: id.to_string(), title: deal.title.clone() }),
            hits: hits.iter().map(hit).collect(),
        })
    }

    /// What there is on this device about the customer of a registration, for whoever decides it.
    pub(crate) async fn rules_evidence(
        self: &Arc<Self>,
        asked: OneOf,
    ) -> Result<Vec<Evidence>, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let id: DealId = map::id(&asked.id)?;
        let deal: Option<Deal> = joined.store.entity(id).await.map_err(|error| map::store_error(&error))?;
        let deal = deal.ok_or_else(|| CommandError::not_found("deal"))?;
        let asking = Asking {
            subject: Subject::of(&deal),
            product: deal.product,
            region: deal.region,
            own: Some(id),
            partner: deal.partner,
        };
        let found = found(&joined, &faces, &asking).await?;
        let mut evidence = found.evidence(&faces.rules().1, &asking.subject.company, &faces);
        evidence.sort_by_key(|one| Reverse(one.score));
        evidence.truncate(EVIDENCE);
        Ok(evidence)
    }

    pub(crate) async fn account_mark(self: &Arc<Self>, asked: AccountMark) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let id: AccountId = map::id(&asked.account)?;
        let account: Option<Account> =
            joined.store.entity(id).await.map_err(|error| map::store_error(&error))?;
        let account = account.ok_or_else(|| CommandError::not_found("account"))?;
        let organization = Faces::of(&joined).await?.me()?.organization;
        let relation = map::relation_of(asked.relation);
        // Whoever says that somebody works there now says so today.
        let active_on = match (relation, account.relation) {
            (Relation::OpenOpportunity, Some(Relation::OpenOpportunity)) => account.active_on,
            (Relation::OpenOpportunity, _) => Some(Self::now().date()),
            _ => None,
        };
        let draft = AccountDraft {
            relation: Some(relation),
            named: Some(asked.named),
            active_on,
            ..AccountDraft::of(id, account)
        };
        let put = mutation::AccountsPut { organization, accounts: vec![draft] };
        self.act(&joined, Some(asked.account), put).await
    }
}

/// What is asked about a registration.
struct Asking {
    subject: Subject,
    product: String,
    region: String,
    /// The registration itself, which is no other one.
    own: Option<DealId>,
    partner: OrganizationId,
}

/// What is here about a customer: of the vendor its list and all registrations, of a partner its own.
struct Found {
    accounts: Vec<Account>,
    /// Registrations that keep others away.
    live: Vec<(DealId, Deal)>,
    /// Whose registration it is about.
    partner: OrganizationId,
}

async fn found(joined: &Joined, faces: &Faces, asking: &Asking) -> Result<Found, CommandError> {
    let found = alike(&joined.store, std::slice::from_ref(&asking.subject.company)).await;
    let Alike { accounts, deals } =
        found.map_err(|error| map::store_error(&error))?.pop().unwrap_or_default();
    // What a partner has on its list says nothing of the vendor.
    let vendor = faces.me()?.side == Side::Vendor;
    let today = App::now().date();
    let live = |(id, deal): &(DealId, Deal)| {
        Some(*id) != asking.own
            && is_about(deal, &asking.product, &asking.region)
            && registration::is_live(deal, today)
    };
    Ok(Found {
        accounts: accounts.into_iter().filter(|_| vendor).map(|(_, account)| account).collect(),
        live: deals.into_iter().filter(live).collect(),
        partner: asking.partner,
    })
}

impl Found {
    /// What there was when a registration was sent: the list as it is today, other registrations as they
    /// stood then.
    fn before(id: DealId, deal: &Deal, alike: Alike) -> Self {
        let sent = sent_on(deal);
        let live = |(other, found): &(DealId, Deal)| {
            *other != id
                && found.registration.submitted_at.is_some_and(|at| at < sent)
                && is_about(found, &deal.product, &deal.region)
                && registration::is_live(found, sent.date())
        };
        Self {
            accounts: alike.accounts.into_iter().map(|(_, account)| account).collect(),
            live: alike.deals.into_iter().filter(live).collect(),
            partner: deal.partner,
        }
    }

    fn hits(&self, terms: &Terms, subject: &Subject, today: Date) -> Vec<Hit> {
        let listed: Vec<Listed> = self.accounts.iter().filter_map(Listed::of).collect();
        let others = self.live.iter().filter(|(_, deal)| deal.partner != self.partner);
        let others: Vec<Company> = others.map(|(_, deal)| deal.company()).collect();
        engagement::hits(terms, subject, &listed, &others, today)
    }

    fn evidence(&self, terms: &Terms, company: &Company, faces: &Faces) -> Vec<Evidence> {
        let accounts = self.accounts.iter().filter_map(|account| {
            let (key, score) = terms.same(company, &account.company())?;
            Some(Evidence {
                deal: None,
                name: account.name.clone(),
                domain: account.domain.clone(),
                by: account.owner.clone(),
                relation: account.relation.map(map::relation),
                named: account.named == Some(true),
                active_on: account.active_on.map(|day| day.to_string()),
                key: map::match_key(key),
                score,
            })
        });
        let deals = self.live.iter().filter_map(|(id, deal)| {
            let (key, score) = terms.same(company, &deal.company())?;
            Some(Evidence {
                deal: Some(id.to_string()),
                name: deal.customer.name.clone(),
                domain: deal.customer.domain.clone(),
                by: faces.organization_name(deal.partner),
                relation: None,
                named: false,
                active_on: None,
                key: map::match_key(key),
                score,
            })
        });
        accounts.chain(deals).collect()
    }
}

fn is_about(deal: &Deal, product: &str, region: &str) -> bool {
    normal_name(&deal.product) == normal_name(product) && normal_name(&deal.region) == normal_name(region)
}

fn sent_on(deal: &Deal) -> Timestamp {
    deal.registration.submitted_at.unwrap_or(deal.created_at)
}

/// What follows from hits, and from which check.
fn course(hits: &[Hit]) -> (Option<Check>, Course) {
    match engagement::verdict(hits).map(|hit| (hit.check, hit.effect)) {
        Some((check, Effect::Hold)) => (Some(check), Course::Held),
        Some((check, Effect::Reject)) => (Some(check), Course::Rejected),
        _ => (None, Course::Goes),
    }
}

fn version(rules: &Rules, faces: &Faces) -> RulesVersion {
    RulesVersion {
        version: rules.version,
        terms: form(&rules.terms),
        note: rules.note.clone(),
        published_by: Some(faces.person(rules.published_by)),
        published_at: Some(map::at(rules.published_at)),
    }
}

/// What was found, for both sides.
pub(crate) fn finding(finding: &Finding) -> FindingView {
    FindingView { version: finding.rules, hits: finding.hits.iter().map(hit).collect() }
}

fn hit(hit: &Hit) -> HitView {
    HitView {
        check: map::check(hit.check),
        key: hit.key.map(map::match_key),
        score: hit.score,
        effect: map::effect(hit.effect),
    }
}

/// Rules as the window shows and changes them.
pub(crate) fn form(terms: &Terms) -> TermsForm {
    TermsForm {
        protection_days: terms.protection_days,
        decision_days: terms.decision_days,
        second_share: terms.second_share,
        activity_days: terms.activity_days,
        same_from: terms.same_from,
        domain: terms.weights.domain,
        duns: terms.weights.duns,
        email: terms.weights.email,
        name: terms.weights.name,
        checks: Check::ALL
            .into_iter()
            .map(|check| CheckRule { check: map::check(check), effect: map::effect(terms.effect(check)) })
            .collect(),
    }
}

/// A check that the form does not name is off.
fn terms_of(form: &TermsForm) -> Terms {
    let effect = |check: Check| {
        let named = form.checks.iter().find(|rule| map::check_of(rule.check) == check);
        named.map_or(EffectName::Off, |rule| rule.effect)
    };
    let effect = |check| map::effect_of(effect(check));
    Terms {
        protection_days: form.protection_days,
        decision_days: form.decision_days,
        weights: Weights { domain: form.domain, duns: form.duns, email: form.email, name: form.name },
        same_from: form.same_from,
        second_share: form.second_share,
        activity_days: form.activity_days,
        existing_customer: effect(Check::ExistingCustomer),
        open_opportunity: effect(Check::OpenOpportunity),
        named_account: effect(Check::NamedAccount),
        public_tender: effect(Check::PublicTender),
        other_registration: effect(Check::OtherRegistration),
    }
}
