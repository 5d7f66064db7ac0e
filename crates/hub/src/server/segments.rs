//! Bytes of segments: `GET /v1/programs/{id}/segments/{hash}` with `authorization: Ticket …`, and a
//! `range` where a transfer broke off.
//!
//! Who may have it is asked of the stored rows each time: the ticket only says which device asks. What
//! a device may not have and what does not exist look the same to it.

use super::{Arrival, Server, routes};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::ProgramId;
use domain::entity::Key;
use futures_util::stream;
use std::io::SeekFrom;
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read and handed on at a time.
const PIECE: usize = 64 << 10;

pub(super) async fn segment(
    server: &Server,
    arrival: &Arrival,
    headers: &HeaderMap,
    program: &str,
    hash: &str,
) -> Response {
    let Ok(_seat) = server.addresses.seat(&arrival.peer, headers) else { return routes::too_many() };
    let (Ok(program), Some(hash)) = (program.parse::<ProgramId>(), unhex(hash)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(hash) = hash.try_into().map(Key) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(ticket) = ticket(headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    match server.programs.segment(program, &ticket, &hash).await {
        Ok(Some(Some((path, bytes)))) => match body(&path, bytes, headers.get(header::RANGE)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, program.id = %program, "a segment could not be read");
                StatusCode::GONE.into_response()
            }
        },
        Ok(Some(None)) => StatusCode::GONE.into_response(),
        Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => {
            tracing::error!(%error, program.id = %program, "who asks for a segment could not be found out");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The bytes from where the device goes on.
async fn body(path: &Path, bytes: u64, range: Option<&HeaderValue>) -> std::io::Result<Response> {
    let mut file = File::open(path).await?;
    let from = match range.map(|range| range.to_str().ok().and_then(first_byte)) {
        None => 0,
        Some(Some(from)) if from < bytes => from,
        Some(_) => return Ok(StatusCode::RANGE_NOT_SATISFIABLE.into_response()),
    };
    file.seek(SeekFrom::Start(from)).await?;
    let rest = stream::try_unfold((file, bytes - from), |(mut file, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
        file.read_exact(&mut piece).await?;
        let left = left - piece.len() as u64;
        Ok(Some((Bytes::from(piece), (file, left))))
    });
    let mut response = Body::from_stream(rest).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes - from));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if range.is_some() {
        let part = format!("bytes {from}-{}/{bytes}", bytes.saturating_sub(1));
        if let Ok(part) = HeaderValue::from_str(&part) {
            headers.insert(header::CONTENT_RANGE, part);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The first byte of a range without an end, the only kind there is use for.
fn first_byte(range: &str) -> Option<u64> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn ticket(headers: &HeaderMap) -> Option<Vec<u8>> {
    unhex(headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Ticket ")?)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 256 {
        return None;
    }
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_on_to_the_end_or_is_none() {
        assert_eq!(first_byte("bytes=0-"), Some(0));
        assert_eq!(first_byte("bytes=4096-"), Some(4_096));
        for other in ["bytes=-5", "bytes=1-2", "bytes=1-,4-", "lines=1-", "bytes=x-", ""] {
            assert_eq!(first_byte(other), None, "{other}");
        }
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }
}
