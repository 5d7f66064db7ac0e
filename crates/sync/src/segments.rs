//! Fetching segments and taking them in, beside the line on which they were announced.

use crate::dial::{Dial, checked};
use crate::websocket::plain;
use domain::ProgramId;
use protocol::bootstrap::{Bootstrap, BootstrapEffect, BootstrapEvent, End, Progress};
use protocol::segment::{self, Segments, Ticket};
use reqwest::StatusCode;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

/// A transfer that brings nothing for so long is broken.
const SILENCE: Duration = Duration::from_secs(30);
/// Pieces that wait to be taken before the reader of a transfer stops reading.
const PIECES: usize = 16;
/// The time left is a guess before so much time has passed.
const GUESS_AFTER: Duration = Duration::from_millis(700);

/// How far a first catch-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstCatchUp {
    /// Rows and bytes.
    pub progress: Progress,
    /// Milliseconds until all is there, if it goes on as it went; `None` while nothing can be said.
    pub left_ms: Option<u64>,
}

/// What ended, and the error of the store if it was that.
#[derive(Debug)]
pub(crate) enum Ended {
    /// As the machine says.
    By(End),
    /// The store did not take it.
    Store(StoreError),
}

/// A bootstrap under way. Dropping it stops it at the next await.
#[derive(Debug)]
pub(crate) struct Fetching {
    ended: mpsc::Receiver<Ended>,
    progress: watch::Receiver<Option<FirstCatchUp>>,
    task: AbortHandle,
    /// Of the hub's run that they came from.
    pub epoch: u64,
}

/// What it needs.
pub(crate) struct Wanted {
    pub store: Store,
    pub dial: Dial,
    pub hub: String,
    pub program: ProgramId,
    pub epoch: u64,
    pub segments: Segments,
}

impl Fetching {
    /// Starts it on its own task.
    pub fn start(wanted: Wanted) -> Self {
        let (end, ended) = mpsc::channel(1);
        let (told, progress) = watch::channel(None);
        let epoch = wanted.epoch;
        let task = tokio::spawn(async move {
            let outcome = match run(wanted, told).await {
                Ok(outcome) => Ended::By(outcome),
                Err(error) => Ended::Store(error),
            };
            let _ = end.send(outcome).await;
        });
        Self { ended, progress, task: task.abort_handle(), epoch }
    }

    /// How it ended.
    pub async fn ended(&mut self) -> Ended {
        match self.ended.recv().await {
            Some(ended) => ended,
            None => Ended::By(End::Unreachable("Fetching from the hub was interrupted.".to_owned())),
        }
    }

    /// How far it is, now and whenever it changes.
    pub fn progress(&self) -> watch::Receiver<Option<FirstCatchUp>> {
        self.progress.clone()
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(wanted: Wanted, told: watch::Sender<Option<FirstCatchUp>>) -> Result<End, StoreError> {
    let Wanted { store, dial, hub, program, epoch, segments } = wanted;
    let Dial::Network(network) = dial else {
        return Ok(End::Useless("Segments come over a network only.".to_owned()));
    };
    let base = match checked(&hub) {
        Ok(base) => format!("{base}/v1/programs/{program}/segments"),
        Err(error) => return Ok(End::Useless(error.to_string())),
    };
    let authorization = authorization(&segments.ticket);
    let done = store.begin_segments(epoch, segments.head, &segments.list).await?;
    let mut machine = Bootstrap::new(segments.list);
    let mut works = JoinSet::new();
    let (say, mut said) = mpsc::channel::<Result<BootstrapEvent, StoreError>>(PIECES);
    let mut effects = machine.step(BootstrapEvent::Begun { done });
    let (began, had) = (Instant::now(), machine.progress().rows);
    loop {
        for effect in effects.drain(..) {
            let say = say.clone();
            match effect {
                BootstrapEffect::Fetch { segment, from } => {
                    let request = network.http.get(format!("{base}/{:?}", segment.hash));
                    let request = request.header(reqwest::header::AUTHORIZATION, &authorization);
                    works.spawn(async move {
                        let event = fetch(request, from, &say).await;
                        let _ = say.send(Ok(event)).await;
                    });
                }
                BootstrapEffect::Check { segment, bytes } => {
                    works.spawn_blocking(move || {
                        let read = segment::read(&segment, &bytes);
                        drop(bytes);
                        let _ = say.blocking_send(Ok(BootstrapEvent::Checked(read)));
                    });
                }
                BootstrapEffect::Store { segment, contents } => {
                    let store = store.clone();
                    works.spawn(async move {
                        let taken = store.take_segment(epoch, &segment, contents).await;
                        let _ = say.send(taken.map(|()| BootstrapEvent::Stored)).await;
                    });
                }
                BootstrapEffect::Pause(ms) => {
                    works.spawn(async move {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        let _ = say.send(Ok(BootstrapEvent::Rested)).await;
                    });
                }
                BootstrapEffect::End(end) => return Ok(end),
            }
        }
        told.send_replace(Some(FirstCatchUp {
            progress: machine.progress(),
            left_ms: left(began.elapsed(), machine.progress(), had),
        }));
        while works.try_join_next().is_some() {}
        match said.recv().await {
            Some(event) => effects = machine.step(event?),
            // There is always a sender.
            None => return Ok(End::Unreachable("Fetching from the hub was interrupted.".to_owned())),
        }
    }
}

/// The time left if the rest goes as what was done in `elapsed`.
fn left(elapsed: Duration, progress: Progress, had: u64) -> Option<u64> {
    let done = progress.rows.saturating_sub(had);
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if done == 0 || elapsed < GUESS_AFTER {
        return None;
    }
    elapsed_ms.checked_mul(progress.rows_total.saturating_sub(progress.rows))?.checked_div(done)
}

fn authorization(ticket: &Ticket) -> String {
    let mut text = String::from("Ticket ");
    for byte in &ticket.0 {
        text.extend(
            [byte >> 4, byte & 15].iter().filter_map(|nibble| char::from_digit(u32::from(*nibble), 16)),
        );
    }
    text
}

/// One transfer: hands on pieces and says how it ended.
async fn fetch(
    request: reqwest::RequestBuilder,
    from: u64,
    say: &mpsc::Sender<Result<BootstrapEvent, StoreError>>,
) -> BootstrapEvent {
    let request = match from {
        0 => request,
        from => request.header(reqwest::header::RANGE, format!("bytes={from}-")),
    };
    let broke = |message: String| BootstrapEvent::Broke { message };
    let mut response = match tokio::time::timeout(SILENCE, request.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return broke(format!("The hub cannot be reached: {}", plain(&error))),
        Err(_) => return broke("The hub does not answer.".to_owned()),
    };
    // What is here already of an answer that begins at the beginning.
    let mut skip = match response.status() {
        StatusCode::PARTIAL_CONTENT => 0,
        StatusCode::OK => from,
        status @ (StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::GONE
        | StatusCode::RANGE_NOT_SATISFIABLE) => {
            return BootstrapEvent::Gone { message: format!("The hub no longer has a segment: {status}") };
        }
        status => return broke(format!("The hub answered {status}")),
    };
    loop {
        match tokio::time::timeout(SILENCE, response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                let passed = skip.min(bytes.len() as u64);
                skip -= passed;
                let piece = bytes.get(usize::try_from(passed).unwrap_or(usize::MAX)..).unwrap_or_default();
                if say.send(Ok(BootstrapEvent::Piece(piece.to_vec()))).await.is_err() {
                    return broke("Nobody waits for it.".to_owned());
                }
            }
            Ok(Ok(None)) => return BootstrapEvent::Fetched,
            Ok(Err(error)) => return broke(format!("The transfer broke: {}", plain(&error))),
            Err(_) => return broke("The hub has gone silent.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_done_since_the_start() {
        let progress = |rows| Progress { rows, rows_total: 1_000, bytes: 0, bytes_total: 0 };
        assert_eq!(left(Duration::from_millis(100), progress(500), 0), None, "too early to say");
        assert_eq!(left(Duration::from_secs(1), progress(0), 0), None, "nothing yet");
        assert_eq!(left(Duration::from_secs(1), progress(500), 0), Some(1_000));
        assert_eq!(left(Duration::from_secs(1), progress(500), 400), Some(5_000), "the rest was here before");
        assert_eq!(left(Duration::from_secs(9), progress(1_000), 0), Some(0));
    }
}
