//! The doors of the server, seen by strangers: raw requests, long ones, cut
//! ones, slow ones.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::Value;

use crate::run::run;
use crate::site::Site;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The stable code of a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// The REST API with a token. Nothing secret is on a command line.
pub(crate) struct Api {
    start: String,
    url: String,
}

impl Api {
    pub(crate) fn of(site: &Site, token: &str) -> Self {
        let ca = site.ca_file();
        let start = format!(
            "cacert = {ca:?}\nsilent\nhttp1.1\nheader = \"Expect: 100-continue\"\nmax-time = 30\nheader = \"Authorization: Bearer {token}\"\n\
             write-out = \"\\n%{{http_code}}\"\n"
        );
        Self { start, url: site.url() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(&format!("url = \"{}{path}\"\n", self.url))
    }

    pub(crate) fn post(&self, path: &str, body: &str, repeat: Option<&str>) -> Answer {
        // Too long for a line of curl's settings, which hold the token.
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(body.as_bytes()).expect("written");
        let repeat =
            repeat.map(|key| format!("header = \"Idempotency-Key: {key}\"\n")).unwrap_or_default();
        self.call(&format!(
            "url = \"{}{path}\"\ndata = \"@{}\"\nheader = \"Content-Type: application/json\"\n{repeat}",
            self.url,
            file.path().display()
        ))
    }

    fn call(&self, what: &str) -> Answer {
        let config = format!("{}{what}", self.start);
        answer(&run(Command::new("curl").args(["-K", "-"]), config.as_bytes()).ok())
    }
}

fn answer(printed: &str) -> Answer {
    let (body, status) = printed.rsplit_once('\n').expect("curl writes the status last");
    Answer { status: status.parse().expect("a number"), body: body.to_owned() }
}

/// A request to the agent plane without a certificate. Like every polite
/// client it asks before it sends a body: who does not may be cut off before
/// it has read the answer.
fn stranger(site: &Site, method: &str, path: &str, body: &[u8]) -> u16 {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", "--http1.1", "--path-as-is", "--request", method])
        .arg("--cacert")
        .arg(site.ca_file())
        .args(["--output", "/dev/null", "--write-out", "%{http_code}"])
        .args(["--header", "Content-Type: application/cbor", "--header", "Expect: 100-continue"])
        .arg(format!("https://{}{path}", site.agents()));
    if !body.is_empty() {
        curl.args(["--data-binary", "@-"]);
    }
    let ran = run(&mut curl, body);
    ran.stdout.parse().unwrap_or_else(|_| panic!("no status: {ran:?}"))
}

#[test]
fn a_stranger_at_the_agent_plane_gets_nothing() {
    let site = Site::start();
    let ask = |method: &str, path: &str, body: &[u8]| stranger(&site, method, path, body);

    // What does not exist is one constant answer.
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/agent/v1/fetch"),
        ("PUT", "/agent/v1/fetch"),
        ("DELETE", "/agent/v1/enrol"),
        ("POST", "/agent/v1/bundle/0"),
        ("GET", "/agent/v1/bundle/0?x=1"),
        ("GET", "/agent/v1/bundle/0/"),
        ("GET", "/agent/v1/../v1/bundle/0"),
        ("GET", "/agent/v1/%62undle/0"),
        ("GET", "/api/v1/system/public"),
        ("GET", "/api/v1/users"),
        ("GET", "/metrics"),
        ("GET", "/healthz"),
    ] {
        assert_eq!(ask(method, path, b""), 404, "{method} {path}");
    }
    // What is for anyone.
    assert_eq!(ask("GET", "/agent/v1/bundle/0", b""), 200);
    // What is for devices only.
    for path in ["hello", "fetch", "receipt"] {
        assert_eq!(ask("POST", &format!("/agent/v1/{path}"), b"\xa0"), 401, "{path}");
    }
    let session = "01a2015a-c083-78b9-bf67-2b24cdb84124";
    assert_eq!(ask("GET", &format!("/agent/v1/wait/{session}/5"), b""), 401);
    // Too long, by a little and by much.
    assert_eq!(ask("POST", "/agent/v1/enrol", &vec![0; 32 * 1024 + 1]), 413);
    assert_eq!(ask("POST", "/agent/v1/certificate", &vec![0; 33 * 1024]), 413);
    assert_eq!(ask("POST", "/agent/v1/certificate", &vec![0; 4 << 20]), 413);
    // Cut, empty, of another kind, deep.
    let map_of_five_without_content = b"\xa5\x68protocol".as_slice();
    for body in [
        map_of_five_without_content,
        b"{}",
        b"\xff",
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        &[0x81; 4096],
    ] {
        assert_eq!(ask("POST", "/agent/v1/enrol", body), 400, "{body:x?}");
        assert_eq!(ask("POST", "/agent/v1/certificate", body), 400, "{body:x?}");
    }
    assert_eq!(ask("GET", "/agent/v1/time/not-a-nonce", b""), 404);
    // It still serves, and has logged no error of its own.
    assert_eq!(ask("GET", "/agent/v1/bundle/0", b""), 200);
    assert!(!site.log().contains("ERROR"), "{}", site.log());
    site.audit_is_intact();
}

#[test]
fn the_api_names_what_is_wrong_with_a_request() {
    let site = Site::start();
    let api = Api::of(&site, &site.token());

    let answer = api.post("/api/v1/resources", r#"{"names":"web-1","platform":"linux"}"#, None);
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_input"));
    assert!(answer.body.contains("name"), "{}", answer.body);
    let answer = api.post("/api/v1/resources", r#"{"name":"web-1","#, None);
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_input"));
    let long = format!(r#"{{"name":"{}","platform":"linux"}}"#, "x".repeat(64 * 1024));
    let answer = api.post("/api/v1/resources", &long, None);
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
    let answer = api.get("/api/v1/resources/01a2015a-c083-78b9-bf67-2b24cdb84124");
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    let stranger = Api::of(&site, "sekisho_pat_nobody");
    assert_eq!(stranger.get("/api/v1/resources").status, 401);
}

#[test]
fn a_connection_that_dawdles_is_cut() {
    let site = Site::start();
    // Before the handshake.
    let mut silent =
        TcpStream::connect((Ipv4Addr::LOCALHOST, site.agents_port)).expect("it listens");
    silent.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
    // After the handshake, in the middle of a header.
    let begun = SystemClock.elapsed();
    let mut slow = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &site.agents()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl starts");
    let mut input = slow.stdin.take().expect("piped");
    input.write_all(b"GET /agent/v1/bundle/0 HTTP/1.1\r\nHost: x\r\nX-Slow: ").expect("sent");

    let read = silent.read(&mut [0; 16]).expect("cut, and not only silent");
    assert_eq!(read, 0, "it says nothing to somebody who does not begin");
    let ended = crate::run::until("the end of the slow connection", 10, || {
        // A letter now and then keeps nothing open.
        let _ = input.write_all(b"a");
        slow.try_wait().expect("our child")
    });
    let took = SystemClock.elapsed().saturating_sub(begun);
    assert!(took < Duration::from_secs(14), "cut after {took:?}: {ended}");
    assert!(took > Duration::from_secs(8), "cut after {took:?}: {ended}");
}
