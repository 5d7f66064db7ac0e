//! An open line: frames out, frames in, whatever carries them.

use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;

/// Frames that wait to be handed over before the reader of the line stops reading.
const INBOUND: usize = 64;

/// An open line. Dropping it hangs up.
#[derive(Debug)]
pub struct Line {
    outbound: mpsc::UnboundedSender<Vec<u8>>,
    inbound: mpsc::Receiver<Result<Vec<u8>, String>>,
    alive: Arc<Notify>,
    carrier: AbortHandle,
}

/// The carrier's end of a line.
pub(crate) struct Carrier {
    /// Frames to write.
    pub outbound: mpsc::UnboundedReceiver<Vec<u8>>,
    /// Frames that came, or why the line ended.
    pub inbound: mpsc::Sender<Result<Vec<u8>, String>>,
    /// Told whenever the other end showed that it is there without having anything to say.
    pub alive: Arc<Notify>,
}

impl Line {
    /// Starts `carry` on its own task and returns the other end.
    pub(crate) fn carried_by<F>(carry: impl FnOnce(Carrier) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (outbound, outbound_end) = mpsc::unbounded_channel();
        let (inbound_end, inbound) = mpsc::channel(INBOUND);
        let alive = Arc::new(Notify::new());
        let carrier = Carrier { outbound: outbound_end, inbound: inbound_end, alive: Arc::clone(&alive) };
        let task = tokio::spawn(carry(carrier));
        Self { outbound, inbound, alive, carrier: task.abort_handle() }
    }

    /// Hands a frame to the line. A line that is gone says so on [`Line::receive`].
    pub fn send(&self, frame: Vec<u8>) {
        let _ = self.outbound.send(frame);
    }

    /// Rings when the hub showed that it is there without sending a frame.
    pub(crate) fn alive(&self) -> Arc<Notify> {
        Arc::clone(&self.alive)
    }

    /// The next frame.
    ///
    /// # Errors
    /// Why the line ended, for the log and the sync page.
    pub async fn receive(&mut self) -> Result<Vec<u8>, String> {
        match self.inbound.recv().await {
            Some(received) => received,
            None => Err("The connection to the hub ended.".to_owned()),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}
