//! Deals: the list, one of them, and what looks the same.

use super::{Mark, WINDOW_MAX, list, read_entity, read_id, read_mark, waiting, words};
use crate::error::Result;
use crate::meta::unsigned;
use crate::store::Store;
use crate::tables::{UNPLACED, Value, folded};
use domain::court::{Court, NextStep, court};
use domain::entity::{Account, Deal, Milestone, OwnerSide, Stage, Status};
use domain::registration::State;
use domain::{AccountId, Date, DealId, MilestoneId, Money, OrganizationId, Timestamp};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use std::collections::BTreeMap;

/// Which deals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that title, customer or number contain.
    pub text: String,
    /// Only this stage.
    pub stage: Option<Stage>,
    /// Only registrations that stand so on that day.
    pub status: Option<(State, Date)>,
    /// Only deals of this partner organization.
    pub partner: Option<OrganizationId>,
    /// Only deals in this court.
    pub court: Option<InCourt>,
    /// False leaves out won, lost, rejected, duplicate and withdrawn.
    pub include_closed: bool,
}

/// A court to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InCourt {
    /// This side moves next.
    Of(OwnerSide),
    /// Nobody does.
    Nobody,
}

/// Order of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Latest activity first.
    #[default]
    Activity,
    /// Next close date first.
    CloseDate,
    /// Largest amount first, whatever the currency.
    Amount,
    /// Title, A to Z.
    Title,
}

/// Fewer hits than this are sorted rather than walked to.
const FEW: u64 = 500;

/// A window of the deal list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Deals that match, in the window or not.
    pub total: u64,
    /// Deals of the partner asked for (or of all), whatever else was asked.
    pub all: u64,
    /// Sums of the amounts of all that match, by currency. At most [`Money::MAX_MINOR`] each.
    pub sums: Vec<Money>,
    /// The window.
    pub rows: Vec<DealLine>,
}

/// A deal with what its room and plan say.
#[derive(Debug, Clone, PartialEq)]
pub struct DealLine {
    /// Id.
    pub id: DealId,
    /// The deal.
    pub deal: Deal,
    /// Its open milestone that is due first.
    pub next: Option<(MilestoneId, NextStep)>,
    /// Latest of its creation and its last message.
    pub activity_at: Timestamp,
    /// Messages by others that this member has not read.
    pub unread: u64,
    /// How far the latest change to the deal itself has travelled.
    pub mark: Mark,
    /// Whether anything in its room waits to be sent: the deal, a message, a step.
    pub waits: bool,
}

impl DealLine {
    /// Whose court it is in on the day `today`, and why.
    pub fn court(&self, today: Date) -> Court {
        court(&self.deal, self.next.as_ref().map(|(_, step)| step), today)
    }
}

/// A condition with its values.
struct Condition {
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    /// Deals a newer version wrote in an unknown form cannot be shown.
    fn readable() -> Self {
        Self { sql: "status >= 0".to_owned(), values: Vec::new() }
    }

    fn and(&mut self, sql: &str, value: impl Into<Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.push(value.into());
    }

    fn of(filter: &Filter) -> Self {
        let mut condition = Self::readable();
        if !filter.include_closed {
            condition.and("open = ?", 1);
        }
        match filter.court {
            Some(InCourt::Of(side)) => condition.and("court = ?", i64::from(side as u8)),
            Some(InCourt::Nobody) => condition.sql.push_str(" AND court IS NULL"),
            None => {}
        }
        if let Some((state, today)) = filter.status {
            condition.stands(state, today);
        }
        if let Some(stage) = filter.stage {
            condition.and("stage = ?", i64::from(stage as u8));
        }
        if let Some(partner) = filter.partner {
            condition.and("partner = ?", partner.as_bytes());
        }
        for word in words(&filter.text) {
            condition.and("instr(search, ?) > 0", word);
        }
        condition
    }
}

impl Condition {
    /// As `domain::registration::state` decides, from the columns.
    fn stands(&mut self, state: State, today: Date) {
        const UNDER_WAY: &str = "stage BETWEEN 0 AND 4";
        let status = |status: Status| format!("status = {}", status as u8);
        let protected = |of: Status| format!("{} AND {UNDER_WAY} AND turn = 3", status(of));
        let granted = "status IN (3, 9, 10)";
        let (sql, day) = match state {
            State::Draft => (status(Status::Draft), None),
            State::Submitted => (status(Status::Submitted), None),
            State::InReview => (status(Status::InReview), None),
            State::ActionRequired => (status(Status::ActionRequired), None),
            State::ConflictHold => (status(Status::ConflictHold), None),
            State::Rejected => (status(Status::Rejected), None),
            State::Appealed => (status(Status::Appealed), None),
            State::Duplicate => (status(Status::Duplicate), None),
            State::Withdrawn => (status(Status::Withdrawn), None),
            State::Won => (format!("{granted} AND stage = {}", Stage::Launched as u8), None),
            State::Lost => (format!("{granted} AND stage = {}", Stage::ClosedLost as u8), None),
            State::Converted => (format!("{} AND {UNDER_WAY}", status(Status::Converted)), None),
            State::ExtensionRequested => (format!("status IN (3, 9) AND {UNDER_WAY} AND turn <> 3"), None),
            State::Expired => {
                (format!("status IN (3, 9) AND {UNDER_WAY} AND turn = 3 AND protected_day < ?"), Some(today))
            }
            State::Approved => {
                (protected(Status::Approved) + " AND coalesce(protected_day >= ?, 1)", Some(today))
            }
            State::Shared => {
                (protected(Status::Shared) + " AND coalesce(protected_day >= ?, 1)", Some(today))
            }
        };
        match day {
            Some(day) => self.and(&sql, i64::from(day.days())),
            None => {
                self.sql.push_str(" AND ");
                self.sql.push_str(&sql);
            }
        }
    }
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bound(sql: String, condition: &Condition) -> Query {
    let query = sqlx::query(AssertSqlSafe(sql));
    condition.values.iter().fold(query, |query, value| match value.clone() {
        Value::Null => query.bind(None::<i64>),
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Blob(value) => query.bind(value),
    })
}

/// Reads a window of `limit` deals (at most [`WINDOW_MAX`]) after the first `offset`.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn window(store: &Store, filter: &Filter, sort: Sort, offset: u32, limit: u32) -> Result<Window> {
    let mut snapshot = store.showing_one().await?;
    let condition = Condition::of(filter);
    let mut window = Window::default();
    let counted_in = if words(&filter.text).is_empty() { "deals_sums" } else { "deals_by_title" };
    // Two halves, because a sum of many large amounts does not fit 64 bits.
    let sums = format!(
        "SELECT currency, count(*), sum(amount_minor / 1000000), sum(amount_minor % 1000000)
         FROM deals INDEXED BY {counted_in} WHERE {} GROUP BY currency",
        condition.sql
    );
    for row in bound(sums, &condition).fetch_all(&mut *snapshot).await? {
        window.total += unsigned(row.try_get(1)?);
        let (millions, rest): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        let minor = i128::from(millions) * 1_000_000 + i128::from(rest);
        let minor = i64::try_from(minor).unwrap_or(i64::MAX).min(Money::MAX_MINOR);
        window.sums.push(Money { minor, currency: row.try_get(0)? });
    }
    let mut all = Condition::readable();
    if let Some(partner) = filter.partner {
        all.and("partner = ?", partner.as_bytes());
    }
    let count = format!("SELECT count(*) FROM deals INDEXED BY deals_sums WHERE {}", all.sql);
    window.all = unsigned(bound(count, &all).fetch_one(&mut *snapshot).await?.try_get(0)?);
    let (index, order) = match sort {
        // Equal ones follow in the order of the index: naming another would sort all of them each time.
        Sort::Activity => ("deals_by_activity", "activity_at DESC"),
        Sort::CloseDate => ("deals_by_close", "close_day"),
        Sort::Amount => ("deals_by_amount", "amount_minor DESC"),
        Sort::Title => ("deals_by_title", "search"),
    };
    // Many hits are met soon on a walk in the order asked for; few are found faster where they were
    // counted, and sorted then.
    let index = if window.total < FEW { counted_in } else { index };
    let page = format!(
        "SELECT rowid FROM deals INDEXED BY {index} WHERE {} ORDER BY {order} LIMIT {} OFFSET {offset}",
        condition.sql,
        limit.min(WINDOW_MAX)
    );
    let page = match window.total {
        0 => Vec::new(),
        _ => bound(page, &condition).fetch_all(&mut *snapshot).await?,
    };
    let rowids: Vec<i64> = page.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    window.rows = lines(&mut snapshot, store, &rowids).await?;
    Ok(window)
}

/// One deal; `None` when it is not here.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn get(store: &Store, deal: DealId) -> Result<Option<DealLine>> {
    let mut snapshot = store.showing_one().await?;
    let rowid: Option<i64> = sqlx::query_scalar("SELECT rowid FROM deals WHERE id = ?")
        .bind(deal.as_bytes().as_slice())
        .fetch_optional(&mut *snapshot)
        .await?;
    let rowids: Vec<i64> = rowid.into_iter().collect();
    Ok(lines(&mut snapshot, store, &rowids).await?.pop())
}

/// Those of these deals that are here, in no order.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn several(store: &Store, deals: &[DealId]) -> Result<Vec<DealLine>> {
    if deals.is_empty() {
        return Ok(Vec::new());
    }
    let mut snapshot = store.showing_one().await?;
    let mut rowids = Vec::new();
    for deal in deals {
        let found: Option<i64> = sqlx::query_scalar("SELECT rowid FROM deals WHERE id = ?")
            .bind(deal.as_bytes().as_slice())
            .fetch_optional(&mut *snapshot)
            .await?;
        rowids.extend(found);
    }
    lines(&mut snapshot, store, &rowids).await
}

/// The lines of deals, in the order given.
pub(super) async fn lines(
    conn: &mut SqliteConnection,
    store: &Store,
    rowids: &[i64],
) -> Result<Vec<DealLine>> {
    if rowids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(concat!(
        "SELECT d.rowid, d.id, d.body, d.activity_at, s.id, s.body,
           (SELECT count(*) FROM messages AS m
            WHERE m.scope = d.scope AND m.author <> ?2 AND m.position < ?3 AND m.position >
              coalesce((SELECT max(position) FROM read_marks WHERE deal = d.id), 0)), ",
        waiting!("d", "7"),
        ", EXISTS (SELECT 1 FROM refusal AS r WHERE r.lane = d.scope)
             OR EXISTS (SELECT 1 FROM parked AS p WHERE p.lane = d.scope),
           EXISTS (SELECT 1 FROM outbox AS o WHERE o.lane = d.scope AND o.state = 0)
          FROM deals AS d LEFT JOIN milestones AS s ON s.id = d.next_milestone
          WHERE d.rowid IN (SELECT value FROM json_each(?1))"
    ))
    .bind(list(rowids))
    .bind(store.identity().member.as_bytes().as_slice())
    .bind(UNPLACED)
    .fetch_all(conn)
    .await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        let Some(deal) = read_entity::<Deal>(row, 2)? else { continue };
        let next = match row.try_get::<Option<&[u8]>, _>(4)? {
            Some(_) => read_entity::<Milestone>(row, 5)?.map(|step| NextStep {
                title: step.title,
                owner_side: step.owner_side,
                due: step.due,
            }),
            None => None,
        };
        let next = match next {
            Some(step) => Some((read_id(row, 4)?, step)),
            None => None,
        };
        let line = DealLine {
            id: read_id(row, 1)?,
            deal,
            next,
            activity_at: Timestamp(row.try_get(3)?),
            unread: unsigned(row.try_get(6)?),
            mark: Mark { needs_you: row.try_get(8)?, ..read_mark(row, 7)? },
            waits: row.try_get(9)?,
        };
        found.insert(row.try_get::<i64, _>(0)?, line);
    }
    Ok(rowids.iter().filter_map(|rowid| found.remove(rowid)).collect())
}

/// Something on file that may be the same customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// What it is.
    pub what: SimilarTo,
    /// True for the same domain, false for a similar name.
    pub same_domain: bool,
}

/// What may be the same customer.
#[derive(Debug, Clone, PartialEq)]
pub enum SimilarTo {
    /// A deal.
    Deal(DealId, Box<Deal>),
    /// An account on the organization's own list.
    Account(AccountId, Box<Account>),
}

/// Deals and accounts of the same domain (`domain` is registrable, or empty) or whose name contains
/// `customer`, best first, at most `limit`.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn similar(store: &Store, customer: &str, domain: &str, limit: usize) -> Result<Vec<Similar>> {
    let mut snapshot = store.showing_one().await?;
    let mut found: BTreeMap<uuid::Uuid, Similar> = BTreeMap::new();
    let mut order = Vec::new();
    let name = folded(customer.trim());
    let at_most = i64::try_from(limit).unwrap_or(i64::MAX);
    for (same_domain, text) in [(true, folded(domain.trim())), (false, name)] {
        // Two letters are in every other name.
        if text.is_empty() || (!same_domain && text.chars().nth(2).is_none()) {
            continue;
        }
        let (deals, accounts) = if same_domain {
            (
                "SELECT id, body FROM deals WHERE domain <> '' AND domain = ?1 ORDER BY activity_at DESC LIMIT ?2",
                "SELECT id, body FROM accounts WHERE domain <> '' AND domain = ?1 LIMIT ?2",
            )
        } else {
            (
                "SELECT id, body FROM deals INDEXED BY deals_by_title WHERE instr(search, ?1) > 0
                 ORDER BY instr(search, ?1), activity_at DESC LIMIT ?2",
                "SELECT id, body FROM accounts INDEXED BY accounts_search WHERE instr(search, ?1) > 0
                 ORDER BY instr(search, ?1) LIMIT ?2",
            )
        };
        for (is_deal, sql) in [(true, deals), (false, accounts)] {
            for row in sqlx::query(sql).bind(&text).bind(at_most).fetch_all(&mut *snapshot).await? {
                let id: uuid::Uuid = read_id(&row, 0)?;
                let what = if is_deal {
                    read_entity::<Deal>(&row, 1)?.map(|deal| SimilarTo::Deal(id.into(), Box::new(deal)))
                } else {
                    let account = read_entity::<Account>(&row, 1)?;
                    account.map(|account| SimilarTo::Account(id.into(), Box::new(account)))
                };
                let Some(what) = what else { continue };
                found.entry(id).or_insert_with(|| {
                    order.push(id);
                    Similar { what, same_domain }
                });
            }
        }
    }
    Ok(order.iter().filter_map(|id| found.remove(id)).take(limit).collect())
}
