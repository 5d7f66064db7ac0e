//! Everything that was done here and is not at a hub, as files: text for a person, JSON for programs.

use crate::app::App;
use crate::dto::{Code, CommandError, Language, SavedFile, UnsentOf};
use crate::session::{Joined, Session};
use crate::{diagnostics, map, say, sync_page, words, written};
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;
use store::Item;

/// Most waiting changes that are written.
const WAITING_MAX: u32 = 100_000;

#[derive(Serialize)]
struct Unsent {
    saved_at: String,
    programs: Vec<UnsentProgram>,
}

#[derive(Serialize)]
struct UnsentProgram {
    program: String,
    name: String,
    hub: String,
    waiting: Vec<Change>,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    #[serde(flatten)]
    change: Change,
    rule: &'static str,
    message: String,
    evidence: Vec<Fact>,
    refused_at: String,
    behind_it: Vec<Change>,
}

/// One change of the person.
#[derive(Serialize)]
pub(crate) struct Change {
    number: u64,
    name: String,
    made_at: String,
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
}

/// One value of a change. The label of running text is empty.
#[derive(Serialize)]
pub(crate) struct Fact {
    label: String,
    value: String,
}

impl Change {
    pub(crate) fn of(item: &Item, title: String) -> Self {
        let facts = item.mutation.as_ref().map(written::facts).unwrap_or_default();
        let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
        Self {
            number: item.n,
            name: item.name.clone(),
            made_at: moment(item.at),
            title,
            facts: facts.map(|(label, value)| Fact { label, value }).collect(),
        }
    }

    /// As text; lines of what somebody wrote are set off, whatever is in them.
    pub(crate) fn write(&self, out: &mut String) {
        let _ = writeln!(out, "- **{}** ({})", self.title, self.made_at);
        for fact in &self.facts {
            let mut lines = fact.value.lines();
            let first = lines.next().unwrap_or_default();
            let first = match fact.label.as_str() {
                "" => first.to_owned(),
                label => written::labelled(label, first),
            };
            let _ = writeln!(out, "  > {first}");
            lines.for_each(|line| _ = writeln!(out, "  > {line}"));
        }
    }
}

impl App {
    /// Saves what waits, what was refused and what is parked behind that, of one program or of all: also
    /// of one that may only be read any more, or, because its lease is over, not even that.
    pub(crate) async fn unsent_export(
        self: &Arc<Self>,
        of: UnsentOf,
    ) -> Result<Vec<SavedFile>, CommandError> {
        let unsent = self.all_unsent(&of).await?;
        if unsent.programs.is_empty() {
            return Err(CommandError::new(
                Code::NotFound,
                say!("There is nothing to export: everything you did here has reached its hub."),
            ));
        }
        // A program that reads it finds the same labels whatever the person speaks.
        let plain = words::in_language(Language::English, self.all_unsent(&of)).await?;
        let json = serde_json::to_string_pretty(&plain)
            .map_err(|error| CommandError::internal("writing what was not sent", &error))?;
        Ok(vec![
            diagnostics::save("not-sent", "md", &text(&unsent)).await?,
            diagnostics::save("not-sent", "json", &json).await?,
        ])
    }

    async fn all_unsent(&self, of: &UnsentOf) -> Result<Unsent, CommandError> {
        let mut unsent = Unsent { saved_at: moment(Self::now()), programs: Vec::new() };
        let session = self.session()?;
        let programs = match &of.program {
            Some(id) => vec![self.program(id)?],
            None => session.programs(),
        };
        for joined in programs {
            let program = self.unsent_of(&session, &joined).await?;
            if !(program.waiting.is_empty() && program.refused.is_empty()) {
                unsent.programs.push(program);
            }
        }
        Ok(unsent)
    }

    async fn unsent_of(&self, session: &Session, joined: &Joined) -> Result<UnsentProgram, CommandError> {
        let store_error = |error: store::StoreError| map::store_error(&error);
        let mut waiting = Vec::new();
        for item in joined.store.waiting(WAITING_MAX).await.map_err(store_error)? {
            waiting.push(Change::of(&item, sync_page::title(joined, &item).await?));
        }
        let mut refused = Vec::new();
        for one in joined.store.refusals().await.map_err(store_error)? {
            let mut behind_it = Vec::new();
            for item in &one.parked {
                behind_it.push(Change::of(item, sync_page::title(joined, item).await?));
            }
            let evidence = one.refusal.evidence.into_iter();
            refused.push(Refused {
                change: Change::of(&one.item, sync_page::title(joined, &one.item).await?),
                rule: one.refusal.rule.name(),
                message: words::sentence(&one.refusal.message),
                evidence: evidence
                    .map(|(label, value)| Fact {
                        value: words::fact(&label, &value),
                        label: words::label(&label),
                    })
                    .collect(),
                refused_at: moment(one.refused_at),
                behind_it,
            });
        }
        Ok(UnsentProgram {
            program: joined.id.to_string(),
            name: self.name_of(session, joined).await,
            hub: self.hub_name(&joined.hub),
            waiting,
            refused,
        })
    }
}

fn text(unsent: &Unsent) -> String {
    let mut out = format!("# {}\n\n", say!("Not sent"));
    out.push_str(&say!(
        "What was done on this device and is not at a hub, saved {moment}. This text is not encrypted.",
        moment = unsent.saved_at
    ));
    out.push('\n');
    for program in &unsent.programs {
        let hub = say!("Of the hub {hub}.", hub = program.hub);
        let _ = writeln!(out, "\n## {}\n\n{hub}", program.name);
        if !program.waiting.is_empty() {
            let head = say!("Waits to be sent ({count})", count = program.waiting.len());
            let _ = writeln!(out, "\n### {head}\n");
            program.waiting.iter().for_each(|change| change.write(&mut out));
        }
        if !program.refused.is_empty() {
            let head = say!("Refused ({count})", count = program.refused.len());
            let _ = writeln!(out, "\n### {head}\n");
        }
        for refused in &program.refused {
            refused.change.write(&mut out);
            let why = say!("Refused {moment}: {why}", moment = refused.refused_at, why = refused.message);
            let _ = writeln!(out, "\n  {why}");
            for fact in &refused.evidence {
                let _ = writeln!(out, "  {}", written::labelled(&fact.label, &fact.value));
            }
            if !refused.behind_it.is_empty() {
                let _ = writeln!(out, "\n  {}\n", say!("Behind it:"));
                refused.behind_it.iter().for_each(|change| change.write(&mut out));
            }
            out.push('\n');
        }
    }
    out
}

/// A moment on this device's calendar.
fn moment(at: domain::Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => say!("at an unknown time"),
    }
}
