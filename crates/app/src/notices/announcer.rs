//! Tells what is new from what was there before: messages and decisions by others.

use super::{Heard, News, Room, What};
use crate::app::App;
use crate::map;
use crate::say;
use crate::today::seen_to_decide;
use domain::entity::{Deal, Member, Message, ReadMark, RowOf, Status, read_mark_id};
use domain::{DealId, ProgramId, RowKey, Table, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Change, Store};

/// Tells what is new, for one program.
pub(crate) struct Announcer {
    program: ProgramId,
    store: Store,
    /// Highest position of a message announced or there before.
    position: u64,
    /// Where each registration stood when last looked at.
    statuses: BTreeMap<DealId, Status>,
    /// Up to when requests for longer protection and their answers were told of, hub time.
    extensions: BTreeMap<DealId, Timestamp>,
    /// When this run began, by the clock of this computer: what is older was there before.
    since: Timestamp,
    /// False until the first catch-up ended: what comes then is old.
    ready: bool,
}

impl Announcer {
    pub fn new(program: ProgramId, store: Store) -> Self {
        Self {
            program,
            store,
            position: 0,
            statuses: BTreeMap::new(),
            extensions: BTreeMap::new(),
            since: App::now(),
            ready: false,
        }
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
        // Keys are in no order of positions.
        let known = self.position;
        for key in &change.keys {
            let heard = match key.table {
                Table::Messages => self.message(*key, known).await.map(Heard::News),
                Table::Deals => self.deal(*key).await.map(Heard::News),
                Table::ReadMarks => self.read(*key).await,
                _ => None,
            };
            if let Some(heard) = heard.filter(|_| !looking) {
                let _ = app.heard.send(heard);
            }
        }
    }

    async fn message(&mut self, key: RowKey, known: u64) -> Option<News> {
        let message: Message = self.store.entity(key.id).await.ok()??;
        let position = message.position.filter(|position| *position > known)?;
        self.position = self.position.max(position);
        let me = self.store.identity().member;
        if message.author == me {
            return None;
        }
        let deal: Deal = self.store.entity(message.deal).await.ok()??;
        let author = self.store.entity::<Member>(message.author).await.ok()??;
        let mine = self.store.entity::<Member>(me).await.ok()??;
        // As in Today: what a colleague wrote asks for no reply.
        let asks = author.organization != mine.organization;
        let row = asks.then_some((RowOf::Reply(message.deal), position));
        let what = What::Message { author: author.name, body: message.body };
        Some(self.news(message.deal, deal.title, what, row))
    }

    async fn deal(&mut self, key: RowKey) -> Option<News> {
        let id = DealId(key.id);
        let deal: Deal = self.store.entity(id).await.ok()??;
        let status = deal.registration.status;
        let before = self.statuses.insert(id, status);
        let extended = self.is_extension_news(id, &deal);
        if before == Some(status) && !extended {
            return None;
        }
        let me = self.store.identity().member;
        let company = self.store.entity::<Member>(me).await.ok()??.organization;
        if deal.guests.as_ref().is_some_and(|guests| guests.contains(&company)) {
            // Its registration is the business of two others.
            return None;
        }
        let mine = company == deal.partner;
        let extension = if extended { self.extension(id, &deal, mine) } else { None };
        if extension.is_some() || before == Some(status) {
            return extension;
        }
        let (title, body, row) = match (status, mine) {
            (Status::Approved, true) if deal.registration.decided_by != Some(me) => {
                (say!("Registration approved"), deal.title.clone(), None)
            }
            (Status::Rejected, true) => {
                let evidence = deal.registration.evidence.unwrap_or_default();
                let decided = deal.registration.decided_at.map_or(0, |at| at.0.unsigned_abs());
                let why = match deal.registration.rule.filter(|_| evidence.is_empty()) {
                    Some(rule) => map::rejection_words(rule),
                    None => evidence,
                };
                (
                    say!("Registration rejected"),
                    format!("{}: {why}", deal.title),
                    Some((RowOf::Rejected(id), decided)),
                )
            }
            (Status::ConflictHold, false) if deal.hold.is_none() => {
                let body = format!("{} · {}", deal.title, deal.customer.name);
                (
                    say!("The rules hold a registration"),
                    body,
                    Some((RowOf::Decision(id), seen_to_decide(&deal))),
                )
            }
            (Status::Submitted, false) => {
                let body = format!("{} · {}", deal.title, deal.customer.name);
                (say!("New registration to decide"), body, Some((RowOf::Decision(id), seen_to_decide(&deal))))
            }
            (Status::ActionRequired, true) => {
                let (text, seen) = deal.question.as_ref().map_or((String::new(), 0), |question| {
                    (question.text.clone(), question.at.0.unsigned_abs())
                });
                let body = format!("{}: {text}", deal.title);
                (say!("A question about your registration"), body, Some((RowOf::Question(id), seen)))
            }
            (Status::InReview, false) if before == Some(Status::ActionRequired) => {
                let answer = deal.question.as_ref().and_then(|question| question.answer.as_ref());
                let body = format!("{}: {}", deal.title, answer?.text);
                (say!("Your question was answered"), body, Some((RowOf::Decision(id), seen_to_decide(&deal))))
            }
            (Status::ConflictHold, true) => match &deal.hold {
                None => (say!("Registration held by the rules of engagement"), deal.title.clone(), None),
                Some(hold) => {
                    let body = format!("{}: {}", deal.title, hold.evidence);
                    (say!("Registration held because of a conflict"), body, None)
                }
            },
            (Status::Shared, true) => {
                let evidence = deal.split.as_ref().map_or("", |split| split.evidence.as_str());
                (say!("Registration approved at a share"), format!("{}: {evidence}", deal.title), None)
            }
            (Status::Converted, true) => (say!("The vendor takes the deal on"), deal.title.clone(), None),
            (Status::Appealed, false) => {
                let reason = deal.appeal.as_ref().map_or("", |appeal| appeal.reason.as_str());
                let body = format!("{}: {reason}", deal.title);
                (say!("Appeal against a rejection"), body, Some((RowOf::Decision(id), seen_to_decide(&deal))))
            }
            _ => return None,
        };
        let what = What::Registration { title, body };
        Some(self.news(id, deal.title, what, row))
    }

    /// Whether there is a request for longer protection, or an answer to it, that this run has not told of yet.
    fn is_extension_news(&mut self, id: DealId, deal: &Deal) -> bool {
        let Some(extension) = &deal.extension else { return false };
        let at = extension.answer.as_ref().map_or(extension.at, |answer| answer.at);
        // What was there before this run is no news.
        let told = self.extensions.insert(id, at).unwrap_or(self.since);
        at > told
    }

    /// A request for longer protection, or the answer to it.
    fn extension(&self, id: DealId, deal: &Deal, mine: bool) -> Option<News> {
        let extension = deal.extension.as_ref()?;
        let (title, text, row) = match (&extension.answer, mine) {
            (None, false) => {
                let row = Some((RowOf::Decision(id), seen_to_decide(deal)));
                (say!("Longer protection asked for"), &extension.reason, row)
            }
            (Some(answer), true) if answer.granted => (say!("Protected for longer"), &answer.evidence, None),
            (Some(answer), true) => (say!("Longer protection refused"), &answer.evidence, None),
            _ => return None,
        };
        let body = if text.is_empty() { deal.title.clone() } else { format!("{}: {text}", deal.title) };
        Some(self.news(id, deal.title.clone(), What::Registration { title, body }, row))
    }

    /// How far this person read in a room.
    async fn read(&self, key: RowKey) -> Option<Heard> {
        let mark: ReadMark = self.store.entity(key.id).await.ok()??;
        let mine = read_mark_id(mark.deal, self.store.identity().member) == key.id;
        mine.then_some(Heard::Read(Room { program: self.program, deal: mark.deal }, mark.position))
    }

    fn news(&self, deal: DealId, deal_title: String, what: What, row: Option<(RowOf, u64)>) -> News {
        News { room: Room { program: self.program, deal }, deal_title, what, row }
    }
}
