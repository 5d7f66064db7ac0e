//! Deals and registrations.

use crate::app::App;
use crate::dto::{
    Code, CommandError, Counterpart, DealDetail, DealEdit, DealForm, DealMay, DealQuery, DealRow, DealSort,
    DealWindow, Done, InProgram, Lens, Money, OneOf, RegisterOptions, Similar, SimilarQuery,
};
use crate::people::Faces;
use crate::session::{Joined, commit_error};
use crate::{court, map, registrations, say, sync_page, words};
use domain::entity::{Customer, Deal, Role, Side, Status};
use domain::mutation::{self, DealRegister, DealValue, FieldPatch};
use domain::{Actor, Date, DealId, OrganizationId, ScopeId, Undo, registration};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::query::deals::{self, DealLine, Filter, InCourt, SimilarTo, Sort};

/// Most rows in one answer.
const WINDOW_MAX: u32 = 200;
/// Similar deals and accounts shown while typing.
const SIMILAR_MAX: usize = 5;

/// One program looked at through a lens.
pub(crate) struct Looked {
    pub joined: Arc<Joined>,
    pub faces: Faces,
    /// Only deals of this partner.
    pub partner: Option<OrganizationId>,
    /// Highest own mutation handed to the line.
    pub sent: u64,
}

impl App {
    /// The programs that a lens lets through, each with the partner it narrows to.
    pub(crate) async fn through(&self, lens: &Lens) -> Result<Vec<Looked>, CommandError> {
        let mut looked = Vec::new();
        for joined in self.session()?.programs() {
            if lens.program.as_ref().is_some_and(|program| *program != joined.id.to_string()) {
                continue;
            }
            if joined.store.is_locked() {
                continue;
            }
            let faces = Faces::of(&joined).await?;
            if faces.directory.me.is_none() {
                continue;
            }
            let mut partner = None;
            if let Some(counterpart) = &lens.counterpart {
                let id: OrganizationId = map::id(counterpart)?;
                match faces.directory.organizations.get(&id).map(|organization| organization.side) {
                    // Seen from a partner the vendor is in every deal.
                    Some(Side::Vendor) => {}
                    Some(Side::Partner) => partner = Some(id),
                    None => continue,
                }
            }
            let sent = joined.with_link(|link| link.status().borrow().sent).unwrap_or(0);
            looked.push(Looked { joined, faces, partner, sent });
        }
        Ok(looked)
    }

    pub(crate) async fn deal_list(self: &Arc<Self>, asked: DealQuery) -> Result<DealWindow, CommandError> {
        let limit = asked.limit.min(WINDOW_MAX);
        let sort = match asked.sort {
            DealSort::Activity => Sort::Activity,
            DealSort::CloseDate => Sort::CloseDate,
            DealSort::Amount => Sort::Amount,
            DealSort::Title => Sort::Title,
        };
        let mut answer = DealWindow { total: 0, all: 0, sums: Vec::new(), rows: Vec::new() };
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let mut lines: Vec<(DealLine, DealRow)> = Vec::new();
        let looked = self.through(&asked.lens).await?;
        // One program: its window is the answer. Several: each gives its first rows, which are merged.
        let (offset, first) = match looked.len() {
            1 => (asked.offset, limit),
            _ => (0, asked.offset.saturating_add(limit)),
        };
        for looked in looked {
            let side = looked.faces.me()?.side;
            let filter = Filter {
                text: asked.text.clone(),
                stage: asked.stage.map(map::stage_of),
                status: asked.status.map(|status| (map::state_of(status), Self::now().date())),
                partner: looked.partner,
                court: asked
                    .court
                    .map(|court| map::court_of(court, side).map_or(InCourt::Nobody, InCourt::Of)),
                include_closed: asked.include_closed,
            };
            let window = deals::window(&looked.joined.store, &filter, sort, offset, first)
                .await
                .map_err(|error| map::store_error(&error))?;
            answer.total = answer.total.saturating_add(small(window.total));
            answer.all = answer.all.saturating_add(small(window.all));
            for sum in window.sums {
                *sums.entry(sum.currency).or_default() += sum.minor;
            }
            for line in window.rows {
                let row = row(&looked, &line)?;
                lines.push((line, row));
            }
        }
        if offset == 0 && lines.len() > 1 {
            lines.sort_by(|(a, _), (b, _)| match sort {
                Sort::Activity => b.activity_at.cmp(&a.activity_at),
                Sort::CloseDate => a.deal.close_date.cmp(&b.deal.close_date),
                Sort::Amount => b.deal.amount.minor.cmp(&a.deal.amount.minor),
                Sort::Title => a.deal.title.to_lowercase().cmp(&b.deal.title.to_lowercase()),
            });
        }
        let skip = if offset == asked.offset { 0 } else { asked.offset };
        answer.rows =
            lines.into_iter().map(|(_, row)| row).skip(skip as usize).take(limit as usize).collect();
        answer.sums = sums.into_iter().map(|(currency, minor)| Money { minor, currency }).collect();
        Ok(answer)
    }

    /// One program, looked at without a lens.
    pub(crate) async fn looked_at(&self, program: &str) -> Result<Looked, CommandError> {
        self.program(program)?.store.unlocked().map_err(|error| map::store_error(&error))?;
        let lens = Lens { program: Some(program.to_owned()), counterpart: None };
        self.through(&lens).await?.pop().ok_or_else(|| CommandError::not_found("program"))
    }

    /// One deal, with the program it is looked at through.
    pub(crate) async fn one_deal(
        &self,
        program: &str,
        deal: &str,
    ) -> Result<(Looked, DealLine), CommandError> {
        let looked = self.looked_at(program).await?;
        let id: DealId = map::id(deal)?;
        let store = &looked.joined.store;
        let store_error = |error: store::StoreError| map::store_error(&error);
        if let Some(line) = deals::get(store, id).await.map_err(store_error)? {
            return Ok((looked, line));
        }
        if store.is_taken_away(ScopeId::Deal(id)).await.map_err(store_error)? {
            let message = say!("Your access to this deal has ended. It was removed from this device.");
            return Err(CommandError::new(Code::AccessEnded, message));
        }
        Err(CommandError::not_found("deal"))
    }

    pub(crate) async fn deal_get(self: &Arc<Self>, asked: OneOf) -> Result<DealDetail, CommandError> {
        let (looked, line) = self.one_deal(&asked.program, &asked.id).await?;
        let row = row(&looked, &line)?;
        let faces = &looked.faces;
        let me = faces.me()?;
        let deal = &line.deal;
        let guests = deal.guests.as_deref().unwrap_or_default();
        let in_room = |organization| {
            Some(organization) == faces.vendor()
                || organization == deal.partner
                || guests.contains(&organization)
        };
        let people = faces
            .directory
            .members
            .iter()
            .filter(|(_, member)| in_room(member.organization) && member.left_at.is_none());
        Ok(DealDetail {
            customer_domain: deal.customer.domain.clone(),
            customer_country: deal.customer.country.clone(),
            product: deal.product.clone(),
            region: deal.region.clone(),
            need: deal.need.clone(),
            contact: deal.contact.clone().unwrap_or_default(),
            duns: deal.duns.clone().unwrap_or_default(),
            tender: deal.tender == Some(true),
            lost_reason: deal.lost_reason.map(map::lost_reason),
            registered_by: faces.person(deal.registered_by),
            partner_name: named(faces.organization_name(deal.partner)),
            guests: guests
                .iter()
                .map(|id| Counterpart { id: id.to_string(), name: named(faces.organization_name(*id)) })
                .collect(),
            vendor_name: faces.vendor_name(),
            registration: registrations::view(&looked, deal, me),
            may: may(deal, me),
            my_side: map::side(me.side),
            people: people.map(|(id, _)| faces.person(*id)).collect(),
            row,
        })
    }

    pub(crate) async fn deal_form(self: &Arc<Self>, asked: OneOf) -> Result<DealForm, CommandError> {
        let joined = self.program(&asked.program)?;
        let id: DealId = map::id(&asked.id)?;
        if let Some((_, register)) = sync_page::refused_registration(&joined, id).await? {
            return Ok(form_of(&asked.program, &register));
        }
        let deal: Option<Deal> = joined.store.entity(id).await.map_err(|error| map::store_error(&error))?;
        let deal = deal.ok_or_else(|| CommandError::not_found("deal"))?;
        let register = DealRegister {
            deal: id,
            title: deal.title,
            customer: deal.customer,
            product: deal.product,
            region: deal.region,
            need: deal.need,
            amount: deal.amount,
            close_date: deal.close_date,
            submit: deal.registration.status != Status::Draft,
            stage: None,
            contact: deal.contact,
            duns: deal.duns,
            tender: deal.tender,
        };
        Ok(form_of(&asked.program, &register))
    }

    pub(crate) async fn deal_similar(
        self: &Arc<Self>,
        asked: SimilarQuery,
    ) -> Result<Vec<Similar>, CommandError> {
        let joined = self.program(&asked.program)?;
        let domain = domain::claim::registrable_domain(&asked.domain).unwrap_or_default();
        let found = deals::similar(&joined.store, asked.customer.trim(), &domain, SIMILAR_MAX)
            .await
            .map_err(|error| map::store_error(&error))?;
        Ok(found
            .into_iter()
            .map(|similar| {
                let reason = if similar.same_domain { say!("same domain") } else { say!("similar name") };
                match similar.what {
                    SimilarTo::Deal(id, deal) => Similar {
                        status: Some(map::state(registration::state(&deal, Self::now().date()))),
                        deal: Some(id.to_string()),
                        title: deal.title,
                        customer: deal.customer.name,
                        domain: deal.customer.domain,
                        country: deal.customer.country,
                        reason,
                    },
                    SimilarTo::Account(_, account) => Similar {
                        deal: None,
                        title: account.name.clone(),
                        customer: account.name,
                        domain: account.domain,
                        country: account.country,
                        status: None,
                        reason,
                    },
                }
            })
            .collect())
    }

    pub(crate) async fn register_options(
        self: &Arc<Self>,
        asked: InProgram,
    ) -> Result<RegisterOptions, CommandError> {
        let joined = self.program(&asked.program)?;
        let program = Faces::of(&joined).await?.directory.program.clone();
        let program = program.ok_or_else(|| CommandError::not_found("program"))?;
        Ok(RegisterOptions {
            products: program.products,
            regions: program.regions,
            currency: program.currency,
            protection_days: program.protection_days,
            decision_days: program.decision_days,
        })
    }

    /// Writes a draft or sends a registration. A refused registration that was edited takes the place
    /// of the refused one, and what was parked behind it goes out after it.
    pub(crate) async fn deal_register(self: &Arc<Self>, asked: DealForm) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let program = Faces::of(&joined).await?.directory.program.clone();
        let program = program.ok_or_else(|| CommandError::not_found("program"))?;
        let known: Option<DealId> = asked.deal.as_deref().map(map::id).transpose()?;
        let id = known.unwrap_or_else(|| DealId(map::new_id()));
        let register = DealRegister {
            deal: id,
            title: asked.title.trim().to_owned(),
            customer: Customer {
                name: asked.customer.trim().to_owned(),
                domain: asked.domain.trim().to_owned(),
                country: asked.country.trim().to_uppercase(),
            },
            product: chosen(&asked.product, &program.products),
            region: chosen(&asked.region, &program.regions),
            need: asked.need.trim().to_owned(),
            amount: map::amount(&asked.amount),
            close_date: map::date(&asked.close_date)?,
            submit: asked.submit,
            stage: None,
            contact: Some(asked.contact.trim().to_owned()).filter(|text| !text.is_empty()),
            duns: Some(asked.duns.trim().to_owned()).filter(|text| !text.is_empty()),
            tender: Some(asked.tender).filter(|tender| *tender),
        };
        if known.is_some() {
            if let Some((refused, _)) = sync_page::refused_registration(&joined, id).await? {
                let replaced =
                    joined.store.replace(refused, domain::Mutation::from(register), Self::now()).await;
                replaced.map_err(|error| commit_error(&error))?;
                return Ok(Done { id: Some(id.to_string()), ..Done::default() });
            }
            return self.save_draft(&joined, id, register).await;
        }
        self.act(&joined, Some(id.to_string()), register).await
    }

    /// Brings a draft to what the form says, and sends it when asked to.
    async fn save_draft(
        &self,
        joined: &Joined,
        id: DealId,
        form: DealRegister,
    ) -> Result<Done, CommandError> {
        let deal: Option<Deal> = joined.store.entity(id).await.map_err(|error| map::store_error(&error))?;
        let deal = deal.ok_or_else(|| CommandError::not_found("deal"))?;
        let values = [
            DealValue::Title(form.title),
            DealValue::Customer(form.customer),
            DealValue::Product(form.product),
            DealValue::Region(form.region),
            DealValue::Need(form.need),
            DealValue::Amount(form.amount),
            DealValue::CloseDate(form.close_date),
            DealValue::Contact(form.contact.unwrap_or_default()),
            DealValue::Duns(form.duns.unwrap_or_default()),
            DealValue::Tender(form.tender == Some(true)),
        ];
        let patch = values.into_iter().map(|value| FieldPatch::on(&deal, value)).collect();
        let mut changes = vec![mutation::DealEdit { deal: id, patch }.into()];
        if form.submit {
            changes.push(mutation::RegistrationSubmit { deal: id }.into());
        }
        let committed = joined.store.commit_all(changes, Self::now()).await;
        let last = committed.map_err(|error| commit_error(&error))?.pop();
        // What a draft says is taken back in its form; what was sent, as it says itself.
        let stays = match last.map(|last| last.undo) {
            Some(Undo::No(why)) => Some(words::sentence(why)),
            _ => None,
        };
        Ok(Done { id: Some(id.to_string()), undo: None, stays })
    }

    pub(crate) async fn deal_edit(self: &Arc<Self>, asked: DealEdit) -> Result<Done, CommandError> {
        let (looked, line) = self.one_deal(&asked.program, &asked.deal).await?;
        let close_date = asked.close_date.as_deref().map(map::date).transpose()?;
        let values = [
            asked.title.map(|title| DealValue::Title(title.trim().to_owned())),
            asked.amount.map(|amount| DealValue::Amount(map::amount(&amount))),
            close_date.map(DealValue::CloseDate),
            asked.stage.map(|stage| DealValue::Stage(map::stage_of(stage))),
            asked.lost_reason.map(|reason| DealValue::LostReason(Some(map::lost_reason_of(reason)))),
            asked.need.map(|need| DealValue::Need(need.trim().to_owned())),
        ];
        let patch: Vec<_> =
            values.into_iter().flatten().map(|value| FieldPatch::on(&line.deal, value)).collect();
        if patch.is_empty() {
            return Ok(Done::default());
        }
        self.act(&looked.joined, Some(asked.deal), mutation::DealEdit { deal: line.id, patch }).await
    }
}

/// What was chosen of a list: the first when nothing was.
pub(crate) fn chosen(text: &str, list: &[String]) -> String {
    match text.trim() {
        "" => list.first().cloned().unwrap_or_default(),
        text => text.to_owned(),
    }
}

/// A registration as the form shows it.
pub(crate) fn form_of(program: &str, register: &DealRegister) -> DealForm {
    DealForm {
        program: program.to_owned(),
        deal: Some(register.deal.to_string()),
        customer: register.customer.name.clone(),
        domain: register.customer.domain.clone(),
        title: register.title.clone(),
        amount: map::money(&register.amount),
        close_date: register.close_date.to_string(),
        country: register.customer.country.clone(),
        product: register.product.clone(),
        region: register.region.clone(),
        need: register.need.clone(),
        contact: register.contact.clone().unwrap_or_default(),
        duns: register.duns.clone().unwrap_or_default(),
        tender: register.tender == Some(true),
        submit: register.submit,
    }
}

/// A deal as a row of a list.
pub(crate) fn row(looked: &Looked, line: &DealLine) -> Result<DealRow, CommandError> {
    let Looked { joined, faces, sent, .. } = looked;
    let side = faces.me()?.side;
    let deal = &line.deal;
    let today: Date = App::today_here();
    let court = line.court(today);
    let state = registration::state(deal, App::now().date());
    let counterpart = match side {
        Side::Vendor => faces.organization_name(deal.partner),
        Side::Partner => faces.vendor_name(),
    };
    Ok(DealRow {
        program: joined.id.to_string(),
        id: line.id.to_string(),
        number: deal.number,
        title: deal.title.clone(),
        customer: deal.customer.name.clone(),
        counterpart,
        amount: map::money(&deal.amount),
        stage: map::stage(deal.stage),
        status: map::state(state),
        court: map::court(court.side, side),
        court_reason: court::reason(&court.why),
        close_date: deal.close_date.to_string(),
        activity_at: map::at(line.activity_at),
        unread: small(line.unread),
        mark: map::mark(line.mark, *sent, state.awaits_decision() && side == Side::Partner),
        waits: line.waits,
    })
}

/// A company by its name; partners do not see each other's.
fn named(name: String) -> String {
    if name.is_empty() { say!("Another partner") } else { name }
}

/// What a member may do with a deal now: the same rules that decide it, asked beforehand.
fn may(deal: &Deal, me: &Actor) -> DealMay {
    let status = deal.registration.status;
    let acts = me.role != Role::Member;
    let vendor = me.side == Side::Vendor && acts;
    DealMay {
        edit: acts && !status.is_closed(),
        stage: acts && !status.is_closed() && (vendor || me.organization == deal.partner),
        talk: status != Status::Draft,
        plan: !status.is_closed(),
        share: vendor && status != Status::Draft && !status.is_closed(),
        unshare: vendor,
    }
}

/// Whether the member of this device may change fields of a deal now.
pub(crate) fn may_edit(looked: &Looked, line: &DealLine) -> bool {
    looked.faces.me().is_ok_and(|me| may(&line.deal, me).edit)
}

pub(crate) fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
