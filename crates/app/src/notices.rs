//! What a person hears of while looking elsewhere: messages and decisions by others.

use crate::app::App;
use crate::say;
use domain::entity::{Deal, Message, Status};
use domain::{DealId, ProgramId, RowKey, Table};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Change, Store};

/// Something to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// First line: who, or what.
    pub title: String,
    /// Second line.
    pub body: String,
    /// Where a click leads inside the window.
    pub route: String,
}

/// Tells what is new from what was there before, for one program.
pub(crate) struct Announcer {
    program: ProgramId,
    store: Store,
    /// Highest position of a message announced or there before.
    position: u64,
    /// Where each registration stood when last looked at.
    statuses: BTreeMap<DealId, Status>,
    /// False until the first catch-up ended: what comes then is old.
    ready: bool,
}

impl Announcer {
    pub fn new(program: ProgramId, store: Store) -> Self {
        Self { program, store, position: 0, statuses: BTreeMap::new(), ready: false }
    }

    /// Remembers what is there.
    pub async fn begin(&mut self) {
        let Ok(state) = self.store.sync_state().await else { return };
        self.position = state.cursor;
        self.ready = state.cursor > 0;
        if let Ok(statuses) = self.store.registration_statuses().await {
            self.statuses = statuses.into_iter().collect();
        }
    }

    /// Announces what `change` brought from others.
    pub async fn announce(&mut self, app: &Arc<App>, change: &Change) {
        if !self.ready {
            self.begin().await;
            return;
        }
        let looking = app.focused.load(Ordering::Relaxed);
        for key in &change.keys {
            let notice = match key.table {
                Table::Messages => self.message(*key).await,
                Table::Deals => self.deal(*key).await,
                _ => None,
            };
            if let Some(notice) = notice.filter(|_| !looking) {
                let _ = app.notices.send(notice);
            }
        }
    }

    async fn message(&mut self, key: RowKey) -> Option<Notice> {
        let message: Message = self.store.entity(key.id).await.ok()??;
        let position = message.position.filter(|position| *position > self.position)?;
        self.position = position;
        if message.author == self.store.identity().member {
            return None;
        }
        let deal: Deal = self.store.entity(message.deal).await.ok()??;
        let author = self.store.entity::<domain::entity::Member>(message.author).await.ok()??;
        Some(self.notice(message.deal, format!("{} · {}", author.name, deal.title), message.body))
    }

    async fn deal(&mut self, key: RowKey) -> Option<Notice> {
        let id = DealId(key.id);
        let deal: Deal = self.store.entity(id).await.ok()??;
        let status = deal.registration.status;
        let before = self.statuses.insert(id, status);
        if before == Some(status) {
            return None;
        }
        let me = self.store.identity().member;
        let mine = self.store.entity::<domain::entity::Member>(me).await.ok()??.organization == deal.partner;
        let (title, body) = match (status, mine) {
            (Status::Approved, true) if deal.registration.decided_by != Some(me) => {
                (say!("Registration approved"), deal.title)
            }
            (Status::Rejected, true) => (
                say!("Registration rejected"),
                format!("{}: {}", deal.title, deal.registration.evidence.unwrap_or_default()),
            ),
            (Status::Submitted, false) => {
                (say!("New registration to decide"), format!("{} · {}", deal.title, deal.customer.name))
            }
            _ => return None,
        };
        Some(self.notice(id, title, body))
    }

    fn notice(&self, deal: DealId, title: String, body: String) -> Notice {
        Notice {
            program: self.program.to_string(),
            deal: deal.to_string(),
            title,
            body,
            route: format!("/deals/{}/{deal}", self.program),
        }
    }
}
