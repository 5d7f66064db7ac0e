//! What happened, in words.

use crate::world::World;
use domain::Mutation;
use domain::entity::Message;
use protocol::frame::Delta;
use protocol::sequencer::Commit;

/// A commit of the hub.
pub(crate) fn commit(world: &World, commit: &Commit) -> String {
    let mut parts = Vec::new();
    for (device, answer) in &commit.answers {
        let chain = commit.chains.get(device);
        let desk = world.desks.iter().find(|desk| {
            desk.identity.device == *device
                && chain.is_some_and(|end| desk.made.get(&end.n).is_some_and(|made| made.hash == end.hash))
        });
        let what = desk
            .and_then(|desk| desk.made.get(&answer.n))
            .map_or("?".to_owned(), |made| words(&made.mutation));
        let whose = desk.map_or("somebody", |desk| desk.name.as_str());
        let how = answer
            .refusal
            .as_ref()
            .map_or(String::new(), |refusal| format!(", refused: {}", refusal.rule.name()));
        parts.push(format!("{whose}'s {} ({what}{how})", answer.n));
    }
    if parts.is_empty() {
        parts.push(format!("{} rows", commit.rows.len()));
    }
    format!("{}, now at {}", parts.join(", "), commit.head)
}

/// A delta that an installation takes in.
pub(crate) fn delta(world: &World, delta: &Delta) -> String {
    let messages = delta.rows.iter().filter_map(|row| {
        let message: Message = domain::codec::Entity::from_body(row.body.as_ref()?).ok()?;
        (row.key.table == domain::Table::Messages).then(|| format!("\"{}\"", message.body))
    });
    let mut parts: Vec<String> = messages.collect();
    let others = delta.rows.iter().filter(|row| row.key.table != domain::Table::Messages);
    let others: Vec<String> = others
        .map(|row| format!("{:?}@{}{}", row.key, row.seq, if row.body.is_none() { "-" } else { "" }))
        .collect();
    parts.extend((!others.is_empty()).then(|| format!("[{}]", others.join(" "))));
    let answers: Vec<String> = delta
        .answers
        .iter()
        .map(|answer| format!("{}{}", answer.n, if answer.refusal.is_some() { " refused" } else { "" }))
        .collect();
    parts.extend((!answers.is_empty()).then(|| format!("answers to {}", answers.join(", "))));
    let more = if delta.resume.is_some() { ", more to come" } else { "" };
    let what = if parts.is_empty() { "nothing new".to_owned() } else { parts.join(", ") };
    format!("{what} (up to {} of {}{more})", delta.to, world.oracle.head)
}

/// A mutation.
pub(crate) fn words(mutation: &Mutation) -> String {
    match mutation {
        Mutation::MessageSend(send) => format!("message \"{}\"", send.body),
        Mutation::DealRegister(register) => {
            format!("registers {} for {}", register.customer.domain, register.product)
        }
        other => other.name().to_owned(),
    }
}
