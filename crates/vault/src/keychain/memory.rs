//! A keychain without an operating system, which can also misbehave like a real one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::Refusal;

/// A keychain in memory. Clones share their content, which is gone with the last of them.
#[derive(Clone, Default)]
pub struct MemoryKeychain {
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    behaviour: Behaviour,
    entries: BTreeMap<String, Zeroizing<String>>,
}

/// How a [`MemoryKeychain`] answers from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Answers,
    /// As if locked.
    Locked,
    /// As if no keychain were installed or reachable.
    Absent,
    /// As if hung; the time limit is not waited for.
    Silent,
    /// Accepts a write and keeps nothing of it.
    Forgetful,
}

impl MemoryKeychain {
    /// Changes how it answers.
    pub fn behave(&self, behaviour: Behaviour) {
        self.content().behaviour = behaviour;
    }

    /// Forgets every entry, as a keychain does that was reset, or switched for another.
    pub fn wipe(&self) {
        self.content().entries.clear();
    }

    /// How many entries it holds.
    pub fn entries(&self) -> usize {
        self.content().entries.len()
    }

    pub(super) fn read(&self, user: &str) -> Result<Vec<Zeroizing<String>>, Refusal> {
        Ok(self.answering()?.entries.get(user).cloned().into_iter().collect())
    }

    pub(super) fn write(&self, user: &str, text: &Zeroizing<String>) -> Result<(), Refusal> {
        let mut content = self.answering()?;
        if content.behaviour != Behaviour::Forgetful {
            content.entries.insert(user.to_owned(), text.clone());
        }
        Ok(())
    }

    pub(super) fn remove(&self, user: &str) -> Result<(), Refusal> {
        self.answering()?.entries.remove(user);
        Ok(())
    }

    fn answering(&self) -> Result<MutexGuard<'_, Content>, Refusal> {
        let content = self.content();
        match content.behaviour {
            Behaviour::Answers | Behaviour::Forgetful => Ok(content),
            Behaviour::Locked => Err(Refusal::Locked),
            Behaviour::Absent => Err(Refusal::Absent),
            Behaviour::Silent => Err(Refusal::NoAnswer),
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryKeychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryKeychain(..)")
    }
}
