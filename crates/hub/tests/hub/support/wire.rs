//! Frames to and from a hub, by websocket or long poll, with everything received kept.

use super::soon;
use futures_util::{SinkExt, StreamExt};
use protocol::brief::{self, Brief};
use protocol::frame::{self, Challenge, FromDevice, FromHub, Goodbye, Incoming};
use protocol::repeats::{self, Repeats};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// How to reach a hub.
#[derive(Clone)]
pub enum Way {
    Socket(SocketAddr),
    /// As the desktop does, with pushes in few bytes and ids that repeat shortened.
    Short(SocketAddr),
    /// As a desktop of an older version does, with ids that repeat shortened both ways.
    Older(SocketAddr),
    Poll(SocketAddr),
    Memory(hub::Hub),
}

enum Line {
    Socket(Box<WebSocketStream<Box<dyn Io>>>),
    Poll(Poll),
}

struct Poll {
    address: SocketAddr,
    path: String,
    session: Option<String>,
    up: Vec<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
}

pub struct Wire {
    line: Line,
    /// Every byte the hub sent.
    pub trace: Vec<u8>,
    /// Up and down, when ids are shortened.
    repeats: Option<(Up, Repeats)>,
}

enum Up {
    Pushes(Box<Brief>),
    Ids(Repeats),
}

impl Up {
    fn shorten(&mut self, frame: &[u8]) -> Vec<u8> {
        match self {
            Self::Pushes(brief) => brief.shorten(frame),
            Self::Ids(repeats) => repeats.shorten(frame),
        }
    }
}

impl Wire {
    /// Connects; `place` is `founding` or `programs/<id>`.
    pub async fn connect(way: &Way, place: &str) -> Self {
        let io: Box<dyn Io> = match way {
            Way::Socket(address) | Way::Short(address) | Way::Older(address) => {
                let stream = TcpStream::connect(address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                Box::new(stream)
            }
            Way::Memory(hub) => {
                let (near, far) = tokio::io::duplex(64 << 10);
                hub.serve_stream(far);
                Box::new(near)
            }
            Way::Poll(address) => {
                let path = format!("/v1/{place}/poll");
                let poll =
                    Poll { address: *address, path, session: None, up: Vec::new(), down: VecDeque::new() };
                return Self { line: Line::Poll(poll), trace: Vec::new(), repeats: None };
            }
        };
        let mut request = format!("ws://hub/v1/{place}/socket").into_client_request().unwrap();
        let (offered, up) = match way {
            Way::Short(_) => {
                (format!("{}, {}", brief::NAME, repeats::NAME), Some(Up::Pushes(Box::default())))
            }
            Way::Older(_) => (repeats::NAME.to_owned(), Some(Up::Ids(Repeats::default()))),
            _ => (String::new(), None),
        };
        if up.is_some() {
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        }
        let upgraded = soon("the upgrade", tokio_tungstenite::client_async(request, io)).await.unwrap();
        let line = Line::Socket(Box::new(upgraded.0));
        Self { line, trace: Vec::new(), repeats: up.map(|up| (up, Repeats::default())) }
    }

    /// Connects as a proxy on this machine does for somebody at `from`; the status when it is refused.
    pub async fn forwarded(address: SocketAddr, place: &str, from: &str) -> Result<Self, u16> {
        let mut request = format!("ws://hub/v1/{place}/socket").into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", from.parse().unwrap());
        let io: Box<dyn Io> = Box::new(TcpStream::connect(address).await.unwrap());
        match soon("an answer", tokio_tungstenite::client_async(request, io)).await {
            Ok((socket, _)) => {
                let line = Line::Socket(Box::new(socket));
                Ok(Self { line, trace: Vec::new(), repeats: None })
            }
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Writes bytes beside the websocket, as they are; `false` once nobody takes them.
    pub async fn write_raw(&mut self, bytes: &[u8]) -> bool {
        let Line::Socket(socket) = &mut self.line else { panic!("a long poll has no websocket") };
        soon("room to write", socket.get_mut().write_all(bytes)).await.is_ok()
    }

    pub async fn send(&mut self, frame: &FromDevice) {
        self.send_bytes(frame::encode(frame)).await;
    }

    /// Sends any bytes. That the hub has hung up shows when reading.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        match &mut self.line {
            Line::Socket(socket) => {
                let bytes = self.repeats.as_mut().map(|(up, _)| up.shorten(&bytes)).unwrap_or(bytes);
                let _ = soon("room to send", socket.send(Message::Binary(bytes.into()))).await;
            }
            Line::Poll(poll) => poll.up.push(bytes),
        }
    }

    /// Sends a websocket message without shortening anything in it.
    pub async fn send_as_is(&mut self, bytes: Vec<u8>) {
        let repeats = self.repeats.take();
        self.send_bytes(bytes).await;
        self.repeats = repeats;
    }

    pub async fn send_text(&mut self, text: &str) {
        if let Line::Socket(socket) = &mut self.line {
            let _ = soon("room to send", socket.send(Message::Text(text.into()))).await;
        }
    }

    /// The next frame; `None` once the hub has hung up.
    pub async fn next(&mut self) -> Option<FromHub> {
        let bytes = soon("a frame", self.next_bytes()).await?;
        self.trace.extend_from_slice(&bytes);
        match frame::decode(&bytes).unwrap() {
            Incoming::Known(frame) => Some(frame),
            Incoming::Unknown(number) => panic!("the hub sent frame {number}"),
        }
    }

    /// The next frame; without patience, so that it can be waited for beside something else.
    pub async fn next_bytes(&mut self) -> Option<Vec<u8>> {
        match &mut self.line {
            Line::Socket(socket) => loop {
                match socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => {
                        return Some(match &mut self.repeats {
                            Some((_, down)) => down.restore(&bytes).unwrap(),
                            None => bytes.into(),
                        });
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            },
            Line::Poll(poll) => {
                while poll.down.is_empty() && poll.up.is_empty() || !poll.up.is_empty() {
                    if !poll.call().await {
                        return None;
                    }
                }
                poll.down.pop_front()
            }
        }
    }

    pub async fn challenge(&mut self) -> Challenge {
        match self.next().await {
            Some(FromHub::Challenge(challenge)) => challenge,
            other => panic!("{other:?} instead of a challenge"),
        }
    }

    /// Reads on until the hub hangs up, and says why.
    pub async fn goodbye(&mut self) -> Option<Goodbye> {
        let mut last = None;
        while let Some(frame) = self.next().await {
            if let FromHub::Goodbye(goodbye) = frame {
                last = Some(goodbye);
            }
        }
        last
    }

    /// Reads what the hub sends without answering anything, pings among it, until it hangs up.
    pub async fn mute_until_closed(&mut self) {
        if let Line::Socket(socket) = &mut self.line {
            let mut bytes = [0; 1_024];
            while socket.get_mut().read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        }
    }

    /// The name of the long-poll session.
    pub fn session(&self) -> Option<String> {
        match &self.line {
            Line::Poll(poll) => poll.session.clone(),
            Line::Socket(_) => None,
        }
    }
}

impl Poll {
    /// One call; `false` when the session has ended.
    async fn call(&mut self) -> bool {
        let mut body = Vec::new();
        for frame in self.up.drain(..) {
            body.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_le_bytes());
            body.extend_from_slice(&frame);
        }
        let session = self.session.as_ref().map(|id| format!("x-session: {id}\r\n")).unwrap_or_default();
        let Some(response) = request(self.address, "POST", &self.path, &session, &body).await else {
            return false;
        };
        if response.status != 200 {
            return false;
        }
        self.session = response.header("x-session");
        let mut rest = &response.body[..];
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (frame, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            self.down.push_back(frame.to_vec());
            rest = after;
        }
        true
    }
}

/// An answer to an HTTP request.
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    }
}

/// One HTTP request on a connection of its own.
pub async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Option<Response> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    // A hub may answer, and hang up, before it has read everything.
    if stream.write_all(head.as_bytes()).await.is_ok() {
        let _ = stream.write_all(body).await;
    }
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Response { status, head, body: bytes[end + 4..].to_vec() })
}
