//! Settings › Sync: the line, what waits, what needs the person.

use crate::app::App;
use crate::dto::{
    CommandError, Connection, DiscardedItem, FirstCatchUp, ProgramSync, SyncStatus, WaitingItem,
};
use crate::session::Joined;
use crate::{history, map, refused, say, words, written};
use domain::entity::Deal;
use domain::mutation::DealRegister;
use domain::{DealId, Mutation, ScopeId};
use protocol::client::Line;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::Item;

/// Most waiting changes that are listed.
const WAITING_SHOWN: u32 = 100;
/// Of what a waiting change says, so much is listed, characters.
const SAYS_CHARS: usize = 80;

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
            needs_you: programs.iter().map(|one| count(one.needs_you.len() + one.overwritten.len())).sum(),
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
            needs_you.push(refused::item(joined, &refused).await?);
        }
        let mut discarded = Vec::new();
        for item in joined.store.discarded(Self::now()).await.map_err(store_error)? {
            discarded.push(DiscardedItem {
                id: item.id.to_string(),
                title: title(joined, &item.item).await?,
                at: map::at(item.at),
                parked: u32::try_from(item.parked).unwrap_or(u32::MAX),
            });
        }
        let name = self.name_of(&*self.session()?, joined).await;
        Ok(ProgramSync {
            program: joined.id.to_string(),
            name,
            hub: self.hub_name(&joined.hub),
            connection: connection(status.as_ref().map_or(Line::Offline, |status| status.line)),
            synced_at: status.as_ref().and_then(|status| status.synced_at).map(|at| at as f64),
            retry_at: status.as_ref().and_then(|status| status.retry_at).map(|at| at as f64),
            first: status.as_ref().and_then(|status| status.first).map(first_catch_up),
            message: status.and_then(|status| status.message).map(|message| words::sentence(&message)),
            waiting,
            waiting_total: u32::try_from(counts.waiting).unwrap_or(u32::MAX),
            needs_you,
            overwritten: history::overwritten(joined).await?,
            discarded,
        })
    }

    pub(crate) async fn sync_now(self: &Arc<Self>, (): ()) -> Result<SyncStatus, CommandError> {
        for joined in self.session()?.programs() {
            joined.with_link(sync::Link::try_now);
        }
        self.sync_status(()).await
    }
}

/// Numbers as the window has them.
pub(crate) fn first_catch_up(first: sync::FirstCatchUp) -> FirstCatchUp {
    FirstCatchUp {
        rows: first.progress.rows as f64,
        rows_total: first.progress.rows_total as f64,
        bytes: first.progress.bytes as f64,
        bytes_total: first.progress.bytes_total as f64,
        left_ms: first.left_ms.map(|left| left as f64),
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

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

pub(crate) async fn waiting_item(
    joined: &Joined,
    item: &Item,
    sent: u64,
) -> Result<WaitingItem, CommandError> {
    Ok(WaitingItem {
        id: item.n.to_string(),
        title: title(joined, item).await?,
        says: says(item),
        at: map::at(item.at),
        sent: item.n <= sent,
        deal: deal_of(item).map(|deal| deal.to_string()),
    })
}

pub(crate) fn deal_of(item: &Item) -> Option<DealId> {
    match item.lane {
        ScopeId::Deal(deal) => Some(deal),
        _ => match &item.mutation {
            Some(Mutation::RoomRead(read)) => Some(read.deal),
            Some(Mutation::RowPut(put)) => Some(put.row.deal()),
            _ => None,
        },
    }
}

/// How a change begins.
fn says(item: &Item) -> String {
    match &item.mutation {
        // The title of the deal stands in its own.
        None | Some(Mutation::DealRegister(_)) => String::new(),
        Some(mutation) => {
            let first = written::facts(mutation).into_iter().next().map(|(_, value)| value);
            map::shortened(first.unwrap_or_default().trim(), SAYS_CHARS)
        }
    }
}

/// What a change is, in words.
pub(crate) async fn title(joined: &Joined, item: &Item) -> Result<String, CommandError> {
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
            return Ok(if register.submit {
                say!("Register {title}", title = register.title)
            } else {
                say!("Draft {title}", title = register.title)
            });
        }
        Some(mutation) => written::words(mutation),
        None => written::unknown(),
    };
    Ok(match place {
        Some(place) => say!("{what} in {place}", what = what, place = place),
        None => what,
    })
}
