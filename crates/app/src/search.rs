//! Finding things by what is written in them, in every program that the lens lets through.

use crate::app::App;
use crate::deals::Looked;
use crate::dto::{
    CommandError, Done, Indexing, Marked, SearchAnswer, SearchFilter, SearchHit, SearchKind, SearchQuery,
    SearchText, Tag,
};
use crate::map;
use domain::search::show::{Snippet, snippet};
use domain::search::{self, Filter, Kind, Words};
use domain::{Date, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Store;
use store::query::find::{self, Hit, Search};
use tokio::task::AbortHandle;

/// The setting that keeps what was looked for, how many of them, and how long each may be.
const RECENTS: &str = "searches";
const RECENTS_MAX: usize = 8;
const RECENT_LENGTH: usize = 200;
/// Most hits in one answer.
const HITS_MAX: usize = 500;
/// Characters of a text that are shown with a hit.
const SHOWN: usize = 160;
/// Rows are indexed once nothing has come for so long: what comes by the hundred thousand goes first, and
/// so does the window after the start.
const QUIET: Duration = Duration::from_secs(1);
/// Between two slices, for whoever wants to write.
const REST: Duration = Duration::from_millis(2);
/// The window is told so often how far it is.
const TOLD_EVERY: Duration = Duration::from_millis(500);

fn kind(kind: Kind) -> SearchKind {
    match kind {
        Kind::Message => SearchKind::Message,
        Kind::Deal => SearchKind::Deal,
        Kind::Account => SearchKind::Account,
        Kind::Company => SearchKind::Company,
        Kind::Person => SearchKind::Person,
        Kind::Milestone => SearchKind::Milestone,
    }
}

impl App {
    pub(crate) async fn search(self: &Arc<Self>, query: SearchQuery) -> Result<SearchAnswer, CommandError> {
        let asked = search::read(&query.text, !query.ranked, Self::today_here());
        let limit = usize::try_from(query.limit).unwrap_or(HITS_MAX).min(HITS_MAX);
        let mut answer = SearchAnswer {
            hits: Vec::new(),
            count: 0,
            more: false,
            filters: asked.filters.iter().map(|filter| shown_filter(filter, &query.text)).collect(),
            indexing: None,
        };
        let mut hits: Vec<(Hit, SearchHit)> = Vec::new();
        for looked in self.through(&query.lens).await? {
            let store = &looked.joined.store;
            let sought = Search {
                asked: &asked,
                partner: looked.partner,
                since: asked.since.map(midnight),
                until: asked.until.map(|day| midnight(day.plus_days(1))),
                limit,
                ranked: query.ranked,
            };
            let found = find::search(store, sought).await.map_err(|error| map::store_error(&error))?;
            answer.count = answer.count.saturating_add(u32::try_from(found.count).unwrap_or(u32::MAX));
            answer.more |= found.more;
            for hit in found.hits {
                let shown = shown(&looked, &hit, &asked.words);
                hits.push((hit, shown));
            }
            let unindexed = find::unindexed(store).await.map_err(|error| map::store_error(&error))?;
            if let Some((left, all)) = unindexed {
                let indexing = answer.indexing.get_or_insert(Indexing { left: 0.0, all: 0.0 });
                indexing.left += left as f64;
                indexing.all += all as f64;
            }
        }
        // Each program gave its first ones in this order.
        hits.sort_by_key(|(hit, _)| {
            let score = if query.ranked { hit.score } else { 0 };
            std::cmp::Reverse((score, hit.order))
        });
        answer.hits = hits.into_iter().take(limit).map(|(_, shown)| shown).collect();
        Ok(answer)
    }

    /// What was looked for last, latest first.
    pub(crate) async fn search_recents(self: &Arc<Self>, (): ()) -> Result<Vec<String>, CommandError> {
        let kept = self.session()?.device.setting(RECENTS).await.map_err(|error| map::store_error(&error))?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
    }

    /// Keeps what was looked for, in the encrypted file of the device.
    pub(crate) async fn search_remember(self: &Arc<Self>, asked: SearchText) -> Result<Done, CommandError> {
        let text: String = asked.text.trim().chars().take(RECENT_LENGTH).collect();
        if text.is_empty() {
            return Ok(Done::default());
        }
        let mut recents = self.search_recents(()).await?;
        recents.retain(|recent| recent.to_lowercase() != text.to_lowercase());
        recents.insert(0, text);
        recents.truncate(RECENTS_MAX);
        let kept = serde_json::to_string(&recents)
            .map_err(|error| CommandError::internal("keeping what was looked for", &error))?;
        let device = &self.session()?.device;
        device.set_setting(RECENTS, &kept).await.map_err(|error| map::store_error(&error))?;
        self.tell(&[Tag::Search]);
        Ok(Done::default())
    }

    pub(crate) async fn search_forget(self: &Arc<Self>, (): ()) -> Result<Done, CommandError> {
        let device = &self.session()?.device;
        device.remove_setting(RECENTS).await.map_err(|error| map::store_error(&error))?;
        self.tell(&[Tag::Search]);
        Ok(Done::default())
    }
}

fn shown(looked: &Looked, hit: &Hit, words: &[Words]) -> SearchHit {
    let document = &hit.document;
    let marked = |text: &str| {
        let Snippet { text, marks } = snippet(text, words, SHOWN);
        Marked { text, marks }
    };
    // A message has lines of its own; everything else has a field on each.
    let text = match document.kind {
        Kind::Message | Kind::Milestone => document.text.clone(),
        Kind::Deal | Kind::Account | Kind::Company | Kind::Person => document.text.replace('\n', " · "),
    };
    SearchHit {
        kind: kind(document.kind),
        program: looked.joined.id.to_string(),
        id: hit.id.to_string(),
        deal: document.deal.map(|deal| deal.to_string()),
        deal_title: hit.deal.as_ref().map(|(title, _)| title.clone()).unwrap_or_default(),
        title: marked(&document.title),
        text: marked(&text),
        author: document.author.map(|author| looked.faces.person(author)),
        at: map::at(document.at),
        position: hit.position.map(|position| position as f64),
    }
}

fn shown_filter(filter: &Filter, text: &str) -> SearchFilter {
    let unit = |at: usize| {
        let before = text.get(..at).unwrap_or_default().encode_utf16().count();
        u32::try_from(before).unwrap_or(u32::MAX)
    };
    SearchFilter {
        name: filter.name.clone(),
        value: filter.value.clone(),
        first: filter.days.map(|(first, _)| first.to_string()),
        last: filter.days.map(|(_, last)| last.to_string()),
        understood: filter.understood,
        start: unit(filter.at.start),
        end: unit(filter.at.end),
    }
}

/// When a day begins where this device is.
fn midnight(day: Date) -> Timestamp {
    let local = day.to_string().parse::<jiff::civil::Date>().ok().and_then(|day| {
        day.to_zoned(jiff::tz::TimeZone::system()).ok().map(|start| start.timestamp().as_millisecond())
    });
    Timestamp(local.unwrap_or_else(|| i64::from(day.days()) * domain::date::DAY_MS))
}

/// Indexes what is not indexed yet, in small slices, whenever there may be something.
pub(crate) fn keep_indexed(app: &Arc<App>, store: &Store) -> AbortHandle {
    // Weak, so that a window that closes ends the task and not the other way round.
    let to = Arc::downgrade(app);
    let store = store.clone();
    let task = tokio::spawn(async move {
        loop {
            store.until_unindexed().await;
            while tokio::time::timeout(QUIET, store.until_unindexed()).await.is_ok() {}
            let mut told = Instant::now();
            let mut any = false;
            loop {
                match store.index_some().await {
                    Ok(true) => any = true,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "rows are not indexed");
                        break;
                    }
                }
                if told.elapsed() >= TOLD_EVERY {
                    let Some(app) = to.upgrade() else { return };
                    app.tell(&[Tag::Search]);
                    told = Instant::now();
                }
                tokio::time::sleep(REST).await;
            }
            let Some(app) = to.upgrade() else { return };
            if any {
                app.tell(&[Tag::Search]);
            }
        }
    });
    task.abort_handle()
}
