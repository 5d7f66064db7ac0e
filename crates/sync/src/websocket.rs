//! Frames as binary websocket messages. The handshake over the network goes through the HTTP client,
//! so that proxies, certificates and timeouts are the same for everything.

use crate::dial::{DialError, Network};
use crate::line::{Carrier, Line};
use futures_util::{SinkExt, StreamExt};
use protocol::brief::{self, Brief};
use protocol::frame::FRAME_MAX;
use protocol::repeats::{self, Repeats};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// The hub pings every 50 seconds, before a proxy would take the line for dead; one that is silent for longer is.
const SILENCE: Duration = Duration::from_secs(75);
/// The hub has this long to answer the handshake.
const HANDSHAKE: Duration = Duration::from_secs(15);

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(FRAME_MAX))
        .max_frame_size(Some(FRAME_MAX))
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
}

/// Opens `<base>/socket`.
pub(crate) async fn over_network(network: &Network, base: &str) -> Result<Line, DialError> {
    let key = generate_key();
    let request = network
        .http
        .get(format!("{base}/socket"))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", &key)
        .header("sec-websocket-protocol", format!("{}, {}", brief::NAME, repeats::NAME))
        .send();
    let response = tokio::time::timeout(HANDSHAKE, request)
        .await
        .map_err(|_| DialError::Unreachable("it does not answer".to_owned()))?
        .map_err(|error| DialError::Unreachable(plain(&error)))?;
    let status = response.status();
    if matches!(status.as_u16(), 429 | 503) {
        return Err(DialError::Unreachable("it is too busy".to_owned()));
    }
    if status != reqwest::StatusCode::SWITCHING_PROTOCOLS {
        return Err(DialError::NotAHub(format!("it answered {status}")));
    }
    let accepted = response.headers().get("sec-websocket-accept").map(|value| value.as_bytes().to_vec());
    if accepted.as_deref() != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(DialError::NotAHub("its websocket answer is wrong".to_owned()));
    }
    let shortened = match response.headers().get("sec-websocket-protocol") {
        None => Shortened::Nothing,
        Some(name) if name == brief::NAME => Shortened::Pushes,
        Some(_) => Shortened::Ids,
    };
    let stream = response.upgrade().await.map_err(|error| DialError::NotAHub(plain(&error)))?;
    Ok(carry(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config())).await, shortened))
}

/// Opens `<path>/socket` over a stream that is connected already.
pub(crate) async fn over_stream(stream: DuplexStream, path: &str) -> Result<Line, DialError> {
    let url = format!("ws://hub{path}/socket");
    let handshake = tokio_tungstenite::client_async_with_config(url, stream, Some(config()));
    let (socket, _) = tokio::time::timeout(HANDSHAKE, handshake)
        .await
        .map_err(|_| DialError::Unreachable("it does not answer".to_owned()))?
        .map_err(|error| DialError::NotAHub(error.to_string()))?;
    Ok(carry(socket, Shortened::Nothing))
}

/// The innermost cause of a network error, which is what a person can act on.
pub(crate) fn plain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// How frames are written on a websocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shortened {
    /// As they are.
    Nothing,
    /// With [`Repeats`], both ways.
    Ids,
    /// Up with [`Brief`], down with [`Repeats`].
    Pushes,
}

/// What writes frames so.
enum Writer {
    Plain,
    Ids(Repeats),
    Pushes(Box<Brief>),
}

impl Writer {
    fn new(shortened: Shortened) -> Self {
        match shortened {
            Shortened::Nothing => Self::Plain,
            Shortened::Ids => Self::Ids(Repeats::default()),
            Shortened::Pushes => Self::Pushes(Box::default()),
        }
    }

    fn write(&mut self, frame: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Plain => frame,
            Self::Ids(repeats) => repeats.shorten(&frame),
            Self::Pushes(brief) => brief.shorten(&frame),
        }
    }
}

fn carry<S>(socket: WebSocketStream<S>, shortened: Shortened) -> Line
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Line::carried_by(move |Carrier { mut outbound, inbound, alive }| async move {
        let (mut sink, mut stream) = socket.split();
        let write = async {
            let mut writer = Writer::new(shortened);
            while let Some(frame) = outbound.recv().await {
                let frame = writer.write(frame);
                sink.send(Message::Binary(frame.into())).await.map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        };
        let read = async {
            let mut repeats = (shortened != Shortened::Nothing).then(Repeats::default);
            loop {
                match tokio::time::timeout(SILENCE, stream.next()).await {
                    Err(_) => return Err("The hub has gone silent.".to_owned()),
                    Ok(None) => return Err("The connection to the hub ended.".to_owned()),
                    Ok(Some(Err(error))) => return Err(format!("The connection broke: {}", plain(&error))),
                    Ok(Some(Ok(Message::Binary(frame)))) => {
                        let frame = match &mut repeats {
                            Some(repeats) => repeats.restore(&frame).map_err(|error| error.to_string())?,
                            None => frame.into(),
                        };
                        if inbound.send(Ok(frame)).await.is_err() {
                            return Ok(());
                        }
                    }
                    Ok(Some(Ok(_))) => alive.notify_one(),
                }
            }
        };
        let ended = tokio::select! { ended = write => ended, ended = read => ended };
        if let Err(why) = ended {
            let _ = inbound.send(Err(why)).await;
        }
    })
}
