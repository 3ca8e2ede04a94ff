//! HTTP responses. Each has the headers that restrict what a browser may do with it.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::Receiver;

/// A response's body: bytes in memory, or server-sent events as they come.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Option<Bytes>),
    Events(Receiver<Bytes>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match self.get_mut() {
            Self::Bytes(bytes) => Poll::Ready(bytes.take()),
            Self::Events(events) => events.poll_recv(context),
        };
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Bytes(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Events(_) => SizeHint::default(),
        }
    }
}

pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

pub(crate) type Answer = Response<Content>;

/// The headers of every answer. They forbid content from other sites, inline scripts, framing and guessing of types.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // A run's files may change at any time, so a browser has to check by the tag whether its copy is current.
    ("cache-control", "no-cache"),
];

pub(crate) fn answer(status: StatusCode, kind: &'static str, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

pub(crate) fn bytes(kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    answer(StatusCode::OK, kind, Content::Bytes(Some(bytes.into())))
}

pub(crate) fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(text) => bytes("application/json", text),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written"),
    }
}

/// An error, with its reason as text.
pub(crate) fn refusal(status: StatusCode, why: &'static str) -> Answer {
    answer(status, TEXT, Content::Bytes(Some(Bytes::from_static(why.as_bytes()))))
}

pub(crate) fn not_found() -> Answer {
    refusal(StatusCode::NOT_FOUND, "there is no such thing (any more)")
}

/// Answers with the content that `read` returns and its tag, or "not found" if it returns none. If the browser already
/// `has` this tag, the answer is "not modified" and `read` is not called.
pub(crate) fn tagged<B: Into<Bytes>>(
    kind: &'static str,
    tag: &str,
    has: Option<&HeaderValue>,
    read: impl FnOnce() -> Option<B>,
) -> Answer {
    let tag = format!("\"{tag}\"");
    let mut answer = if has.is_some_and(|has| has.as_bytes() == tag.as_bytes()) {
        answer(StatusCode::NOT_MODIFIED, kind, Content::Bytes(None))
    } else {
        let Some(content) = read() else { return not_found() };
        bytes(kind, content)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_has_is_not_read_again() {
        let first = tagged("image/png", "a", None, || Some("picture"));
        let tag = first.headers().get(header::ETAG).unwrap();
        assert_eq!((first.status(), tag.to_str().unwrap()), (StatusCode::OK, "\"a\""));
        let again = tagged("image/png", "a", Some(tag), || -> Option<Bytes> { panic!("the content is read again") });
        assert_eq!((again.status(), again.headers().get(header::ETAG)), (StatusCode::NOT_MODIFIED, Some(tag)));
        assert_eq!(tagged("image/png", "b", Some(tag), || Some("another")).status(), StatusCode::OK);
        let missing = tagged("image/png", "b", Some(tag), || None::<Bytes>);
        assert_eq!((missing.status(), missing.headers().get(header::ETAG)), (StatusCode::NOT_FOUND, None));
    }
}
