//! R-52: console and API through the gateway are off unless somebody switches
//! them on; then TLS ends at the server and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use sekisho_testkit::Gateway;
use sekisho_testkit::probe::{Reply, Talk, connect};
use serde_json::Value;

use super::{gateway, make_room};
use crate::run::until;
use crate::site::{ADMINISTRATOR, PASSWORD, Site};

/// Every path of the API, as the server describes itself.
const OPENAPI: &str = include_str!("../../../../../docs/api/openapi.json");

/// Every page of the console, as its router knows them.
const PAGES: &str = include_str!("../../../../../console/src/routeTree.gen.ts");

/// Where the console's files come from; without this folder the server has none.
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/dist/web/assets");

/// Stands for whatever a path names.
const SOME: &str = "01a2015a-c083-78b9-bf67-2b24cdb84124";

/// The name of the site; no address has a server name of its own.
const NAME: &str = "localhost";

const HTML: (&str, &str) = ("accept", "text/html");

fn api(site: &Site) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, site.api_port))
}

fn open(to: SocketAddr) -> Talk {
    Talk::open(to, NAME, None).unwrap_or_else(|error| panic!("{to}: {error}"))
}

/// All files of the console's build, also those that are loaded later, and their
/// compressed copies.
fn assets(site: &Site) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(Path::new(BUILT)).into_iter().flatten() {
        let name = entry.expect("an entry").file_name();
        all.insert(format!("/assets/{}", name.to_str().expect("a name of letters")));
    }
    let named = named(site);
    assert!(all.is_superset(&named), "not in {BUILT}: {named:?}");
    assert!(named.is_empty() || all.len() > named.len(), "there are files that load later");
    all
}

/// Those of them that have an address. Their copies have none: they are what is sent.
fn served(site: &Site) -> Vec<String> {
    let is_copy = |path: &String| path.ends_with(".br") || path.ends_with(".gz");
    assets(site).into_iter().filter(|path| !is_copy(path)).collect()
}

/// What the console's page itself names.
fn named(site: &Site) -> BTreeSet<String> {
    let page = open(api(site)).ask("GET", "/", &[HTML], b"").expect("the console's page");
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).expect("text");
    let names = page.split("/assets/").skip(1);
    let names = names.map(|rest| rest.split(['"', '\'', '?', ')']).next().unwrap_or_default());
    names.map(|name| format!("/assets/{name}")).collect()
}

/// The console's pages, as a person opens them.
fn pages() -> Vec<String> {
    let (_, list) = PAGES.split_once("interface FileRoutesByFullPath {").expect("the list");
    let (list, _) = list.split_once('}').expect("its end");
    let paths = list.lines().filter_map(|line| line.split('"').nth(1));
    let segment = |segment: &str| match segment.strip_prefix('$') {
        Some(_) => SOME.to_owned(),
        None => segment.to_owned(),
    };
    let path = |path: &str| path.split('/').map(segment).collect::<Vec<String>>().join("/");
    let pages: Vec<String> = paths.map(path).collect();
    assert!(pages.len() > 25, "all pages: {pages:?}");
    for page in ["/", "/login", "/accounts/", &format!("/accounts/{SOME}")] {
        assert!(pages.iter().any(|known| known == page), "{page}");
    }
    pages
}

/// Everything that the server answers to people and programs: method and path.
fn everything(site: &Site) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let segment = |segment: &str| match segment.strip_prefix('{') {
            Some(_) => SOME.to_owned(),
            None => segment.to_owned(),
        };
        let path: Vec<String> = path.split('/').map(segment).collect();
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                all.push((method.to_ascii_uppercase(), path.join("/")));
            }
        }
    }
    assert!(all.len() > 150, "the whole API: {}", all.len());
    let others =
        ["/index.html", "/favicon.ico", "/robots.txt", "/assets/", "/api/v1/events?after=1"];
    let paths = others.map(str::to_owned).into_iter().chain(pages()).chain(assets(site));
    all.extend(paths.map(|path| ("GET".to_owned(), path)));
    all
}

/// A socket that is to become another one.
const UPGRADE: [(&str, &str); 2] = [("connection", "upgrade"), ("upgrade", "websocket")];

/// A stream of events.
const EVENTS: [(&str, &str); 1] = [("accept", "text/event-stream")];

/// Nothing of it answers at this listener.
fn nothing_answers(site: &Site, at: SocketAddr) {
    let unknown = |talk: &mut Talk, method: &str| {
        let reply = talk.ask(method, "/nothing", &[HTML], b"").expect("an answer");
        assert_eq!(reply.status, 404);
        reply
    };
    let mut talk = open(at);
    let mut constant: Option<(String, Reply)> = None;
    for (method, path) in everything(site) {
        let expected = match constant.take() {
            Some((of, reply)) if of == method => reply,
            _ => unknown(&mut talk, &method),
        };
        let reply = talk.ask(&method, &path, &[HTML], b"").expect("an answer");
        assert_eq!(reply, expected, "{method} {path}");
        constant = Some((method, expected));
    }
    for path in ["/api/v1/events", "/"] {
        let mut ask = |path, headers: &[_]| talk.ask("GET", path, headers, b"");
        let reply = ask(path, &EVENTS).expect("an answer");
        assert_eq!(reply, ask("/nothing", &EVENTS).expect("an answer"), "a stream of {path}");
    }
}

/// The certificates of the server's own console.
fn of_console(site: &Site) -> Vec<Vec<u8>> {
    open(api(site)).shown()
}

/// It is as if there were no console.
fn is_off(site: &Site, gateway: &Gateway) {
    until("a closed listener", 10, || connect(gateway.pass_through, None).is_err().then_some(()));
    nothing_answers(site, gateway.agents);
    let console = of_console(site);
    let own = open(gateway.agents).shown();
    for name in [NAME, "console.sekisho.internal", "127.0.0.1", "127.0.0.2"] {
        for at in [gateway.agents, gateway.private] {
            let talk = Talk::open(at, name, None).expect("it shakes hands");
            assert_ne!(talk.shown()[0], console[0], "{name} at {at}");
            assert!(at == gateway.private || talk.shown() == own, "{name}");
        }
        // By no name is another one found behind it.
        let mut talk = Talk::open(gateway.agents, name, None).expect("it shakes hands");
        let nothing = talk.ask("GET", "/nothing", &[HTML], b"").expect("an answer");
        for path in ["/", "/login", "/api/v1/me", "/api/v1/events"] {
            let reply = talk.ask("GET", path, &[HTML], b"").expect("an answer");
            assert_eq!((reply.status, &reply), (404, &nothing), "{path} of {name}");
        }
    }
    let upgraded = |path| {
        let reply = open(gateway.agents).ask("GET", path, &UPGRADE, b"").expect("an answer");
        assert_eq!(reply.status, 400, "{path}");
        reply
    };
    for path in ["/api/v1/events", "/"] {
        assert_eq!(upgraded(path), upgraded("/nothing"), "a socket of {path}");
    }
}

#[test]
fn with_the_console_off_nothing_of_it_answers_at_the_gateway() {
    let site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    make_room(&site, &mut gateway);
    // The search finds what is there.
    let found = open(api(&site)).ask("GET", "/api/v1/me", &[], b"").expect("an answer");
    assert_eq!(found.status, 401);
    let mut server = open(api(&site));
    for path in pages().into_iter().chain(served(&site)) {
        let found = server.ask("GET", &path, &[HTML], b"").expect("an answer");
        assert_eq!(found.status, 200, "{path} at the server itself");
    }
    is_off(&site, &gateway);
    nothing_answers(&site, gateway.private);
    // Not after a restart of either, and not without a server.
    gateway.kill();
    gateway.start();
    assert!(connect(gateway.pass_through, None).is_err());
    gateway.await_service();
    nothing_answers(&site, gateway.agents);
    assert_eq!(gateway.number("relayed"), 0, "nothing of all this reached the server");
}

#[test]
fn with_the_console_on_its_tls_ends_at_the_server_and_off_again_it_is_gone() {
    let site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    make_room(&site, &mut gateway);
    site.cli(&["gateways", "set", "dmz-1", "--pass-through", "on"]).ok();
    until("an open listener", 10, || connect(gateway.pass_through, None).ok().map(drop));

    // The same certificates as at the server itself, and not the gateway's.
    let mut talk = open(gateway.pass_through);
    assert_eq!(talk.shown(), of_console(&site));
    assert_ne!(talk.shown()[0], open(gateway.agents).shown()[0]);
    assert_eq!(talk.ask("GET", "/api/v1/me", &[], b"").expect("an answer").status, 401);
    for path in served(&site) {
        let own = open(api(&site)).ask("GET", &path, &[], b"").expect("an answer");
        assert_eq!(talk.ask("GET", &path, &[], b"").expect("an answer").body, own.body, "{path}");
    }
    // The gateway's own listeners are what they were.
    nothing_answers(&site, gateway.agents);
    // Another name, and none.
    for name in ["elsewhere.example", "127.0.0.2"] {
        assert!(Talk::open(gateway.pass_through, name, None).is_err(), "{name}");
    }
    assert!(gateway.refused("name_does_not_pass") >= 2);

    // Somebody signs in and watches.
    let (origin, json) = (("origin", "https://localhost"), ("content-type", "application/json"));
    let body = format!(r#"{{"name":"{ADMINISTRATOR}","password":"{PASSWORD}"}}"#);
    let signed_in = talk.ask("POST", "/api/v1/session", &[origin, json], body.as_bytes());
    let signed_in = signed_in.expect("an answer");
    assert_eq!(signed_in.status, 200, "{}", String::from_utf8_lossy(&signed_in.body));
    assert!(signed_in.header("set-cookie").is_some());
    let token = format!("Bearer {}", site.token());
    let mut events = open(gateway.pass_through);
    let begun = events.begin("/api/v1/events", &[("authorization", &token)]);
    assert_eq!(begun.expect("an answer"), 200);
    assert!(!events.more().expect("a first event").is_empty());
    gateway.until("streams", |gateway| gateway.number("pass_through") >= 2);

    // Off is off: also for what is open, and whatever was reachable before.
    site.cli(&["gateways", "set", "dmz-1", "--pass-through", "off"]).ok();
    until("the end of the stream", 10, || match events.more() {
        Ok(bytes) => bytes.is_empty().then_some(()),
        Err(_) => Some(()),
    });
    gateway.until("no stream", |gateway| gateway.number("pass_through") == 0);
    is_off(&site, &gateway);
    site.audit_is_intact();
}
