//! A device without a store: a socket that signs in, pushes what was sealed before and counts its bytes.
//! It costs next to nothing, so that what is measured is the hub.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use domain::{DeviceId, MemberId, Mutation, OrganizationId, ProgramId, Timestamp};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::frame::{self, Answer, Delta, FromDevice, FromHub, Hello, Incoming, Join, PROTO, Push, Sealed};
use protocol::link::InvitationLink;
use protocol::seal::{self, Chain, DeviceKey};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Who a device belongs to.
#[derive(Clone)]
pub struct Who {
    /// The program.
    pub program: ProgramId,
    /// Their company.
    pub organization: OrganizationId,
    /// The person.
    pub member: MemberId,
    /// The device.
    pub device: DeviceId,
    /// What it signs with.
    pub key: DeviceKey,
    /// Own changes whose answers it has.
    pub answered: u64,
}

/// Bytes on a connection, up and down.
#[derive(Debug, Default)]
pub struct Bytes {
    /// Sent.
    pub up: AtomicU64,
    /// Received.
    pub down: AtomicU64,
}

/// A stream whose bytes are counted.
pub fn counted(io: TcpStream, bytes: Arc<Bytes>) -> impl AsyncRead + AsyncWrite + Unpin + Send + 'static {
    Counted { io, bytes }
}

struct Counted {
    io: TcpStream,
    bytes: Arc<Bytes>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.bytes.down.fetch_add((buf.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, buf))?;
        self.bytes.up.fetch_add(written as u64, Relaxed);
        Poll::Ready(Ok(written))
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// An open websocket to a hub.
pub struct Wire {
    socket: WebSocketStream<Counted>,
    /// What went over it.
    pub bytes: Arc<Bytes>,
}

impl Wire {
    /// Connects; `place` is `founding` or `programs/<id>`.
    pub async fn connect(address: SocketAddr, place: &str) -> Result<Self> {
        let io = TcpStream::connect(address).await?;
        io.set_nodelay(true)?;
        let bytes = Arc::new(Bytes::default());
        let request = format!("ws://{address}/v1/{place}/socket").into_client_request()?;
        let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0);
        let io = Counted { io, bytes: Arc::clone(&bytes) };
        let (socket, _) = tokio_tungstenite::client_async_with_config(request, io, Some(config)).await?;
        Ok(Self { socket, bytes })
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &FromDevice) -> Result<()> {
        self.send_bytes(frame::encode(frame)).await
    }

    /// Sends a frame that was made before.
    pub async fn send_bytes(&mut self, frame: Vec<u8>) -> Result<()> {
        Ok(self.socket.send(Message::Binary(frame.into())).await?)
    }

    /// The next frame of the hub; `None` once it has hung up.
    pub async fn next(&mut self) -> Result<Option<FromHub>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => match frame::decode(&bytes)? {
                    Incoming::Known(frame) => return Ok(Some(frame)),
                    Incoming::Unknown(_) => {}
                },
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    async fn nonce(&mut self) -> Result<domain::entity::Key> {
        match self.next().await? {
            Some(FromHub::Challenge(challenge)) => Ok(challenge.nonce),
            other => bail!("{other:?} instead of a challenge"),
        }
    }
}

/// Takes an invitation.
pub async fn take(
    address: SocketAddr,
    link: &InvitationLink,
    key: &DeviceKey,
    mutation: Mutation,
) -> Result<()> {
    let place = link.program.map_or("founding".to_owned(), |program| format!("programs/{program}"));
    let mut wire = Wire::connect(address, &place).await?;
    let nonce = wire.nonce().await?;
    let payload = mutation.to_payload();
    let signature = key.sign(&seal::join_bytes(&nonce, &link.token, &payload));
    let join = Join { token: link.token, name: mutation.name().to_owned(), payload, signature };
    wire.send(&FromDevice::Join(join)).await?;
    match wire.next().await? {
        Some(FromHub::Joined(joined)) => match joined.refusal {
            None => Ok(()),
            Some(refusal) => Err(refusal.into()),
        },
        other => bail!("{other:?} instead of an answer"),
    }
}

/// A device that is signed in.
pub struct Device {
    /// Whose it is.
    pub who: Who,
    /// Its line to the hub.
    pub wire: Wire,
    /// Where its own changes continue.
    pub chain: Chain,
    /// The epoch of the hub.
    pub epoch: u64,
    /// Up to where it has caught up.
    pub cursor: u64,
    /// Highest own number answered.
    pub answered: u64,
    /// Own mutations that were refused.
    pub refused: usize,
    /// Why the first of them was.
    pub why: String,
}

impl Device {
    /// Signs in with everything up to `cursor` of `epoch` and waits until it has caught up; `take` is given
    /// every delta.
    pub async fn sign_in(
        address: SocketAddr,
        who: Who,
        (epoch, cursor): (u64, u64),
        mut take: impl FnMut(&Delta) + Send,
    ) -> Result<Self> {
        let (mut device, head) = Self::greet(address, who, (epoch, cursor)).await?;
        while device.cursor < head || epoch == 0 && device.cursor == 0 {
            device.delta(&mut take).await?;
        }
        Ok(device)
    }

    /// Signs in; the head the hub names.
    pub async fn greet(address: SocketAddr, who: Who, (epoch, cursor): (u64, u64)) -> Result<(Self, u64)> {
        let mut wire = Wire::connect(address, &format!("programs/{}", who.program)).await?;
        let nonce = wire.nonce().await?;
        let hello = Hello {
            proto: PROTO,
            capabilities: Vec::new(),
            device: who.device,
            signature: who.key.sign(&seal::hello_bytes(who.program, who.device, &nonce)),
            epoch,
            cursor,
            resume: None,
            answered: who.answered,
        };
        wire.send(&FromDevice::Hello(hello)).await?;
        match wire.next().await? {
            Some(FromHub::Welcome(welcome)) => {
                ensure!(!welcome.start_over, "the hub makes the device start over");
                let chain = Chain { n: welcome.last_n, hash: welcome.chain };
                let answered = welcome.last_n;
                let device = Self {
                    who,
                    wire,
                    chain,
                    epoch: welcome.epoch,
                    cursor,
                    answered,
                    refused: 0,
                    why: String::new(),
                };
                Ok((device, welcome.head))
            }
            other => bail!("{other:?} instead of a welcome"),
        }
    }

    /// Seals a mutation as the next one.
    pub fn seal(&mut self, mutation: impl Into<Mutation>, at: Timestamp) -> Sealed {
        let (sealed, chain) = self.who.key.seal(&self.chain, &mutation.into(), at);
        self.chain = chain;
        sealed
    }

    /// Takes one delta in.
    pub async fn delta(&mut self, take: &mut (dyn FnMut(&Delta) + Send)) -> Result<()> {
        match self.wire.next().await? {
            Some(FromHub::Delta(delta)) => {
                take(&delta);
                self.note(&delta);
                Ok(())
            }
            Some(FromHub::Goodbye(goodbye)) => Err(anyhow!("the hub hung up: {}", goodbye.message)),
            other => bail!("{other:?} out of turn"),
        }
    }

    fn note(&mut self, delta: &Delta) {
        for Answer { n, refusal, .. } in &delta.answers {
            self.answered = self.answered.max(*n);
            if let Some(refusal) = refusal {
                self.refused += 1;
                self.why = refusal.to_string();
            }
        }
        if delta.resume.is_none() {
            self.cursor = self.cursor.max(delta.to);
        }
    }

    /// Pushes what was sealed, at most `in_flight` at a time, and waits for all answers.
    pub async fn push_all(&mut self, sealed: Vec<Sealed>, in_flight: u64) -> Result<()> {
        let last = sealed.last().context("nothing to push")?.header.n;
        let mut pushes = Vec::new();
        let mut waiting = sealed.into_iter().peekable();
        while waiting.peek().is_some() {
            let push: Vec<Sealed> = waiting.by_ref().take(64).collect();
            let to = push.last().map_or(0, |sealed| sealed.header.n);
            pushes.push((to, frame::encode(&FromDevice::Push(Push { sealed: push }))));
        }
        self.push_frames(pushes, last, in_flight).await
    }

    /// As [`Device::push_all`] with frames that were made before, each with the number it ends with.
    pub async fn push_frames(
        &mut self,
        frames: Vec<(u64, Vec<u8>)>,
        last: u64,
        in_flight: u64,
    ) -> Result<()> {
        let mut frames = frames.into_iter();
        let mut sent = self.answered;
        while self.answered < last {
            while sent.saturating_sub(self.answered) < in_flight
                && let Some((to, frame)) = frames.next()
            {
                sent = to;
                self.wire.send_bytes(frame).await?;
            }
            self.delta(&mut |_| {}).await?;
        }
        ensure!(self.refused == 0, "{} changes were refused: {}", self.refused, self.why);
        Ok(())
    }

    /// Does one thing and waits for the answer.
    pub async fn run(&mut self, mutation: impl Into<Mutation>, at: Timestamp) -> Result<()> {
        let sealed = self.seal(mutation, at);
        self.push_all(vec![sealed], 1).await
    }
}
