//! What is being written in rooms and was not sent. It is kept in memory, so that it is still there when a window
//! was closed, or shows the same room as another; it ends with the program.

use crate::app::{App, held};
use crate::dto::{Code, CommandError, Done, Draft, OneOf};
use crate::map;
use crate::say;
use domain::{DealId, ProgramId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longer than any message; what is beyond is not kept.
const LONGEST: usize = 64 * 1024;
/// Nobody writes in more rooms at once.
const MOST: usize = 200;

/// By program and deal.
pub(crate) type Drafts = BTreeMap<(ProgramId, DealId), Draft>;

impl App {
    /// Keeps what is being written in a room; nothing when the text is empty and nothing is answered.
    pub(crate) async fn draft_keep(self: &Arc<Self>, draft: Draft) -> Result<Done, CommandError> {
        let key = (self.program(&draft.program)?.id, map::id(&draft.deal)?);
        if draft.text.len() > LONGEST {
            return Err(CommandError::new(Code::BadInput, say!("This is too long for a message.")));
        }
        let mut drafts = held(&self.drafts);
        if draft.text.is_empty() && draft.reply.is_none() {
            drafts.remove(&key);
        } else if drafts.len() < MOST || drafts.contains_key(&key) {
            drafts.insert(key, draft);
        }
        Ok(Done::default())
    }

    /// What was being written in a room.
    pub(crate) async fn draft_of(self: &Arc<Self>, asked: OneOf) -> Result<Option<Draft>, CommandError> {
        let key = (self.program(&asked.program)?.id, map::id(&asked.id)?);
        Ok(held(&self.drafts).get(&key).cloned())
    }
}
