//! Refuses requests from pages that this program did not serve.
//!
//! A browser lets any site send requests to this machine. If the site's owner points a host name at this machine (DNS
//! rebinding), the site can even read the answers. So the `Host` has to be one of the machine's own names for itself or
//! the address that the dashboard listens at. A request from a foreign page shows its origin in `Origin` or
//! `Sec-Fetch-Site`.

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, Request, StatusCode};
use std::net::IpAddr;

/// The longest path and query, in bytes: a few runs' ids.
const MAX_TARGET_BYTES: usize = 8192;

/// Why a request is refused.
pub(crate) type Refusal = (StatusCode, &'static str);

/// Checks requests to a dashboard that listens at the address `at`.
#[derive(Debug)]
pub(crate) struct Guard {
    at: IpAddr,
}

impl Guard {
    /// The guard of a dashboard that listens at this address.
    pub(crate) fn at(at: IpAddr) -> Self {
        Self { at }
    }

    /// Whether a request may be answered.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "this only reads: GET and HEAD"));
        }
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if target > MAX_TARGET_BYTES {
            return Err((StatusCode::URI_TOO_LONG, "the address is too long"));
        }
        let headers = request.headers();
        // The request's first line may name a host, too.
        let named = request.uri().authority().is_none_or(|authority| self.is_ours(authority.as_str()));
        let host = only(headers, HOST).filter(|host| named && self.is_ours(host));
        let host =
            host.ok_or((StatusCode::MISDIRECTED_REQUEST, "open this by its address, such as http://127.0.0.1"))?;
        if headers.contains_key(ORIGIN) && only(headers, ORIGIN).is_none_or(|origin| origin != format!("http://{host}"))
        {
            return Err((StatusCode::FORBIDDEN, "another site asked"));
        }
        let site = only(headers, HeaderName::from_static("sec-fetch-site"));
        if request.uri().path() != "/" && matches!(site, Some("cross-site" | "same-site")) {
            return Err((StatusCode::FORBIDDEN, "another site asked"));
        }
        Ok(())
    }

    /// Whether a `Host` names this machine. The only host name that passes is `localhost`, because a site's owner can
    /// point any other name here.
    fn is_ours(&self, host: &str) -> bool {
        let Some(name) = without_port(host) else { return false };
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(address) => address.is_loopback() || address == self.at || self.at.is_unspecified(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

/// The value of a header that occurs once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The host without its port: `[::1]` from `[::1]:80`, `localhost` from `localhost`. `None` if the port is malformed.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let is_port = port.strip_prefix(':').map_or(port.is_empty(), |port| port.parse::<u16>().is_ok());
    is_port.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(at: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let guard = Guard::at(at.parse().unwrap());
        guard.check(&request.body(()).unwrap()).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn a_host_is_this_machine_or_refused() {
        for host in ["127.0.0.1:7070", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:7070", "127.9.9.9"] {
            assert_eq!(status("127.0.0.1", "/", &[("host", host)]), 200, "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[::1", "[::1]x"]
        {
            assert_eq!(status("127.0.0.1", "/", &[("host", host)]), 421, "{host}");
        }
        for host in ["localhost:99999", "localhost:", "user@localhost", "localhost/", " localhost"] {
            assert_eq!(status("127.0.0.1", "/", &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status("127.0.0.1", "/", &[]), 421);
        assert_eq!(status("127.0.0.1", "/", &[("host", "localhost"), ("host", "evil.example")]), 421);
    }

    #[test]
    fn a_dashboard_in_the_network_is_asked_by_its_address() {
        assert_eq!(status("10.0.0.1", "/", &[("host", "10.0.0.1:7070")]), 200);
        assert_eq!(status("10.0.0.1", "/", &[("host", "10.0.0.2:7070")]), 421);
        assert_eq!(status("0.0.0.0", "/", &[("host", "10.0.0.2:7070")]), 200);
        assert_eq!(status("0.0.0.0", "/", &[("host", "evil.example:7070")]), 421);
    }

    #[test]
    fn a_foreign_page_is_refused() {
        let host = ("host", "localhost:7070");
        assert_eq!(status("127.0.0.1", "/api/runs", &[host, ("origin", "http://localhost:7070")]), 200);
        for origin in
            ["http://localhost", "http://localhost:7071", "https://localhost:7070", "http://evil.example", "null"]
        {
            assert_eq!(status("127.0.0.1", "/api/runs", &[host, ("origin", origin)]), 403, "{origin}");
        }
        for (site, expected) in [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)] {
            assert_eq!(status("127.0.0.1", "/api/runs", &[host, ("sec-fetch-site", site)]), expected, "{site}");
        }
        // A link on another page may lead here.
        assert_eq!(status("127.0.0.1", "/", &[host, ("sec-fetch-site", "cross-site")]), 200);
    }

    #[test]
    fn only_reading_and_only_short_addresses() {
        let guard = Guard::at("127.0.0.1".parse().unwrap());
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::CONNECT] {
            let request = Request::builder().method(method).header("host", "localhost").body(()).unwrap();
            assert_eq!(guard.check(&request), Err((StatusCode::METHOD_NOT_ALLOWED, "this only reads: GET and HEAD")));
        }
        let path = format!("/{}", "x".repeat(MAX_TARGET_BYTES));
        assert_eq!(status("127.0.0.1", &path, &[("host", "localhost")]), 414);
    }
}
