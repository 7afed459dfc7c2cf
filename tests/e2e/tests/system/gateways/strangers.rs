//! Who is nobody yet: enrolment and the question how it stands pass, nothing
//! else does, and the server hears of nothing else.

use std::net::{Ipv4Addr, SocketAddr};

use sekisho_testkit::probe::{Reply, Talk};

use super::gateway;
use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::until;
use crate::site::Site;

const NONCE: &str = "000102030405060708090a0b0c0d0e0f";
const WAIT: &str = "/agent/v1/wait/01a2015a-c083-78b9-bf67-2b24cdb84124/0";

fn ask(to: SocketAddr, method: &str, path: &str, body: &[u8]) -> Reply {
    let name = to.ip().to_string();
    let mut talk = Talk::open(to, &name, None).expect("it shakes hands");
    let headers = [("content-type", "application/cbor")];
    talk.ask(method, path, &headers, body).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_stranger_gets_from_a_gateway_what_the_server_would_say_and_no_more() {
    let site = Site::start();
    let gateway = gateway(&site, "dmz-1");
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, site.agents_port));
    let heard = |path: &str| site.metric("sekisho_agent_calls_total", path);
    let both = |method: &str, path: &str, body: &[u8]| {
        let through = ask(gateway.agents, method, path, body);
        let direct = ask(server, method, path, body);
        assert_eq!(through.status, direct.status, "{method} {path}");
        if through.status != 200 || path.contains("bundle") {
            assert_eq!(through.body, direct.body, "{method} {path}");
        }
        through.status
    };
    // For anyone: what proves itself.
    assert_eq!(both("GET", "/agent/v1/bundle/0", b""), 200);
    assert_eq!(both("GET", &format!("/agent/v1/time/{NONCE}"), b""), 200);
    assert_eq!(both("POST", "/agent/v1/enrol", b"\xff"), 400);
    assert_eq!(both("POST", "/agent/v1/certificate", b"\xff"), 400);
    // For devices.
    for path in ["hello", "fetch", "receipt", "escrow"] {
        let path = format!("/agent/v1/{path}");
        let before = heard(&path);
        assert_eq!(ask(gateway.agents, "POST", &path, b"\xa0").status, 401, "{path}");
        assert_eq!(heard(&path), before, "{path} did not reach the server");
        assert_eq!(both("POST", &path, b"\xa0"), 401, "{path}");
    }
    assert_eq!(both("GET", WAIT, b""), 401);
    // What does not exist is one constant answer.
    let nothing = ask(gateway.agents, "GET", "/nothing", b"");
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/agent/v1/fetch"),
        ("DELETE", "/agent/v1/enrol"),
        ("POST", "/agent/v1/bundle/0"),
        ("GET", "/agent/v1/bundle/0?x=1"),
        ("GET", "/agent/v1/../v1/bundle/0"),
        ("GET", "/gateway/v1/control"),
        ("POST", "/gateway/v1/pairing"),
        ("GET", "/getstatus"),
        ("GET", "/metrics"),
    ] {
        let reply = ask(gateway.agents, method, path, b"");
        assert_eq!((reply.status, &reply), (404, &nothing), "{method} {path}");
    }
    assert!(!site.log().contains("ERROR"), "{}", site.log());
    site.audit_is_intact();
}

#[test]
fn a_device_that_waits_for_approval_asks_and_is_asked_for_nothing() {
    let site = Site::start();
    let gateway = gateway(&site, "dmz-1");
    let mut host = Host::new("unapproved-host");
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    host.enrol_at(&gateway.agents.to_string(), &site.key_with(&[])).ok();
    host.start_agent();
    until("the agent asking", 20, || host.log().contains("not approved").then_some(()));
    for path in ["hello", "wait", "fetch", "receipt"] {
        let path = format!("/agent/v1/{path}");
        assert_eq!(site.metric("sekisho_agent_calls_total", &path), 0.0, "{path}");
    }
    assert!(site.metric("sekisho_agent_calls_total", "/agent/v1/certificate") > 0.0);
    assert_eq!(gateway.refused("certificate_needed"), 0);
    assert!(site.account_names().is_empty());
    // Blocked instead of approved, it is told so by name and stays outside.
    site.cli(&["devices", "block", "unapproved-host", "--reason", "unknown"]).ok();
    until("the agent hearing of it", 40, || host.log().contains("blocked").then_some(()));
    site.audit_is_intact();
}
