//! The dashboard over its socket: what it answers, and what it refuses.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;
use steadygan_dash::Dashboard;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const SECRET: &str = "a secret outside of the folder";

/// A folder `shown` with a run, a secret beside that folder, and a dashboard of the folder that serves until the tests
/// end.
struct TestServer {
    place: tempfile::TempDir,
    address: SocketAddr,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

impl TestServer {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("shown")).unwrap();
        fs::write(place.path().join("secret.png"), [PNG, SECRET.as_bytes()].concat()).unwrap();
        fs::write(place.path().join("secret.json"), format!("{{\"secret\":\"{SECRET}\"}}")).unwrap();
        let server = Self::serve(place);
        server.write("00001-a/plan.json", "{\"train\":{\"images\":100}}");
        server.write("00001-a/recipe.toml", "base = \"plain\"");
        server.write("00001-a/stats.jsonl", "{\"images\":64,\"loss_d\":0.5}\n");
        server
    }

    fn serve(place: tempfile::TempDir) -> Self {
        let dashboard = Dashboard::bind(&place.path().join("shown"), [127, 0, 0, 1].into(), Some(0)).unwrap();
        let url = dashboard.url();
        let address = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        thread::spawn(move || dashboard.serve());
        Self { place, address }
    }

    fn shown(&self) -> std::path::PathBuf {
        self.place.path().join("shown")
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.shown().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes as they are and reads until the other side closes.
    fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        // The other side may have refused before everything is sent.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Answer { status, head, body: bytes[end..].to_vec() }
    }

    fn get_with(&self, target: &str, headers: &str) -> Answer {
        self.send(&format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", self.address))
    }

    fn get(&self, target: &str) -> Answer {
        self.get_with(target, "")
    }
}

#[test]
fn pages_and_data_come_with_headers_that_bind_the_browser() {
    let server = TestServer::new();
    for target in ["/", "/main.js", "/style.css", "/uplot.js", "/api/runs", "/api/run?run=00001-a", "/nothing"] {
        let answer = server.get(target);
        assert_eq!(answer.status, if target == "/nothing" { 404 } else { 200 }, "{target}");
        for header in ["content-security-policy: default-src 'none';", "x-content-type-options: nosniff", "no-referrer"]
        {
            assert!(answer.head.contains(header), "{target} lacks {header}: {}", answer.head);
        }
        assert!(!answer.head.contains("unsafe-"), "{}", answer.head);
    }
    let page = server.get("/").text();
    assert!(
        !page.contains("://") && !page.contains("<script>") && !page.contains(" on"),
        "nothing inline or from elsewhere"
    );
}

#[test]
fn a_run_is_answered_as_its_files_say() {
    let server = TestServer::new();
    server.write("00001-a/fakes/000000064.png", PNG);
    let runs = server.get("/api/runs").json();
    assert_eq!((&runs["runs"][0]["id"], &runs["runs"][0]["of"]), (&"00001-a".into(), &100.into()));
    let detail = server.get("/api/run?run=00001-a").json();
    assert_eq!((&detail["recipe"], &detail["sheets"]), (&"base = \"plain\"".into(), &serde_json::json!([64])));
    let curves = server.get("/api/curves?run=00001-a").json();
    assert_eq!(curves["stats"][0]["images"], serde_json::json!([64]));
    let picture = server.get("/api/picture?run=00001-a&of=fakes&images=64");
    assert_eq!((picture.status, &picture.body[..]), (200, PNG));
    let tag = picture.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = server.get_with("/api/picture?run=00001-a&of=fakes&images=64", &format!("if-none-match: {tag}\r\n"));
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn foreign_hosts_and_origins_are_refused() {
    let server = TestServer::new();
    let with_host =
        |host: &str| server.send(&format!("GET /api/runs HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
    assert_eq!(with_host("evil.example").status, 421);
    assert_eq!(with_host(&format!("localhost:{}", server.address.port())).status, 200);
    assert_eq!(server.send("GET /api/runs HTTP/1.0\r\n\r\n").status, 421, "no host");
    assert_eq!(server.get_with("/api/runs", "origin: http://evil.example\r\n").status, 403);
    assert_eq!(server.get_with("/api/picture?run=x", "sec-fetch-site: cross-site\r\n").status, 403);
    assert_eq!(server.get_with("/api/runs", &format!("origin: http://{}\r\n", server.address)).status, 200);
    // A host in the request's first line is no way around.
    let absolute =
        format!("GET http://evil.example/api/runs HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
    assert_eq!(server.send(&absolute).status, 421);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = format!("{method} /api/runs HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
        assert_eq!(server.send(&request).status, 405, "{method}");
    }
}

#[test]
fn no_way_leads_out_of_the_folder() {
    let server = TestServer::new();
    let absolute = format!("{}/secret", server.place.path().display()).replace('/', "%2f");
    let ways = [
        "..",
        "../",
        "..%2f",
        "%2e%2e%2f",
        "%252e%252e%252f",
        "..%5c",
        "..%00",
        "00001-a%2f..%2f..",
        "00001-a/../..",
        "%c0%ae%c0%ae%2f",
        "..;/",
        ".%2e/",
        "%2f",
        &absolute,
    ];
    for way in ways {
        for target in [
            format!("/{way}/secret.png"),
            format!("/{way}secret.json"),
            format!("/api/{way}/secret.json"),
            format!("/api/run?run={way}"),
            format!("/api/curves?run={way}"),
            format!("/api/study?study={way}"),
            format!("/api/picture?run={way}&of=reals"),
            format!("/api/picture?run=00001-a&of=fakes&images={way}secret"),
            format!("/api/picture?run=00001-a&of={way}secret.png"),
        ] {
            let answer = server.get(&target);
            assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.status);
            assert!(!answer.text().contains(SECRET), "{target}");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let server = TestServer::new();
    let run = server.shown().join("00001-a");
    let png = server.place.path().join("secret.png");
    let json = server.place.path().join("secret.json");
    fs::create_dir(server.place.path().join("pictures")).unwrap();
    fs::copy(&png, server.place.path().join("pictures/000000064.png")).unwrap();
    symlink(&png, run.join("reals.png")).unwrap();
    symlink(&png, run.join("fakes_init.png")).unwrap();
    symlink(server.place.path().join("pictures"), run.join("fakes")).unwrap();
    for file in ["recipe.toml", "plan.json"] {
        fs::remove_file(run.join(file)).unwrap();
        symlink(&json, run.join(file)).unwrap();
    }
    server.write("00002-b/plan.json", "{}");
    symlink(server.shown().join("00002-b"), server.shown().join("00003-c")).unwrap();
    symlink(&json, server.shown().join("study.json")).unwrap();
    for target in [
        "/api/picture?run=00001-a&of=reals",
        "/api/picture?run=00001-a&of=fakes&images=0",
        "/api/picture?run=00001-a&of=fakes&images=64",
        "/api/run?run=00003-c",
    ] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
    for target in ["/api/run?run=00001-a", "/api/runs"] {
        assert!(!server.get(target).text().contains(SECRET), "{target}");
    }
    assert!(server.get("/api/runs").text().contains("00003-c is a link and not shown"));
}

#[test]
fn what_is_no_picture_is_not_served_as_one() {
    let server = TestServer::new();
    server.write("00001-a/reals.png", "<script>alert(1)</script>");
    assert_eq!(server.get("/api/picture?run=00001-a&of=reals").status, 404);
}

#[test]
fn a_torn_line_garbage_and_a_run_that_goes_do_not_end_it() {
    let server = TestServer::new();
    server.write("00001-a/stats.jsonl", "{\"images\":64,\"loss_d\":0.5}\nrubbish\n{\"images\":128,\"lo");
    let curves = server.get("/api/curves?run=00001-a").json();
    assert_eq!(curves["stats"][0]["images"], serde_json::json!([64]));
    assert_eq!(curves["notes"][0], "1 line of stats.jsonl could not be read and was skipped");
    server.write("00002-b/manifest.json", b"\xff\x00\xfe");
    server.write("00003-<img src=x onerror=alert(1)>/manifest.json", "[]");
    server.write("rubbish/file", "rubbish");
    let runs = server.get("/api/runs").json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3);
    assert!(runs["runs"][1]["notes"][0].as_str().unwrap().starts_with("manifest.json is not a manifest"));
    fs::remove_dir_all(server.shown().join("00001-a")).unwrap();
    assert_eq!(server.get("/api/curves?run=00001-a").status, 404);
    fs::remove_dir_all(server.shown()).unwrap();
    let runs = server.get("/api/runs").json();
    assert!(runs["notes"][0].as_str().unwrap().starts_with("cannot read the folder "));
}

#[test]
fn pages_that_listen_hear_of_changes() {
    let server = TestServer::new();
    let mut stream = server.connect();
    write!(stream, "GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n", server.address).unwrap();
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let mut line_with = |part: &str| lines.find(|line| line.contains(part)).unwrap();
    line_with("text/event-stream");
    line_with("\"00001-a\"");
    server.write("00002-b/plan.json", "{}");
    assert!(!line_with("\"00002-b\"").contains("00001-a"), "only what changed");
    fs::remove_dir_all(server.shown().join("00002-b")).unwrap();
    assert!(line_with("\"gone\":[\"00002-b\"]").starts_with("data: "));
}

#[test]
fn requests_are_limited_in_size_and_connections_in_number() {
    let server = TestServer::new();
    assert_eq!(server.get(&format!("/{}", "x".repeat(10_000))).status, 414);
    assert!(matches!(server.get_with("/", &format!("x: {}\r\n", "y".repeat(100_000))).status, 0 | 431));
    assert!(matches!(server.get_with("/", &"x: y\r\n".repeat(200)).status, 0 | 431));
    let waiting: Vec<TcpStream> = (0..64).map(|_| server.connect()).collect();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(server.get("/").status, 0, "one too many is closed");
    drop(waiting);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn too_many_requests_are_told_to_wait() {
    let server = TestServer::new();
    let mut stream = server.connect();
    let request = format!("HEAD /nothing HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    let requests = request.repeat(1500) + &request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    let mut writer = stream.try_clone().unwrap();
    let sent = thread::spawn(move || writer.write_all(requests.as_bytes()));
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    sent.join().unwrap().unwrap();
    assert!(text.matches("404 Not Found").count() >= 1000 && text.contains("429 Too Many Requests"));
}

#[test]
fn a_folder_that_is_none_is_an_error_with_a_hint() {
    let error = Dashboard::bind(Path::new("no/such/folder"), [127, 0, 0, 1].into(), Some(0)).unwrap_err();
    assert!(error.to_string().starts_with("cannot open the folder no/such/folder: "), "{error}");
    assert!(error.hint().contains("steadygan train"));
    let place = tempfile::tempdir().unwrap();
    let server = TestServer::serve({
        fs::create_dir(place.path().join("shown")).unwrap();
        place
    });
    let taken = Dashboard::bind(&server.shown(), [127, 0, 0, 1].into(), Some(server.address.port())).unwrap_err();
    assert!(taken.to_string().contains(&format!("port {}: ", server.address.port())), "{taken}");
}
