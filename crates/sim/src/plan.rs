//! What is going to happen in a world: a list of actions, drawn from the seed before it begins. Every
//! action can be left out, and one that makes no sense when its turn comes does nothing; so a failing
//! list can be shortened by dropping pieces of it.

use crate::rng::{Rng, pick};

/// Installations that a world may come to have.
pub(crate) const DESKS: u64 = 6;

/// One thing that happens. `d` is the number of an installation, `r` decides whatever is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A person does something.
    Act { d: usize, r: u64 },
    /// Frames between an installation and the hub travel until nothing moves.
    Flow { d: usize },
    /// One frame reaches the hub.
    Up { d: usize, r: u64 },
    /// One frame reaches the installation.
    Down { d: usize },
    /// All frames on their way reach the hub before it can do anything with its store.
    Rush { r: u64 },
    /// The line breaks with something on its way and is opened again at once. What was said on the
    /// older one and the new hello reach the hub together, or later.
    Again { d: usize, r: u64 },
    /// The hub does one thing with its store.
    Hub { r: u64 },
    /// Time passes.
    Wait { ms: u64 },
    /// The line breaks; the hub hears of it later.
    Cut { d: usize },
    /// From now on nothing gets through on this line, and nobody notices; it may be a new one.
    Hole { d: usize, r: u64 },
    /// The hub notices that a line is gone.
    Notice { r: u64 },
    /// The next frame arrives twice.
    Double { d: usize, up: bool },
    /// No network at this place, or again.
    Network { d: usize, on: bool },
    /// The person wants to stay off the network, or not any more.
    WorkOffline { d: usize, on: bool },
    /// The process dies after so many more effects.
    Crash { d: usize, after: u8 },
    /// It is closed in good order.
    Close { d: usize },
    /// It is started again.
    Start { d: usize },
    /// The hub's store fails at what it is asked for next.
    HubFails,
    /// The store of an installation fails at what the hub sends next.
    StoreFails { d: usize },
    /// The hub's process dies after so many more effects.
    CrashHub { after: u8 },
    /// The hub is stopped in good order.
    StopHub,
    /// The hub is started again.
    StartHub,
    /// The hub is started as one whose file was put back while it ran.
    NewHistory,
    /// The hub's file is copied.
    BackUp,
    /// The hub's disk dies, and a copy of its file takes its place.
    Restore { r: u64 },
    /// An installation is copied: two of them share an identity.
    Clone { d: usize, r: u64 },
    /// A company is let into another's deal, or it works there and is shut out.
    Guest { d: usize, r: u64 },
    /// Somebody takes an invitation.
    Join { r: u64 },
    /// A device's clock jumps.
    Clock { d: usize, r: u64 },
    /// A device is of an older or of this version.
    OldDevice { d: usize, on: bool },
    /// The hub is of a newer version that still, or no longer, understands this one.
    NewHub { understands: bool, on: bool },
}

/// A world before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub seed: u64,
    pub actions: Vec<Action>,
    /// Rows in a page and mutations in a push, at most.
    pub limit: usize,
    /// Frames that may wait for an installation before the hub calls it congested.
    pub budget: usize,
    /// Everything is switched off and on again at the end.
    pub bounce: bool,
}

/// How often each kind of action is drawn; the order is that of `draw`.
const WEIGHTS: [u64; 31] =
    [40, 26, 16, 16, 14, 4, 5, 3, 3, 2, 3, 1, 3, 1, 4, 2, 1, 4, 1, 2, 2, 1, 1, 1, 5, 5, 2, 2, 2, 1, 8];
/// Kinds that make it another history: most worlds have only one.
const HISTORIES: [usize; 2] = [18, 29];

impl Plan {
    pub fn draw(seed: u64, steps: usize) -> Self {
        let mut rng = Rng::new(seed);
        let limit = pick(&[3, 8, usize::MAX], rng.next()).copied().unwrap_or(usize::MAX);
        let budget = if rng.percent(30) { 2 } else { usize::MAX };
        let bounce = rng.percent(50);
        // Each world has its own troubles: what is not drawn leaves room for long runs of the rest.
        let mut weights = WEIGHTS;
        for (kind, weight) in weights.iter_mut().enumerate().skip(5) {
            if rng.percent(if HISTORIES.contains(&kind) { 70 } else { 40 }) {
                *weight = 0;
            } else if rng.percent(20) {
                *weight *= 3;
            }
        }
        let actions = (0..steps).map(|_| draw(&mut rng, &weights)).collect();
        Self { seed, actions, limit, budget, bounce }
    }
}

fn draw(rng: &mut Rng, weights: &[u64]) -> Action {
    let mut left = rng.below(weights.iter().sum());
    let kind = weights.iter().position(|weight| {
        let here = left < *weight;
        left = left.saturating_sub(*weight);
        here
    });
    // Most worlds have only the installations they begin with.
    let most = if rng.percent(40) { DESKS } else { 4 };
    let d = usize::try_from(rng.below(most)).unwrap_or_default();
    let r = rng.next();
    let on = !r.is_multiple_of(3);
    let after = (r % 9) as u8;
    match kind.unwrap_or_default() {
        0 => Action::Act { d, r },
        1 => Action::Flow { d },
        2 => Action::Up { d, r },
        3 => Action::Down { d },
        4 => Action::Hub { r },
        5 => Action::Wait { ms: pick(&[50, 700, 5_000, 40_000], r).copied().unwrap_or(50) },
        6 => Action::Cut { d },
        7 => Action::Hole { d, r },
        8 => Action::Notice { r },
        9 => Action::Double { d, up: on },
        10 => Action::Network { d, on },
        11 => Action::WorkOffline { d, on: !on },
        12 => Action::Crash { d, after },
        13 => Action::Close { d },
        14 => Action::Start { d },
        15 => Action::CrashHub { after },
        16 => Action::StopHub,
        17 => Action::StartHub,
        18 => Action::NewHistory,
        19 => Action::Clone { d, r },
        20 => Action::Join { r },
        21 => Action::Clock { d, r },
        22 => Action::OldDevice { d, on },
        24 => Action::Rush { r },
        25 => Action::Again { d, r },
        26 => Action::HubFails,
        27 => Action::StoreFails { d },
        28 => Action::BackUp,
        29 => Action::Restore { r },
        30 => Action::Guest { d, r },
        _ => Action::NewHub { understands: r.is_multiple_of(2), on },
    }
}
