//! What was saved from a damaged file, as text that a person can read and copy from.

use crate::unsent::Change;
use crate::{sync_page, written};
use domain::codec::Entity;
use domain::entity::{Account, Deal, Member, Message, Milestone};
use domain::{DealId, MemberId, Row};
use std::collections::BTreeMap;
use std::fmt::Write;
use store::Salvage;
use uuid::Uuid;

/// Everything that people wrote, unsent changes first.
pub(crate) fn text(salvage: &Salvage) -> String {
    let members: BTreeMap<Uuid, Member> = all(&salvage.rows);
    let deals: BTreeMap<Uuid, Deal> = all(&salvage.rows);
    let name = |id: MemberId| members.get(&id.0).map_or("Somebody", |member| member.name.as_str());
    let title = |id: DealId| deals.get(&id.0).map_or("a deal that could not be read", |deal| &deal.title);
    let mut out = String::from("Saved by Lockstep from a damaged file. This text is not encrypted.\n");
    if salvage.holes {
        out.push_str("Parts of the file could not be read and are missing here.\n");
    }
    head(&mut out, "Not sent to the hub", salvage.unsent.len());
    for item in &salvage.unsent {
        let deal = sync_page::deal_of(item);
        let words = item.mutation.as_ref().map_or(written::UNKNOWN, written::words);
        let title = deal.map_or_else(|| words.to_owned(), |deal| format!("{words} in {}", title(deal)));
        Change::of(item, title).write(&mut out);
    }
    head(&mut out, "Deals", deals.len());
    for deal in deals.values() {
        let (whole, cents) = (deal.amount.minor / 100, deal.amount.minor % 100);
        let (currency, customer) = (&deal.amount.currency, &deal.customer);
        let _ = writeln!(out, "{}\n  {} ({})", deal.title, customer.name, customer.domain);
        let _ = writeln!(out, "  {currency} {whole}.{cents:02}, closes {}\n  {}", deal.close_date, deal.need);
    }
    let mut messages: Vec<Message> = all(&salvage.rows).into_values().collect();
    messages.sort_by_key(|message| (message.deal, message.at));
    head(&mut out, "Messages", messages.len());
    for Message { deal, author, body, .. } in &messages {
        let _ = writeln!(out, "[{}] {}: {body}", title(*deal), name(*author));
    }
    let milestones: BTreeMap<Uuid, Milestone> = all(&salvage.rows);
    head(&mut out, "Milestones", milestones.len());
    for step in milestones.values() {
        let done = if step.done.is_some() { "done" } else { "open" };
        let _ = writeln!(out, "[{}] {} ({done}) {}", title(step.deal), step.title, step.done_condition);
    }
    let accounts: BTreeMap<Uuid, Account> = all(&salvage.rows);
    head(&mut out, "Accounts", accounts.len());
    for account in accounts.values() {
        let _ = writeln!(out, "{}, {}, {}", account.name, account.domain, account.country);
    }
    out
}

fn head(out: &mut String, title: &str, count: usize) {
    let _ = writeln!(out, "\n{title} ({count})");
}

fn all<E: Entity>(rows: &[Row]) -> BTreeMap<Uuid, E> {
    let of_kind = rows.iter().filter(|row| row.key.table == E::TABLE);
    of_kind.filter_map(|row| Some((row.key.id, E::from_body(&row.body).ok()?))).collect()
}
