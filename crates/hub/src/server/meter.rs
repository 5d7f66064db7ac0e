//! What a connection has sent of a websocket message that is not complete yet.
//!
//! The websocket hands over whole messages only. Without this, a message that never ends would take its
//! full length in memory, from somebody the hub does not know, for as long as pongs arrive between its
//! parts.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Head of a control frame of a client: two bytes and the mask.
const CONTROL_HEAD: usize = 6;
/// Bytes thrown away at a time.
const WASTE: usize = 4 << 10;

/// The count of one connection.
#[derive(Debug)]
pub(super) struct Meter {
    opened: Instant,
    /// Bytes of the message that has begun.
    pending: AtomicUsize,
    /// When it began, milliseconds after `opened`, plus one; 0 when none has.
    begun: AtomicU64,
    /// Most bytes that may be pending.
    most: AtomicUsize,
    over: Notify,
}

impl Meter {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            pending: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            most: AtomicUsize::new(usize::MAX),
            over: Notify::new(),
        })
    }

    /// From here on a message may have so many bytes. What is beyond is read and thrown away, so that the
    /// peer still hears why.
    pub fn limit(&self, most: usize) {
        self.most.store(most, Relaxed);
    }

    /// The HTTP request is over and messages begin.
    pub fn restart(&self) {
        self.pending.store(0, Relaxed);
        self.begun.store(0, Relaxed);
    }

    /// A message with a frame has been handed over.
    pub fn message(&self) {
        self.restart();
    }

    /// A ping or pong has been handed over: it may have come between the parts of a message.
    pub fn control(&self, payload: usize) {
        let left = self.pending.load(Relaxed).saturating_sub(CONTROL_HEAD + payload);
        self.pending.store(left, Relaxed);
        if left == 0 {
            self.begun.store(0, Relaxed);
        }
    }

    /// For how long the message that has begun is under way.
    pub fn under_way(&self) -> Option<Duration> {
        let begun = self.begun.load(Relaxed).checked_sub(1)?;
        Some(self.opened.elapsed().saturating_sub(Duration::from_millis(begun)))
    }

    /// Whether a message was longer than allowed.
    pub fn is_over(&self) -> bool {
        self.pending.load(Relaxed) > self.most.load(Relaxed)
    }

    /// Waits for a message that is longer than allowed.
    pub async fn over(&self) {
        while !self.is_over() {
            self.over.notified().await;
        }
    }

    fn read(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.pending.fetch_add(bytes, Relaxed);
        if self.begun.load(Relaxed) == 0 {
            let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.begun.store(now.saturating_add(1), Relaxed);
        }
        if self.is_over() {
            self.over.notify_one();
        }
    }
}

/// A connection whose bytes are counted.
pub(super) struct Metered<I> {
    pub io: I,
    pub meter: Arc<Meter>,
}

impl<I: AsyncRead + Unpin> AsyncRead for Metered<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.meter.is_over() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
            self.meter.read(buf.filled().len() - before);
            if !self.meter.is_over() {
                return Poll::Ready(Ok(()));
            }
            buf.set_filled(before);
        }
        loop {
            let mut waste = [0; WASTE];
            let mut waste = ReadBuf::new(&mut waste);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut waste))?;
            if waste.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Metered<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
