//! Settings › Sync: the line, what waits, what needs the person.

use crate::app::App;
use crate::dto::{
    CommandError, Connection, DealForm, Done, EvidenceItem, OneOf, ProgramSync, RefusalItem, SyncStatus,
    WaitingItem,
};
use crate::map;
use crate::session::{Joined, commit_error};
use domain::entity::{Deal, OwnerSide};
use domain::mutation::{DealRegister, MilestoneEdit, MilestoneValue};
use domain::{DealId, Mutation, ScopeId};
use protocol::client::Line;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Item, RefusedItem};

/// Most waiting changes that are listed.
const WAITING_SHOWN: u32 = 100;

/// The line in the window's words.
pub(crate) fn connection(line: Line) -> Connection {
    match line {
        Line::Offline | Line::WorkingOffline => Connection::Offline,
        Line::Connecting => Connection::Connecting,
        Line::CatchingUp => Connection::CatchingUp,
        Line::Online => Connection::Online,
        Line::Revoked => Connection::Revoked,
        Line::Outdated | Line::Forked => Connection::ReadOnly,
    }
}

/// The worse of two lines, for the one dot in the sidebar.
fn worse(a: Connection, b: Connection) -> Connection {
    let rank = |connection| match connection {
        Connection::Online => 0,
        Connection::CatchingUp => 1,
        Connection::Connecting => 2,
        Connection::Offline => 3,
        Connection::ReadOnly => 4,
        Connection::Revoked => 5,
    };
    if rank(b) > rank(a) { b } else { a }
}

impl App {
    pub(crate) async fn sync_status(self: &Arc<Self>, (): ()) -> Result<SyncStatus, CommandError> {
        let mut programs = Vec::new();
        for joined in self.session()?.programs() {
            programs.push(self.program_sync(&joined).await?);
        }
        Ok(SyncStatus {
            waiting: programs.iter().map(|program| program.waiting_total).sum(),
            needs_you: programs.iter().map(|program| count(program.needs_you.len())).sum(),
            connection: programs.iter().fold(Connection::Online, |all, one| worse(all, one.connection)),
            programs,
            work_offline: self.work_offline.load(Ordering::Relaxed),
        })
    }

    async fn program_sync(&self, joined: &Joined) -> Result<ProgramSync, CommandError> {
        let store_error = |error: store::StoreError| map::store_error(&error);
        let status = joined.with_link(|link| link.status().borrow().clone());
        let sent = status.as_ref().map_or(0, |status| status.sent);
        let counts = joined.store.counts().await.map_err(store_error)?;
        let mut waiting = Vec::new();
        for item in joined.store.waiting(WAITING_SHOWN).await.map_err(store_error)? {
            waiting.push(waiting_item(joined, &item, sent).await?);
        }
        let mut needs_you = Vec::new();
        for refused in joined.store.refusals().await.map_err(store_error)? {
            needs_you.push(refusal_item(joined, &refused).await?);
        }
        let name = self.name_of(&*self.session()?, joined).await;
        Ok(ProgramSync {
            program: joined.id.to_string(),
            name,
            hub: self.hub_name(&joined.hub),
            connection: connection(status.as_ref().map_or(Line::Offline, |status| status.line)),
            synced_at: status.as_ref().and_then(|status| status.synced_at).map(|at| at as f64),
            retry_at: status.as_ref().and_then(|status| status.retry_at).map(|at| at as f64),
            message: status.and_then(|status| status.message),
            waiting,
            waiting_total: u32::try_from(counts.waiting).unwrap_or(u32::MAX),
            needs_you,
        })
    }

    pub(crate) async fn sync_now(self: &Arc<Self>, (): ()) -> Result<SyncStatus, CommandError> {
        for joined in self.session()?.programs() {
            joined.with_link(sync::Link::try_now);
        }
        self.sync_status(()).await
    }

    pub(crate) async fn refusal_retry(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let retried = joined.store.retry(refusal_id(&asked.id)?, Self::now()).await;
        retried.map_err(|error| commit_error(&error))?;
        Ok(Done::default())
    }

    pub(crate) async fn refusal_discard(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let discarded = joined.store.discard(refusal_id(&asked.id)?).await;
        discarded.map_err(|error| map::store_error(&error))?;
        Ok(Done::default())
    }
}

/// The refused registration of a deal, if there is one: what the form opens with for "Edit".
pub(crate) async fn refused_registration(
    joined: &Joined,
    deal: DealId,
) -> Result<Option<(i64, DealRegister)>, CommandError> {
    let refused = joined.store.refusals().await.map_err(|error| map::store_error(&error))?;
    Ok(refused.into_iter().find_map(|refused| match refused.item.mutation {
        Some(Mutation::DealRegister(register)) if register.deal == deal => Some((refused.id, register)),
        _ => None,
    }))
}

fn refusal_id(text: &str) -> Result<i64, CommandError> {
    text.parse().map_err(|_| CommandError::not_found("entry"))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

async fn waiting_item(joined: &Joined, item: &Item, sent: u64) -> Result<WaitingItem, CommandError> {
    Ok(WaitingItem {
        id: item.n.to_string(),
        title: title(joined, item).await?,
        at: map::at(item.at),
        sent: item.n <= sent,
        deal: deal_of(item).map(|deal| deal.to_string()),
    })
}

async fn refusal_item(joined: &Joined, refused: &RefusedItem) -> Result<RefusalItem, CommandError> {
    let mut parked = Vec::new();
    for item in &refused.parked {
        parked.push(waiting_item(joined, item, 0).await?);
    }
    let title = title(joined, &refused.item).await?;
    Ok(RefusalItem {
        id: refused.id.to_string(),
        rule: refused.refusal.rule.name().to_owned(),
        message: refused.refusal.message.clone(),
        evidence: refused
            .refusal
            .evidence
            .iter()
            .map(|(label, value)| EvidenceItem { label: label.clone(), value: value.clone() })
            .collect(),
        at: map::at(refused.refused_at),
        text: text(&title, refused),
        title,
        parked,
        deal: deal_of(&refused.item).map(|deal| deal.to_string()),
        editable: matches!(refused.item.mutation, Some(Mutation::DealRegister(_))),
    })
}

fn deal_of(item: &Item) -> Option<DealId> {
    match item.lane {
        ScopeId::Deal(deal) => Some(deal),
        _ => match &item.mutation {
            Some(Mutation::RoomRead(read)) => Some(read.deal),
            _ => None,
        },
    }
}

/// What a change is, in words.
async fn title(joined: &Joined, item: &Item) -> Result<String, CommandError> {
    let place = match deal_of(item) {
        None => None,
        // Only what the person wrote is shown of a program whose lease is over.
        Some(_) if joined.store.is_locked() => None,
        Some(deal) => {
            let stored: Option<Deal> =
                joined.store.entity(deal).await.map_err(|error| map::store_error(&error))?;
            match stored {
                Some(stored) => Some(stored.title),
                None => refused_registration(joined, deal).await?.map(|(_, register)| register.title),
            }
        }
    };
    let what = match &item.mutation {
        Some(Mutation::DealRegister(register)) => {
            let verb = if register.submit { "Register" } else { "Draft" };
            return Ok(format!("{verb} {}", register.title));
        }
        Some(mutation) => words(mutation),
        None => "A change by another version of Lockstep",
    };
    Ok(match place {
        Some(place) => format!("{what} in {place}"),
        None => what.to_owned(),
    })
}

/// The words for one mutation.
fn words(mutation: &Mutation) -> &'static str {
    match mutation {
        Mutation::ProgramCreate(_) => "Program",
        Mutation::OrganizationAdd(_) => "New partner",
        Mutation::InvitationCreate(_) => "Invitation",
        Mutation::InvitationAccept(_) => "Joining",
        Mutation::InvitationRevoke(_) => "Revoked invitation",
        Mutation::DeviceRevoke(_) => "Signed-out device",
        Mutation::MemberLeave(_) => "Leaving",
        Mutation::AccountsPut(_) => "Imported accounts",
        Mutation::DealRegister(_) => "Registration",
        Mutation::DealEdit(_) => "Edit",
        Mutation::RegistrationSubmit(_) => "Registration",
        Mutation::RegistrationReview(_) => "Review",
        Mutation::RegistrationDecide(_) => "Decision",
        Mutation::RegistrationWithdraw(_) => "Withdrawal",
        Mutation::MessageSend(_) => "Message",
        Mutation::RoomRead(_) => "Read mark",
        Mutation::PlanSchedule(_) => "Go-live date",
        Mutation::MilestoneAdd(_) => "New milestone",
        Mutation::MilestoneEdit(_) => "Changed milestone",
        Mutation::MilestoneComplete(_) => "Finished milestone",
        Mutation::MilestoneReopen(_) => "Reopened milestone",
        Mutation::MilestoneRestore(_) => "Finished milestone",
        Mutation::MilestoneRemove(_) => "Removed milestone",
        Mutation::DealShare(_) => "Shared deal",
        Mutation::DealUnshare(_) => "Taken-back deal",
        Mutation::MemberRemove(_) => "Removed person",
        Mutation::PartnershipEnd(_) => "Ended partnership",
        Mutation::LeaseSet(_) => "Changed lease",
    }
}

/// Everything a refusal holds as text, so that nothing typed is lost when it is discarded.
fn text(title: &str, refused: &RefusedItem) -> String {
    let mut text = format!("{title}\n");
    for item in std::iter::once(&refused.item).chain(&refused.parked) {
        let line = item.mutation.as_ref().map_or_else(|| item.name.clone(), written);
        text.push_str(line.trim());
        text.push('\n');
    }
    text
}

/// What a person wrote with a change.
pub(crate) fn written(mutation: &Mutation) -> String {
    match mutation {
        Mutation::DealRegister(register) => {
            let DealForm { customer, domain, title, amount, close_date, need, .. } =
                crate::deals::form_of("", register);
            let (whole, cents) = (amount.minor / 100, amount.minor % 100);
            format!(
                "{title}\n{customer} ({domain})\n{} {whole}.{cents:02}, {close_date}\n{need}",
                amount.currency
            )
        }
        Mutation::MessageSend(send) => send.body.clone(),
        Mutation::MilestoneAdd(add) => format!("{}: {}", add.title, add.done_condition),
        Mutation::MilestoneEdit(edit) => edited(edit),
        mutation => words(mutation).to_owned(),
    }
}

/// What an edit of a milestone wanted, one value a line.
fn edited(edit: &MilestoneEdit) -> String {
    let lines = edit.patch.iter().map(|patch| match &patch.value {
        MilestoneValue::Title(title) => title.clone(),
        MilestoneValue::Owner(OwnerSide::Vendor, _) => "owned by the vendor".to_owned(),
        MilestoneValue::Owner(OwnerSide::Partner, _) => "owned by the partner".to_owned(),
        MilestoneValue::Owner(OwnerSide::Customer, _) => "owned by the customer".to_owned(),
        MilestoneValue::Due(Some(due)) => format!("due {due}"),
        MilestoneValue::Due(None) => "no due date".to_owned(),
        MilestoneValue::DoneCondition(text) => text.clone(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
