//! Taking back what was just done. A token stands for the inverse mutation of one change.

use crate::app::{App, held};
use crate::dto::{Code, CommandError, Done, Undo as UndoRequest};
use crate::say;
use crate::session::Joined;
use crate::words::sentence;
use crate::{map, pinned};
use domain::{Mutation, ProgramId, Undo};
use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;

/// How many changes can be taken back, and how many of those taken back done again.
const DEPTH: usize = 50;

/// The last changes of this run.
#[derive(Debug, Default)]
pub(crate) struct UndoList {
    next: u64,
    /// Newest last.
    noted: VecDeque<Noted>,
}

#[derive(Debug)]
struct Noted {
    token: u64,
    step: Step,
    /// It does again what was taken back: such steps must not push out any that take back.
    again: bool,
}

impl UndoList {
    fn note(&mut self, step: Step) -> u64 {
        self.next += 1;
        self.noted.push_back(Noted { token: self.next, step, again: false });
        self.shorten(false);
        self.next
    }

    fn take(&mut self, token: u64) -> Option<Noted> {
        let at = self.noted.iter().position(|noted| noted.token == token)?;
        self.noted.remove(at)
    }

    /// Says that a step does again what was taken back.
    fn does_again(&mut self, token: u64) {
        if let Some(noted) = self.noted.iter_mut().find(|noted| noted.token == token) {
            noted.again = true;
        }
        self.shorten(true);
    }

    fn shorten(&mut self, again: bool) {
        let count = self.noted.iter().filter(|noted| noted.again == again).count();
        let oldest = self.noted.iter().position(|noted| noted.again == again);
        if let Some(oldest) = oldest.filter(|_| count > DEPTH) {
            self.noted.remove(oldest);
        }
    }
}

/// What takes a change back, and where.
#[derive(Debug)]
pub(crate) enum Step {
    /// In a program.
    In(ProgramId, Inverse),
    /// Among what is pinned on this device.
    Pinned(pinned::Change),
}

/// What takes a change of a program back.
#[derive(Debug)]
pub(crate) enum Inverse {
    /// Another change.
    Mutation(Box<Mutation>),
    /// A refusal that was discarded waits again.
    PutBack(i64),
    /// The outcome of an overwritten field is open again.
    Unsettle(Uuid),
}

impl App {
    /// Notes how a change is taken back, and answers with the token for it.
    pub(crate) fn done(&self, program: ProgramId, id: Option<String>, inverse: Inverse) -> Done {
        self.note(id, Step::In(program, inverse))
    }

    /// The same for a change anywhere.
    pub(crate) fn note(&self, id: Option<String>, step: Step) -> Done {
        let token = held(&self.undo).note(step);
        Done { id, undo: Some(token.to_string()), stays: None }
    }

    /// Commits a mutation and notes how it is taken back.
    pub(crate) async fn act(
        &self,
        joined: &Joined,
        id: Option<String>,
        mutation: impl Into<Mutation>,
    ) -> Result<Done, CommandError> {
        Ok(match joined.commit(mutation).await? {
            Undo::By(inverse) => self.done(joined.id, id, Inverse::Mutation(inverse)),
            Undo::No(why) => Done { id, undo: None, stays: Some(sentence(why)) },
        })
    }

    /// Takes a change back; the token of the answer, if it has one, does it again.
    pub(crate) async fn undo(self: &Arc<Self>, request: UndoRequest) -> Result<Done, CommandError> {
        let taken = request.token.parse().ok().and_then(|token: u64| held(&self.undo).take(token));
        let gone = || CommandError::new(Code::NotFound, say!("This can no longer be taken back."));
        let Noted { step, again, .. } = taken.ok_or_else(gone)?;
        let done = self.take_step(step).await?;
        let token: Option<u64> = done.undo.as_ref().and_then(|token| token.parse().ok());
        if let Some(token) = token.filter(|_| !again) {
            held(&self.undo).does_again(token);
        }
        Ok(done)
    }

    async fn take_step(self: &Arc<Self>, step: Step) -> Result<Done, CommandError> {
        let (program, inverse) = match step {
            Step::In(program, inverse) => (program, inverse),
            Step::Pinned(change) => return self.pinned_change(change).await,
        };
        let joined = self.session()?.program(program).ok_or_else(|| CommandError::not_found("program"))?;
        match inverse {
            Inverse::Mutation(inverse) => return self.act(&joined, None, *inverse).await,
            Inverse::PutBack(refusal) => joined.store.put_back(refusal).await,
            Inverse::Unsettle(change) => joined.store.settle(change, None).await,
        }
        .map_err(|error| map::store_error(&error))?;
        Ok(Done::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> Step {
        Step::Pinned(pinned::Change::Remove { id: String::new() })
    }

    #[test]
    fn fifty_changes_can_be_taken_back_whatever_was_taken_back_before() {
        let mut list = UndoList::default();
        let mut live: VecDeque<u64> = (0..DEPTH).map(|_| list.note(step())).collect();
        for _ in 0..9 {
            // Half of them are taken back, and others done instead.
            for token in live.split_off(DEPTH / 2).into_iter().rev() {
                assert!(list.take(token).is_some());
                let again = list.note(step());
                list.does_again(again);
            }
            live.extend((0..DEPTH / 2).map(|_| list.note(step())));
        }
        let one_more = list.note(step());
        let first = live.pop_front().unwrap();
        assert!(list.take(first).is_none(), "the fifty-first");
        live.push_back(one_more);
        assert!(live.into_iter().rev().all(|token| list.take(token).is_some()));
        assert!(list.noted.len() <= DEPTH);
    }
}
