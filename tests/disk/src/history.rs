//! Everything that was done to a folder, and what a power cut could have left of it.
//!
//! What may be lost: any set of writes and cuts since the last successful sync of their file, each
//! write also in part, sector by sector; and any set of names that were made or removed since the
//! folder was synced. SQLite counts on no more than this: a write that is torn spoils nothing beside it
//! ("powersafe overwrite"). What was not synced because a sync *failed* stays doubtful whatever is
//! synced later, as Linux forgets such pages (fsyncgate).

use std::collections::{BTreeMap, BTreeSet, HashSet, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::Path;

/// Bytes that reach a disk together or not at all.
const SECTOR: usize = 512;

/// One thing done to the folder. A file is a number: a name that was removed and made again means
/// another file.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Link { file: usize, name: String },
    Unlink { name: String },
    Write { file: usize, at: usize, bytes: Vec<u8> },
    Truncate { file: usize, length: usize },
    Sync { file: usize },
    SyncFailed { file: usize },
    SyncNames,
    Acknowledged,
}

/// What was done to a folder since it is watched.
#[derive(Debug, Clone, Default)]
pub struct History {
    begin: BTreeMap<usize, (String, Vec<u8>)>,
    ops: Vec<Op>,
}

/// How many different power cuts to try.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Up to this many unsynced operations, every set of them is tried.
    pub exhaustive: usize,
    /// Otherwise this many sets drawn at random, half of them with torn writes.
    pub samples: usize,
    /// What they are drawn from.
    pub seed: u64,
}

/// A folder as a power cut left it.
#[derive(Debug)]
pub struct Cut {
    /// Where in the history, for the story of a failure.
    pub at: String,
    /// How many acknowledgements had been given.
    pub acknowledged: usize,
    files: BTreeMap<String, Vec<u8>>,
}

impl Cut {
    /// Writes the files into an empty folder.
    ///
    /// # Errors
    /// What the disk has to say.
    pub fn restore(&self, folder: &Path) -> io::Result<()> {
        self.files.iter().try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
    }
}

/// What became of an operation by the time of the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Safe,
    /// No sync has covered it yet.
    Pending,
    /// A sync that should have covered it failed.
    Doubtful,
}

impl History {
    pub(crate) fn begin(&mut self, file: usize, name: String, bytes: Vec<u8>) {
        self.begin.insert(file, (name, bytes));
    }

    pub(crate) fn push(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// How many operations were recorded.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// The folders that power cuts could have left, each different one once.
    ///
    /// A cut just before a sync can leave everything that an earlier one since the last sync can, and
    /// more has been acknowledged by then; so these moments, and the end, stand for all.
    pub fn after_power_cuts(&self, effort: Effort) -> impl Iterator<Item = Cut> {
        let mut random = Random(effort.seed);
        let mut seen = HashSet::new();
        let is_sync = |op: &Op| matches!(op, Op::Sync { .. } | Op::SyncFailed { .. } | Op::SyncNames);
        let syncs = self.ops.iter().enumerate().filter(move |(_, op)| is_sync(op)).map(|(at, _)| at);
        syncs.chain([self.ops.len()]).flat_map(move |at| {
            let done = self.ops.get(..at).unwrap_or_default();
            let acknowledged = done.iter().filter(|op| matches!(op, Op::Acknowledged)).count();
            let open = self.unsafe_ops(done);
            let mut cuts = Vec::new();
            for (lost, torn) in choices(&open, effort, &mut random) {
                let files = self.rebuild(done, &lost, torn);
                let mut hash = DefaultHasher::new();
                (&files, acknowledged).hash(&mut hash);
                if seen.insert(hash.finish()) {
                    let torn = if torn.is_some() { ", torn" } else { "" };
                    let at = format!(
                        "before operation {at} of {}, {} of {} unsynced ones lost{torn}: {:?}",
                        self.ops.len(),
                        lost.len(),
                        open.len(),
                        lost.iter().take(20).collect::<Vec<_>>()
                    );
                    cuts.push(Cut { at, acknowledged, files });
                }
            }
            cuts
        })
    }

    /// Places of operations that a power cut may undo.
    fn unsafe_ops(&self, done: &[Op]) -> Vec<usize> {
        let mut fates: Vec<Fate> = vec![Fate::Pending; done.len()];
        for (at, op) in done.iter().enumerate() {
            let covers = |other: &Op| match (op, other) {
                (
                    Op::Sync { file } | Op::SyncFailed { file },
                    Op::Write { file: other, .. } | Op::Truncate { file: other, .. },
                ) => file == other,
                (Op::SyncNames, Op::Link { .. } | Op::Unlink { .. }) => true,
                _ => false,
            };
            let fate = if matches!(op, Op::SyncFailed { .. }) { Fate::Doubtful } else { Fate::Safe };
            for (other, known) in done.iter().zip(fates.iter_mut()).take(at) {
                if *known == Fate::Pending && covers(other) {
                    *known = fate;
                }
            }
        }
        let matters = |op: &Op| {
            matches!(op, Op::Link { .. } | Op::Unlink { .. } | Op::Write { .. } | Op::Truncate { .. })
        };
        let open = done.iter().zip(fates).enumerate();
        open.filter(|(_, (op, fate))| *fate != Fate::Safe && matters(op)).map(|(at, _)| at).collect()
    }

    /// The folder without what was lost; with `torn`, what was lost of a write is only some sectors.
    fn rebuild(&self, done: &[Op], lost: &BTreeSet<usize>, torn: Option<u64>) -> BTreeMap<String, Vec<u8>> {
        let mut names: BTreeMap<String, usize> =
            self.begin.iter().map(|(file, (name, _))| (name.clone(), *file)).collect();
        let mut files: BTreeMap<usize, Vec<u8>> =
            self.begin.iter().map(|(file, (_, bytes))| (*file, bytes.clone())).collect();
        let mut sectors = torn.map(Random);
        for (at, op) in done.iter().enumerate() {
            let is_lost = lost.contains(&at);
            match op {
                Op::Write { file, at, bytes } => {
                    let content = files.entry(*file).or_default();
                    match &mut sectors {
                        _ if !is_lost => put(content, *at, bytes),
                        Some(random) => tear(content, *at, bytes, random),
                        None => {}
                    }
                }
                _ if is_lost => {}
                Op::Link { file, name } => drop(names.insert(name.clone(), *file)),
                Op::Unlink { name } => drop(names.remove(name)),
                Op::Truncate { file, length } => files.entry(*file).or_default().resize(*length, 0),
                _ => {}
            }
        }
        names.into_iter().map(|(name, file)| (name, files.get(&file).cloned().unwrap_or_default())).collect()
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    if let Some(place) = content.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Writes some of the sectors.
fn tear(content: &mut Vec<u8>, at: usize, bytes: &[u8], random: &mut Random) {
    let (mut from, mut rest) = (at, bytes);
    while !rest.is_empty() {
        let (sector, others) = rest.split_at(rest.len().min(SECTOR - from % SECTOR));
        if random.below(2) == 0 {
            put(content, from, sector);
        }
        (from, rest) = (from + sector.len(), others);
    }
}

/// Sets of operations to lose, and for some of them a seed for tearing.
fn choices(open: &[usize], effort: Effort, random: &mut Random) -> Vec<(BTreeSet<usize>, Option<u64>)> {
    let all: BTreeSet<usize> = open.iter().copied().collect();
    let mut chosen = Vec::new();
    if open.len() <= effort.exhaustive {
        for bits in 0..1_u64 << open.len() {
            let lost = open.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
            chosen.push((lost.map(|(_, at)| *at).collect(), None));
        }
        chosen.extend((!open.is_empty()).then(|| (all, Some(random.next()))));
        return chosen;
    }
    chosen.push((BTreeSet::new(), None));
    chosen.push((all.clone(), None));
    chosen.push((all, Some(random.next())));
    for sample in 0..effort.samples {
        // Few lost, many lost, or the end lost: each finds faults that the others hardly ever meet.
        let lost: BTreeSet<usize> = match sample % 3 {
            0 => open.get(random.below(open.len())..).unwrap_or_default().iter().copied().collect(),
            1 => (0..=random.below(3)).filter_map(|_| open.get(random.below(open.len())).copied()).collect(),
            _ => open.iter().copied().filter(|_| random.below(2) == 0).collect(),
        };
        let torn = (random.below(2) == 0).then(|| random.next());
        chosen.push((lost, torn));
    }
    chosen
}

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>: the same everywhere for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap_or(u64::MAX)).unwrap_or_default()
    }
}
