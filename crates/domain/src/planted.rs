//! Bugs planted on purpose, so that the simulator (`crates/sim`) can show that it would find them.
//!
//! `planted!(Name)` marks the place of a bug. It is the constant `false`, and nothing of the bug is in
//! a program, unless the feature `planted` is on, which only the simulator turns on. Then a bug acts
//! on the thread that planted it.

/// Whether the named bug is planted on this thread.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($bug:ident) => {
        $crate::planted::acts($crate::planted::Bug::$bug)
    };
}

/// Whether the named bug is planted on this thread: never, without the feature `planted`.
#[cfg(not(feature = "planted"))]
#[macro_export]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}

/// A limit of the product, which the simulator makes small enough to be met in a small world.
#[cfg(feature = "planted")]
pub fn limit(product: usize) -> usize {
    active::limit(product)
}

/// A limit of the product.
#[cfg(not(feature = "planted"))]
pub const fn limit(product: usize) -> usize {
    product
}

#[cfg(feature = "planted")]
pub use active::{Bug, acts, plant, set_limit};

#[cfg(feature = "planted")]
mod active {
    use std::cell::Cell;

    thread_local! {
        static ACTIVE: Cell<Option<Bug>> = const { Cell::new(None) };
        static LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    /// Plants a bug on this thread, or takes it away.
    pub fn plant(bug: Option<Bug>) {
        ACTIVE.set(bug);
    }

    /// Whether a bug is planted on this thread.
    pub fn acts(bug: Bug) -> bool {
        ACTIVE.get() == Some(bug)
    }

    /// Caps what [`super::limit`] gives on this thread.
    pub fn set_limit(most: usize) {
        LIMIT.set(most);
    }

    pub(super) fn limit(product: usize) -> usize {
        product.min(LIMIT.get())
    }

    macro_rules! bugs {
        ($( $name:ident: $what:literal, )*) => {
            /// A bug that can be planted.
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Bug {
                $( #[doc = $what] $name, )*
            }

            impl Bug {
                /// All of them.
                pub const ALL: &[Self] = &[$( Self::$name ),*];

                /// Its name, as in `--plant NAME`.
                pub fn name(self) -> &'static str {
                    match self { $( Self::$name => stringify!($name), )* }
                }

                /// What it does.
                pub fn what(self) -> &'static str {
                    match self { $( Self::$name => $what, )* }
                }
            }
        };
    }

    bugs! {
        // Device: the client machine.
        AnswersLostOnReconnect: "the client passes over the answers in a welcome",
        CloneNotSeen: "the client does not compare its chain with the hub's",
        EpochIgnored: "the client keeps its rows when the hub's history is another one",
        SentNotRewound: "the client does not send again what a broken line swallowed",
        HelloTimeoutIgnored: "the client waits for ever for an answer to its hello",
        BusyIsFinal: "the client never returns to a hub that was busy",
        QueuedUnheard: "the client does not hear that the outbox has grown",
        // Device: the store.
        ConfirmedBeforeCommit: "the store says that it has written what it then rolls back",
        OutboxRowMissing: "of several mutations committed together the last is not queued",
        CursorOffByOne: "the store's cursor is one ahead of its rows",
        CursorBeforePages: "the cursor moves with the first page and the rest is not fetched again",
        AnsweredAhead: "the store claims answers to mutations that were only sent",
        EchoRemovedEarly: "a mutation settles when it is answered, before its rows are here",
        OvertakenSettles: "a mutation settles with a page that has left out its rows",
        StaleRebase: "what is pending does not run again after the hub's rows",
        DependantsNotRerun: "only mutations that touch an arriving row run again, not what hangs on them",
        UndoImageMissing: "what a pending mutation replaced is not kept",
        TombstoneIgnored: "a deletion from the hub leaves the row",
        RefusalDropped: "a refused mutation leaves the outbox without becoming a refusal",
        DependantsNotParked: "what makes no sense without a refused mutation stays queued",
        ParkedForgotten: "a parked mutation that the hub answers is lost",
        ParkedLeavesChain: "a parked mutation that was not sent leaves a gap in the outbox",
        OutboxLostOnReset: "a new history of the hub empties the outbox",
        RerunForgotten: "after a new history what is pending stays without effect",
        JournalNotKept: "what was answered is not kept for a hub that loses it",
        LostNotQueued: "what a restored hub has lost is not queued again",
        RefusedSentWhole: "a restored hub is sent again what it had refused, as if it were new",
        OtherDeltaRowsDropped: "of a delta that settles something only the own rows are written",
        RevokeKeepsRows: "the messages of a scope that was taken away stay",
        RevokeKeepsJournal: "what was said in a scope that was taken away stays in the journal",
        WipeForgotten: "the log is not emptied after a scope was erased",
        LeaseIgnored: "a device whose lease is over goes on showing what it has",
        LeaseClockTrusted: "a clock that is set back gives a lease back",
        // Hub: the sequencer.
        AckBeforeCommit: "answers leave before the commit",
        DuplicateIsFork: "a mutation that comes twice is taken for a second installation",
        BatchBlind: "tasks of one batch do not see what those before them wrote",
        MembershipCached: "people read once are never looked at again",
        RevokedDeviceServed: "a device stays connected after it was revoked",
        RevokedServedGuardStale: "as before, and the guard trusts what it found before",
        RevokedDeviceAdmitted: "a revoked device may sign in",
        ScopeFilterDropped: "a push to other devices is not filtered by scope",
        ScopeFilterAndGuardOff: "as before, and the guard lets everything pass",
        GrantNotFollowed: "a new grant does not bring the older rows of its scope",
        EpochNotCompared: "the hub goes on from a cursor of another history",
        RunEndNotCompared: "a restored hub goes on from a cursor in the part of a run that it has lost",
        ResumeSkipsPage: "a catch-up goes on one mutation too far",
        PageAnswersDropped: "answers that wait while pages are read are lost",
        CongestedForgotten: "a congested connection is not caught up when it drains",
        LaneOvertaking: "a task that waits for rows is overtaken by those behind it",
        BatchAnswersForgotten: "a welcome leaves out what an older connection brought in the same batch",
        GrantKeptByLine: "a connection keeps a scope whose grant was taken back",
        FramesAfterRevoke: "what waited for a connection still leaves after its access has ended",
        AnswerOnOldLine: "an answer waits for a line that a newer one has replaced",
        TailWithoutHead: "a catch-up believes it is done although the head has moved on",
        // Hub: the storage and the guard.
        RunNotNoted: "a start does not note how far the run before it came",
        ChainRowMissing: "the end of a device's chain is not stored",
        AnswerRowMissing: "answers are not stored",
        HeadNotStored: "the head is not stored",
        LookupRowMissing: "new rows cannot be found by their lookup keys",
        TombstoneDropped: "pages leave deletions out",
        PageEndsInMutation: "a page ends after its last row, as if a mutation had only one",
        GrantsOfPageDropped: "a catch-up does not begin with the new grants",
        GuardForgetsPartners: "the guard takes a partner's own people for somebody else's",
        // Segments.
        SegmentHashUnchecked: "the device takes whatever comes under the name of a segment",
        SegmentStale: "a segment stays in the list although its scopes have changed",
        SegmentOfOtherScope: "segments are made of every scope there is, and served to whoever asks",
        SegmentRowsDropped: "the last row of every scope is left out of its segment",
        // Rules.
        ClaimWonTwice: "a claim that another partner holds is given again",
        ClaimNotReleased: "a withdrawn registration keeps its claim",
        RivalNamed: "a refused registration names who holds the claim",
        ChatPositionReused: "two messages share a position",
        StrictFieldOverwritten: "an approved amount is changed by somebody who has not seen it",
        HistoryNotKept: "an overwritten value is not kept",
        PatchWritesAll: "a patch of one field resets another",
        UnknownFieldsDropped: "fields of a newer version are dropped when a row is written",
        ReadMarkMovesBack: "a read mark moves backwards",
        NumberReused: "two deals get one number",
        DraftShared: "a draft is shared with the vendor",
        InvitationUsedTwice: "an invitation lets two people in",
        TickTakenOver: "who ticks a milestone second takes the first one's place",
    }
}
