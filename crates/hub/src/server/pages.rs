//! The one page a person may see of a hub: where an invitation link leads in a browser. It has no
//! script, and the secret behind the `#` of its address never reaches the hub.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

/// For every answer of the hub.
pub(super) const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

const JOIN: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Invitation to Lockstep</title>
<link rel="stylesheet" href="join.css">
<main>
<h1>You are invited to a partner program</h1>
<p>This link is opened by the Lockstep app, not by the browser.</p>
<ol>
<li>Copy the whole address of this page, with everything behind the <code>#</code>.</li>
<li>Open Lockstep and choose <b>Join with an invitation</b>.</li>
<li>Paste the link.</li>
</ol>
<p class="note">The link works once and only for a while. Whoever has it can use it: pass it to nobody.</p>
</main>
</html>
"#;

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 34rem; margin: 12vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
li { margin: 0.5rem 0; }
.note { opacity: 0.75; }
";

/// `GET /join`
pub(super) async fn join() -> Html<&'static str> {
    Html(JOIN)
}

/// `GET /join.css`
pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}
