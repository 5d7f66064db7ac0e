//! What a person hears of while looking elsewhere. The announcer tells what is new ([`Heard`]), the
//! budget decides when of that something is shown and sums up the rest, the words are put together
//! last. The shell only shows.

mod announcer;
mod budget;
mod choice;
mod hours;
mod words;

pub(crate) use announcer::Announcer;
pub(crate) use choice::kept;

use crate::app::{App, held};
use crate::dto::{CommandError, NoticesFor};
use budget::Budget;
use domain::entity::{Deal, Put, RowOf};
use domain::mutation::RowPut;
use domain::{DealId, ProgramId};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// While something waits for the end of quiet hours the clock is looked at so often: it may be set, and
/// a device may sleep meanwhile.
const LOOK: Duration = Duration::from_secs(30);

/// Something to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// First line: who, or what.
    pub title: String,
    /// Second line.
    pub body: String,
    /// Where a click leads inside the window.
    pub route: String,
    /// Where one can answer at once; none when there is nobody to answer, or several.
    pub reply: Option<String>,
    /// What "done" puts away; nothing when there is no row of Today for it.
    pub done: Vec<Away>,
}

/// A row of Today as it stood when it was told of. It comes back when there is more to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    program: ProgramId,
    row: RowOf,
    seen: u64,
}

/// The room of a deal in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Room {
    pub program: ProgramId,
    pub deal: DealId,
}

/// What the desk hears.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Somebody else did something.
    News(News),
    /// This person read the room up to a position, here or on another device.
    Read(Room, u64),
    /// This person looks at the window.
    Looked,
    /// This person chose anew what to hear of, and when.
    Chosen,
}

/// One thing that somebody else did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    pub room: Room,
    pub deal_title: String,
    pub what: What,
    /// The row of Today that asks for an answer to it, and what there is to see. This is what makes it
    /// something "on me".
    pub row: Option<(RowOf, u64)>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A message.
    Message { author: String, body: String },
    /// A registration moved.
    Registration { title: String, body: String },
}

impl App {
    /// Puts away what a notice told of, as "done" in Today does: it is back when there is news.
    ///
    /// # Errors
    /// When a program is gone or nothing can be changed in it now.
    pub async fn put_away(self: &Arc<Self>, notice: &Notice) -> Result<(), CommandError> {
        for away in &notice.done {
            let joined = self.program(&away.program.to_string())?;
            let put = RowPut { member: joined.member, row: away.row, put: Put::Done, seen: away.seen };
            // No window can take it back, so it takes no place among what windows can.
            joined.commit(put).await?;
        }
        Ok(())
    }

    /// Drops of what waits whatever this device may not show any more.
    async fn still_here(self: &Arc<Self>, budget: &mut Budget) {
        for room in budget.rooms() {
            let joined = self.session().ok().and_then(|session| session.program(room.program));
            let here = match joined {
                Some(joined) => matches!(joined.store.entity::<Deal>(room.deal).await, Ok(Some(_))),
                None => false,
            };
            if !here {
                budget.forget(room);
            }
        }
    }
}

/// Hears what is new and says what is to be shown, for as long as the app lives.
pub(crate) async fn desk(app: Weak<App>, mut heard: UnboundedReceiver<Heard>) {
    let began = Instant::now();
    let mut budget = Budget::default();
    let mut wait = None;
    loop {
        let told = match wait {
            None => heard.recv().await.map(Some),
            Some(wait) => tokio::select! {
                told = heard.recv() => told.map(Some),
                () = tokio::time::sleep(wait) => Some(None),
            },
        };
        let (Some(told), Some(app)) = (told, app.upgrade()) else { return };
        let chosen = held(&app.notice_choice).clone();
        match told {
            Some(Heard::News(news)) if wanted(chosen.which, &news) => budget.hear(news, began.elapsed()),
            Some(Heard::Read(room, position)) => budget.read(room, position),
            Some(Heard::Looked) => budget.clear(),
            Some(Heard::News(_) | Heard::Chosen) | None => {}
        }
        if chosen.which == NoticesFor::Nothing || app.focused.load(Ordering::Relaxed) {
            budget.clear();
        }
        let quiet = hours::quiet_until(&chosen, jiff::Zoned::now().datetime()).is_some();
        if !quiet && budget.is_due(began.elapsed()) {
            app.still_here(&mut budget).await;
            for notice in crate::words::speaking(app.language(), || budget.due(began.elapsed())) {
                let _ = app.notices.send(notice);
            }
        }
        let next = budget.next(began.elapsed());
        wait = next.map(|next| if quiet { LOOK } else { next.min(LOOK) });
    }
}

/// Whether a person who chose so wants to hear of it.
fn wanted(which: NoticesFor, news: &News) -> bool {
    match which {
        NoticesFor::Everything => true,
        NoticesFor::OnMe => news.row.is_some(),
        NoticesFor::Nothing => false,
    }
}

/// The rows that "done" puts away.
fn away(room: Room, rows: &BTreeMap<RowOf, u64>) -> Vec<Away> {
    rows.iter().map(|(row, seen)| Away { program: room.program, row: *row, seen: *seen }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_is_on_me_is_what_has_a_row_in_today() {
        let room = Room { program: ProgramId(Uuid::from_u128(1)), deal: DealId(Uuid::from_u128(2)) };
        let what = What::Message { author: "Orla".into(), body: "Hello".into() };
        let theirs =
            News { room, deal_title: "Polder".into(), what, row: Some((RowOf::Reply(room.deal), 3)) };
        let of_a_colleague = News { row: None, ..theirs.clone() };
        let heard = |which| [wanted(which, &theirs), wanted(which, &of_a_colleague)];
        assert_eq!(heard(NoticesFor::Everything), [true, true]);
        assert_eq!(heard(NoticesFor::OnMe), [true, false]);
        assert_eq!(heard(NoticesFor::Nothing), [false, false]);
    }
}
