//! Taking back what was just done. A token stands for the inverse mutation of one change.

use crate::app::{App, held};
use crate::dto::{Code, CommandError, Done, Undo as UndoRequest};
use crate::say;
use crate::session::Joined;
use crate::{map, pinned};
use domain::{Mutation, ProgramId, Undo};
use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;

/// How many changes can be taken back.
const DEPTH: usize = 50;

/// The last changes of this run, newest last.
#[derive(Debug, Default)]
pub(crate) struct UndoList {
    next: u64,
    changes: VecDeque<(u64, Step)>,
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
        let mut list = held(&self.undo);
        list.next += 1;
        let token = list.next;
        list.changes.push_back((token, step));
        while list.changes.len() > DEPTH {
            list.changes.pop_front();
        }
        Done { id, undo: Some(token.to_string()) }
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
            Undo::No(_) => Done { id, undo: None },
        })
    }

    /// Takes a change back; the token of the answer, if it has one, does it again.
    pub(crate) async fn undo(self: &Arc<Self>, request: UndoRequest) -> Result<Done, CommandError> {
        let token: Option<u64> = request.token.parse().ok();
        let step = {
            let mut list = held(&self.undo);
            let at = list.changes.iter().position(|(known, _)| Some(*known) == token);
            let found = at.and_then(|at| list.changes.remove(at));
            let gone = || CommandError::new(Code::NotFound, say!("This can no longer be taken back."));
            found.map(|(_, step)| step).ok_or_else(gone)?
        };
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
