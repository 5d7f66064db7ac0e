//! The application over loopback HTTP, for browser tests and hot reload. Never shipped.
//!
//! `POST /rpc/{command}` runs a command, `POST /upload?name=` takes a file, `GET /changes` streams what
//! changed as server-sent events, and everything else is the built UI.

use anyhow::Context as _;
use app::dto::{CommandError, Language};
use app::{App, Keychain, Options};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use clap::Parser;
use futures_util::stream;
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Serves the application to a browser on this machine.
#[derive(Debug, Parser)]
struct Args {
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 4180)]
    port: u16,
    /// Profile folder; with `--demo` one that is removed at the end.
    #[arg(long)]
    profile: Option<PathBuf>,
    /// Keep the profile's key in the system's keychain instead of in memory, so that it can be reopened.
    #[arg(long)]
    system_keychain: bool,
    /// Show the demo world from a hub inside this process.
    #[arg(long)]
    demo: bool,
    /// Folder of the built UI.
    #[arg(long, default_value = "ui/dist")]
    ui: PathBuf,
}

#[derive(Debug, Clone)]
struct Host {
    app: Arc<App>,
    ui: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let args = Args::parse();
    let (app, world) = if args.demo {
        let world = demo::Embedded::start().await.context("building the demo world")?;
        (world.open().await?, Some(world))
    } else {
        let profile = app::profile_dir(args.profile);
        let keychain = if args.system_keychain { Keychain::System } else { Keychain::Memory };
        let options = Options { profile, keychain, dial: None, demo: false };
        (App::open(options).await.map_err(|error| anyhow::anyhow!(error.message))?, None)
    };
    let host = Host { app, ui: args.ui };
    let router = Router::new()
        .route("/rpc/{command}", post(rpc))
        .route("/upload", post(upload))
        .route("/changes", get(changes))
        .fallback(asset)
        .layer(DefaultBodyLimit::max(app::import::MAX_UPLOAD_BYTES + 1024))
        .with_state(host.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await?;
    announce(&format!("listening on http://{}", listener.local_addr()?));
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    host.app.close().await;
    drop(world);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "tests read the address from here")]
fn announce(line: &str) {
    println!("{line}");
}

/// The first language of a browser's wishes that the app speaks. Browsers send them in their order.
fn wished(headers: &HeaderMap) -> Language {
    let wishes = headers.get(header::ACCEPT_LANGUAGE).and_then(|wishes| wishes.to_str().ok());
    let tags = wishes.unwrap_or_default().split(',');
    Language::first_known(tags.map(|wish| wish.split(';').next().unwrap_or_default()))
}

async fn rpc(
    State(host): State<Host>,
    Path(command): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(args) = args else { return StatusCode::BAD_REQUEST.into_response() };
    host.app.speak(wished(&headers));
    answer(host.app.dispatch(&command, args).await)
}

async fn upload(
    State(host): State<Host>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = query.get("name").cloned().unwrap_or_default();
    host.app.speak(wished(&headers));
    answer(host.app.upload(name, body.to_vec()).await)
}

fn answer<T: serde::Serialize>(result: Result<T, CommandError>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response(),
    }
}

async fn changes(State(host): State<Host>) -> Response {
    let receiver = host.app.changes();
    let events = stream::unfold(receiver, |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(note) => {
                    let text = serde_json::to_string(&note).unwrap_or_default();
                    return Some((Ok::<_, std::convert::Infallible>(format!("data: {text}\n\n")), receiver));
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    (
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")],
        Body::from_stream(events),
    )
        .into_response()
}

/// A file of the built UI; a path without one is a route of the single page.
async fn asset(State(host): State<Host>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let safe = !path.split('/').any(|part| part == ".." || part.contains('\\'));
    let file = host.ui.join(if safe && !path.is_empty() { path } else { "index.html" });
    let (bytes, name) = match tokio::fs::read(&file).await {
        Ok(bytes) => (bytes, file),
        Err(_) => {
            let index = host.ui.join("index.html");
            match tokio::fs::read(&index).await {
                Ok(bytes) => (bytes, index),
                Err(_) => return (StatusCode::NOT_FOUND, "build the UI first").into_response(),
            }
        }
    };
    let kind = match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_answered_in_the_first_language_it_wishes() {
        for (wishes, language) in [
            ("de-DE,de;q=0.9,en;q=0.8", Language::German),
            ("nl, pt;q=0.7, en", Language::Portuguese),
            ("*", Language::English),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, wishes.parse().unwrap())]);
            assert_eq!(wished(&headers), language, "{wishes}");
        }
        assert_eq!(wished(&HeaderMap::new()), Language::English);
    }
}
