//! Taking back what was just done. A token stands for the inverse mutation of one change.

use crate::app::{App, held};
use crate::dto::{Code, CommandError, Done, Undo as UndoRequest};
use crate::session::Joined;
use domain::{Mutation, ProgramId, Undo};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many changes can be taken back.
const DEPTH: usize = 50;

/// The last changes of this run, newest last.
#[derive(Debug, Default)]
pub(crate) struct UndoList {
    next: u64,
    changes: VecDeque<(u64, ProgramId, Mutation)>,
}

impl App {
    /// Notes how a change is taken back, and answers with the token for it.
    pub(crate) fn done(&self, program: ProgramId, id: Option<String>, undo: Undo) -> Done {
        let Undo::By(inverse) = undo else { return Done { id, undo: None } };
        let mut list = held(&self.undo);
        list.next += 1;
        let token = list.next;
        list.changes.push_back((token, program, *inverse));
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
        let undo = joined.commit(mutation).await?;
        Ok(self.done(joined.id, id, undo))
    }

    /// Takes a change back; the answer's token does it again.
    pub(crate) async fn undo(self: &Arc<Self>, request: UndoRequest) -> Result<Done, CommandError> {
        let token: Option<u64> = request.token.parse().ok();
        let (program, inverse) = {
            let mut list = held(&self.undo);
            let at = list.changes.iter().position(|(known, ..)| Some(*known) == token);
            let found = at.and_then(|at| list.changes.remove(at));
            let (_, program, inverse) = found
                .ok_or_else(|| CommandError::new(Code::NotFound, "This can no longer be taken back."))?;
            (program, inverse)
        };
        let joined = self.session()?.program(program).ok_or_else(|| CommandError::not_found("program"))?;
        self.act(&joined, None, inverse).await
    }
}
