//! Opening a line to a hub.

use crate::line::Line;
use crate::{poll, websocket};
use domain::ProgramId;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use url::{Host, Url};

/// How hubs are reached.
#[derive(Clone)]
pub enum Dial {
    /// Over the network, with the system's proxy and certificates.
    Network(Network),
    /// Over memory, to a hub inside this process: each call hands one end of a fresh stream to it.
    Memory(Arc<dyn Fn() -> DuplexStream + Send + Sync>),
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Network(_) => "Dial::Network",
            Self::Memory(_) => "Dial::Memory",
        })
    }
}

/// The network side of [`Dial`].
#[derive(Debug, Clone)]
pub struct Network {
    pub(crate) http: reqwest::Client,
}

/// Which door of a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A program.
    Program(ProgramId),
    /// Where programs are founded.
    Founding,
}

/// Why a line could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DialError {
    /// The address is no hub address, or would send data in the clear over a network.
    #[error("{0}")]
    Address(String),
    /// Nobody answers there.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody answers, but not as a hub does.
    #[error("there is no Lockstep hub at this address: {0}")]
    NotAHub(String),
}

impl Dial {
    /// The ordinary network. `extra_ca` is one more certificate authority to trust, in PEM.
    ///
    /// # Errors
    /// When the certificate cannot be read or the system's TLS cannot be set up.
    pub fn network(extra_ca: Option<&[u8]>) -> Result<Self, DialError> {
        // Only the first call in a process installs it; later ones find it in place.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("lockstep/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = extra_ca {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| DialError::Address(format!("the certificate cannot be read: {error}")))?;
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let http = builder.build().map_err(|error| DialError::Unreachable(error.to_string()))?;
        Ok(Self::Network(Network { http }))
    }

    /// Opens a line to a door of `hub`, trying a websocket first and a long poll where that is refused.
    ///
    /// # Errors
    /// [`DialError`].
    pub async fn open(&self, hub: &str, door: Door) -> Result<Line, DialError> {
        let path = match door {
            Door::Program(program) => format!("/v1/programs/{program}"),
            Door::Founding => "/v1/founding".to_owned(),
        };
        match self {
            Self::Memory(connect) => websocket::over_stream(connect(), &path).await,
            Self::Network(network) => {
                let base = format!("{}{path}", checked(hub)?);
                match websocket::over_network(network, &base).await {
                    Err(DialError::NotAHub(why)) => {
                        tracing::info!(%why, "websocket refused, trying long poll");
                        poll::open(network.clone(), base).await
                    }
                    opened => opened,
                }
            }
        }
    }
}

/// The hub's address without a trailing slash; plain http only to this machine itself.
pub(crate) fn checked(hub: &str) -> Result<String, DialError> {
    let wrong = |why: &str| DialError::Address(format!("{hub} is not a hub address: {why}"));
    let url = Url::parse(hub).map_err(|error| wrong(&error.to_string()))?;
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => {}
        ("http", Some(host)) if is_loopback(&host) => {}
        ("http", Some(_)) => {
            return Err(wrong("it has to begin with https, so that nothing is sent in the clear"));
        }
        _ => return Err(wrong("it has to begin with https")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("it must not carry names, passwords or parameters"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(checked("http://127.0.0.1:4100").is_ok());
        assert!(checked("http://[::1]:4100/").is_ok());
        assert!(checked("http://localhost:4100").is_ok());
        assert!(checked("https://hub.halden.example/base/").is_ok());
        for refused in [
            "http://hub.halden.example",
            "http://10.0.0.7",
            "http://127.0.0.1.halden.example",
            "ftp://127.0.0.1",
            "https://user@hub.example",
            "https://hub.example?next=1",
            "hub.example",
            "",
        ] {
            assert!(checked(refused).is_err(), "{refused}");
        }
    }
}
