//! What was saved from a damaged file, as text that a person can read and copy from.

use crate::unsent::Change;
use crate::{say, sync_page, written};
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
    let name =
        |id: MemberId| members.get(&id.0).map_or_else(|| say!("Somebody"), |member| member.name.clone());
    let title = |id: DealId| {
        deals.get(&id.0).map_or_else(|| say!("a deal that could not be read"), |deal| deal.title.clone())
    };
    let mut out = say!("Saved by Lockstep from a damaged file. This text is not encrypted.");
    out.push('\n');
    if salvage.holes {
        out.push_str(&say!("Parts of the file could not be read and are missing here."));
        out.push('\n');
    }
    head(&mut out, &say!("Not sent to the hub"), salvage.unsent.len());
    for item in &salvage.unsent {
        let deal = sync_page::deal_of(item);
        let what = item.mutation.as_ref().map_or_else(written::unknown, written::words);
        let title = match deal {
            Some(deal) => say!("{what} in {place}", what = what, place = title(deal)),
            None => what,
        };
        Change::of(item, title).write(&mut out);
    }
    head(&mut out, &say!("Deals"), deals.len());
    for deal in deals.values() {
        let (whole, cents) = (deal.amount.minor / 100, deal.amount.minor % 100);
        let (currency, customer) = (&deal.amount.currency, &deal.customer);
        let _ = writeln!(out, "{}\n  {} ({})", deal.title, customer.name, customer.domain);
        let amount = format!("{currency} {whole}.{cents:02}");
        let closes = say!("{amount}, closes {day}", amount = amount, day = deal.close_date);
        let _ = writeln!(out, "  {closes}\n  {}", deal.need);
    }
    let mut messages: Vec<Message> = all(&salvage.rows).into_values().collect();
    messages.sort_by_key(|message| (message.deal, message.at));
    head(&mut out, &say!("Messages"), messages.len());
    for Message { deal, author, body, .. } in &messages {
        let _ = writeln!(out, "[{}] {}: {body}", title(*deal), name(*author));
    }
    let milestones: BTreeMap<Uuid, Milestone> = all(&salvage.rows);
    head(&mut out, &say!("Milestones"), milestones.len());
    for step in milestones.values() {
        let done = if step.done.is_some() { say!("done") } else { say!("open") };
        let _ = writeln!(out, "[{}] {} ({done}) {}", title(step.deal), step.title, step.done_condition);
    }
    let accounts: BTreeMap<Uuid, Account> = all(&salvage.rows);
    head(&mut out, &say!("Accounts"), accounts.len());
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
