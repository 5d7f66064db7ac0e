//! The list of what is pinned, as it is kept: pure, so that taking a change back is one more change.

use crate::dto::DealView;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest name of a view, in characters.
const NAME_MAX: usize = 60;

/// Something pinned, by what it is and never by what it is called elsewhere: the title of a deal is in its
/// program's own file and goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub id: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Deal { program: String, deal: String },
    View { name: String, view: DealView },
}

impl What {
    /// The program without which it means nothing.
    pub fn program(&self) -> Option<&str> {
        match self {
            Self::Deal { program, .. } => Some(program),
            Self::View { view, .. } => view.lens.program.as_deref(),
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Known(Entry),
    /// A newer version wrote it; it keeps its place.
    Newer(Value),
}

impl Line {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Known(entry) => Some(&entry.id),
            Self::Newer(_) => None,
        }
    }
}

/// Everything pinned, in the person's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct List(Vec<Line>);

/// A change of the list; its answer is the change that takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Insert { entry: Entry, before: Option<String> },
    Remove { id: String },
    Rename { id: String, name: String },
    Show { id: String, view: DealView },
    Move { id: String, before: Option<String> },
}

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is not in the list any more.
    Gone,
    /// A view needs a name.
    Nameless,
    /// The name is longer than this.
    NameTooLong(usize),
    /// Another view has the name.
    NameTaken(String),
}

impl List {
    /// Everything that this version understands.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter_map(|line| match line {
            Line::Known(entry) => Some(entry),
            Line::Newer(_) => None,
        })
    }

    /// Makes a change, or leaves everything as it was.
    pub fn apply(&mut self, change: Change) -> Result<Change, Wrong> {
        match change {
            Change::Insert { mut entry, before } => {
                if let What::View { name, .. } = &mut entry.what {
                    *name = self.named(name, &entry.id)?;
                }
                let id = entry.id.clone();
                let at = before.and_then(|before| self.at(&before)).unwrap_or(self.0.len());
                self.0.insert(at, Line::Known(entry));
                Ok(Change::Remove { id })
            }
            Change::Remove { id } => {
                let at = self.at(&id).ok_or(Wrong::Gone)?;
                let before = self.after(at);
                match self.0.remove(at) {
                    Line::Known(entry) => Ok(Change::Insert { entry, before }),
                    Line::Newer(_) => Err(Wrong::Gone),
                }
            }
            Change::Rename { id, name } => {
                let wanted = self.named(&name, &id)?;
                match self.what(&id)? {
                    What::View { name, .. } => {
                        Ok(Change::Rename { id, name: std::mem::replace(name, wanted) })
                    }
                    What::Deal { .. } => Err(Wrong::Gone),
                }
            }
            Change::Show { id, view: wanted } => match self.what(&id)? {
                What::View { view, .. } => Ok(Change::Show { id, view: std::mem::replace(view, wanted) }),
                What::Deal { .. } => Err(Wrong::Gone),
            },
            Change::Move { id, before } => {
                let at = self.at(&id).ok_or(Wrong::Gone)?;
                let was_before = self.after(at);
                let line = self.0.remove(at);
                let to = match &before {
                    Some(before) if *before == id => at,
                    Some(before) => self.at(before).unwrap_or(self.0.len()),
                    None => self.0.len(),
                };
                self.0.insert(to, line);
                Ok(Change::Move { id, before: was_before })
            }
        }
    }

    /// Forgets whatever means nothing without a program. True when there was any.
    pub fn without(&mut self, program: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|line| !matches!(line, Line::Known(entry) if entry.what.program() == Some(program)));
        self.0.len() != before
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|line| line.id() == Some(id))
    }

    /// The next one after a place that has an id.
    fn after(&self, at: usize) -> Option<String> {
        self.0.iter().skip(at + 1).find_map(Line::id).map(str::to_owned)
    }

    fn what(&mut self, id: &str) -> Result<&mut What, Wrong> {
        let line = self.0.iter_mut().find(|line| line.id() == Some(id));
        match line {
            Some(Line::Known(entry)) => Ok(&mut entry.what),
            Some(Line::Newer(_)) | None => Err(Wrong::Gone),
        }
    }

    /// A name as it is kept, if the view `of` may have it.
    fn named(&self, name: &str, of: &str) -> Result<String, Wrong> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(Wrong::Nameless);
        }
        if name.chars().count() > NAME_MAX {
            return Err(Wrong::NameTooLong(NAME_MAX));
        }
        let same = |other: &str| other.to_lowercase() == name.to_lowercase();
        let taken = self.entries().any(|entry| {
            entry.id != of && matches!(&entry.what, What::View { name: other, .. } if same(other))
        });
        if taken { Err(Wrong::NameTaken(name)) } else { Ok(name) }
    }
}

#[cfg(test)]
mod tests;
