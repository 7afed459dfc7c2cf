//! `GET /events`: who is told what, and when it ends.

use std::time::Duration;

use axum::body::Body;
use http::{Method, header};
use http_body_util::BodyExt as _;
use sekisho_model::user::Role;
use serde_json::json;
use tower::Service as _;

use crate::harness::{Client, TestServer};

/// One server-sent event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) event: String,
    /// Only the last of those that are told at once has one.
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

/// A stream that is read.
pub(crate) struct Stream {
    body: Body,
    unread: String,
}

impl Stream {
    pub(crate) async fn open(client: &Client, path: &str, headers: &[(&str, &str)]) -> Self {
        let request = client.request(Method::GET, path, headers, None);
        let response = client.router.clone().call(request).await.expect("infallible");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        Self { body: response.into_body(), unread: String::new() }
    }

    /// The next event that is dispatched; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        tokio::time::timeout(Duration::from_secs(20), self.read()).await.expect("in time")
    }

    async fn read(&mut self) -> Option<Sent> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let mut sent = Sent::default();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("event", event)) => sent.event = event.to_owned(),
                        Some(("id", id)) => sent.id = Some(id.to_owned()),
                        Some(("data", data)) => sent.data = data.to_owned(),
                        _ => {}
                    }
                }
                self.unread = rest.to_owned();
                if !sent.data.is_empty() {
                    return Some(sent);
                }
            }
            let frame = self.body.frame().await?.expect("a frame");
            let bytes = frame.into_data().expect("data");
            self.unread.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }

    /// The events until one of a kind, that one included.
    pub(crate) async fn until(&mut self, event: &str) -> Vec<Sent> {
        let mut all = Vec::new();
        loop {
            let sent = self.next().await.unwrap_or_else(|| panic!("{event} never came: {all:?}"));
            let found = sent.event == event;
            all.push(sent);
            if found {
                return all;
            }
        }
    }
}

async fn new_resource(client: &Client, name: &str) -> String {
    let body = json!({ "name": name, "platform": "linux" });
    let made = client.post("/resources", body).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_change_is_told_to_its_owner_and_to_nobody_else() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let peer = server.user("pat", Role::PasswordAdministrator).await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let connects = server.user("con", Role::ConnectionUser).await;
    let mut streams = Vec::new();
    for client in [&owner, &peer, &root, &connects] {
        let mut stream = Stream::open(client, "/events", &[]).await;
        assert_eq!(stream.next().await.expect("first").event, "ready");
        streams.push(stream);
    }
    let resource = new_resource(&owner, "web").await;
    let account = json!({ "name": "root" });
    let account = owner.post(&format!("/resources/{resource}/accounts"), account).await.expect(201);
    let account = account["id"].as_str().expect("an id").to_owned();
    // Something that everybody is told, so that the silence before it is seen.
    let policy = json!({ "name": "q", "rules": { "length": 20 } });
    root.post("/password-policies", policy).await.expect(201);
    let own = json!({ "name": "t", "scopes": ["read"] });
    connects.post("/tokens", own).await.expect(201);

    for (at, sees) in [(0, true), (1, false), (2, true)] {
        let told = streams[at].until("policies").await;
        let has = |kind: &str, id: &str| {
            told.iter().any(|sent| sent.event == kind && sent.data == format!(r#"{{"id":"{id}"}}"#))
        };
        assert_eq!(has("resources", &resource), sees, "{told:?}");
        assert_eq!(has("accounts", &account), sees, "{told:?}");
        let foreign = told.iter().any(|sent| sent.data.contains(&resource));
        assert_eq!(foreign, sees, "{told:?}");
        let audit = told.iter().any(|sent| sent.event == "audit");
        assert!(at == 2 || !audit, "only auditors and administrators: {told:?}");
    }
    streams[2].until("audit").await;
    let told = streams[3].until("tokens").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].data, "{}");
}

#[tokio::test]
async fn who_comes_again_gets_what_was_missed_or_is_told_to_read_anew() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let mut stream = Stream::open(&owner, "/events", &[]).await;
    let first = stream.next().await.expect("ready").id.expect("an id");
    drop(stream);
    let resource = new_resource(&owner, "web").await;

    for resumed in [
        Stream::open(&owner, "/events", &[("last-event-id", &first)]).await,
        Stream::open(&owner, &format!("/events?after={first}"), &[]).await,
    ] {
        let mut resumed = resumed;
        let missed = resumed.next().await.expect("what was missed");
        assert_eq!(missed.event, "resources");
        assert_eq!(missed.data, format!(r#"{{"id":"{resource}"}}"#));
        assert!(missed.id.is_some_and(|id| id != first));
    }
    // Of another process, of the future, or nonsense: never an error, which
    // would make a browser give up.
    let (process, _) = first.split_once('-').expect("two parts");
    for lost in ["0000000000000001-1", &format!("{process}-999999"), "x"] {
        let mut stream = Stream::open(&owner, "/events", &[("last-event-id", lost)]).await;
        assert_eq!(stream.next().await.expect("first").event, "reset", "{lost}");
    }
    owner.get("/events?since=1").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn more_than_is_remembered_is_a_reset() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let mut stream = Stream::open(&owner, "/events", &[]).await;
    let first = stream.next().await.expect("ready").id.expect("an id");
    drop(stream);
    let resource = new_resource(&owner, "web").await;
    let change = sekisho_model::event::Event::ResourceChanged {
        resource: resource.parse().expect("an id"),
        fields: Vec::new(),
    };
    for _ in 0..5000 {
        server.app.live.note(&[(sekisho_model::event::Actor::System, change.clone())]);
    }
    let mut stream = Stream::open(&owner, "/events", &[("last-event-id", &first)]).await;
    assert_eq!(stream.next().await.expect("first").event, "reset");
    // A stream that is open and merely slow is told once, not 4,000 times.
    for _ in 0..4000 {
        server.app.live.note(&[(sekisho_model::event::Actor::System, change.clone())]);
    }
    assert_eq!(stream.next().await.expect("told").event, "resources");
    new_resource(&owner, "db").await;
    let next = stream.next().await.expect("told");
    assert!(next.event == "resources" && !next.data.contains(&resource), "{next:?}");
}

#[tokio::test]
async fn many_changes_at_once_are_told_without_ids() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let mut stream = Stream::open(&admin, "/events", &[]).await;
    stream.next().await.expect("ready");
    let rng = sekisho_model::rng::SystemRng;
    let created: Vec<_> = (0..100)
        .map(|_| {
            let user = sekisho_model::id::UserId::new(server.clock.as_ref(), &rng);
            let event = sekisho_model::event::Event::UserEnabled { user };
            (sekisho_model::event::Actor::System, event)
        })
        .collect();
    server.app.live.note(&created);
    let told = stream.until("users").await;
    assert_eq!(told.last().expect("one").data, "{}");
    server.app.live.note(&created[..1]);
    assert!(stream.until("users").await.last().expect("one").data.contains("id"));
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::SuperAdministrator).await;
    let open = async |client: &Client| {
        let mut stream = Stream::open(client, "/events", &[]).await;
        stream.next().await.expect("ready");
        stream
    };
    // Signed out.
    let one = server.user("one", Role::PasswordUser).await;
    let mut stream = open(&one).await;
    one.delete("/session").await.expect(204);
    let told = stream.until("session_ended").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(stream.next().await, None);
    one.get("/events").await.problem(401, "unauthenticated");

    // Disabled by somebody else.
    let two = server.user("two", Role::PasswordUser).await;
    let mut stream = open(&two).await;
    let path = format!("/users/{}", two.id.expect("an id"));
    root.send(Method::POST, &format!("{path}/disable"), &[("if-match", "\"1\"")], Some(json!({})))
        .await
        .expect(200);
    stream.until("session_ended").await;

    // Run out, and then something happens.
    let three = server.user("three", Role::PasswordAdministrator).await;
    let mut stream = open(&three).await;
    server.clock.advance(Duration::from_secs(13 * 3600));
    let later = server.user("ann2", Role::SuperAdministrator).await;
    let policy = json!({ "name": "q", "rules": { "length": 20 } });
    later.post("/password-policies", policy).await.expect(201);
    let told = stream.until("session_ended").await;
    assert_eq!(told.len(), 1, "nothing is told any more: {told:?}");

    // A role that shows less counts from the next event on.
    let four = server.user("four", Role::PasswordAdministrator).await;
    let mut stream = open(&four).await;
    let path = format!("/users/{}", four.id.expect("an id"));
    later.patch(&path, "\"1\"", json!({ "role": "connection_user" })).await.expect(200);
    assert_eq!(stream.next().await.expect("told").event, "reset");
    let policy = json!({ "name": "r", "rules": { "length": 20 } });
    later.post("/password-policies", policy).await.expect(201);
    four.post("/tokens", json!({ "name": "t", "scopes": ["read"] })).await.expect(201);
    let told = stream.until("tokens").await;
    assert_eq!(told.len(), 1, "no policies any more: {told:?}");
}

#[tokio::test]
async fn streams_are_bounded_per_person_and_take_no_slot_of_a_request() {
    let server = TestServer::start_with(|_| vec!["limits.requests=1".to_owned()]).await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let peer = server.user("pat", Role::PasswordAdministrator).await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(Stream::open(&owner, "/events", &[]).await);
    }
    let refused = owner.get("/events").await.problem(429, "too_many_streams");
    assert!(refused["detail"].as_str().is_some_and(|text| text.starts_with("16 event streams")));
    owner.get("/me").await.expect(200);
    drop(Stream::open(&peer, "/events", &[]).await);
    open.pop();
    Stream::open(&owner, "/events", &[]).await.next().await.expect("a place again");
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let server = TestServer::start().await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let mut stream = Stream::open(&owner, "/events", &[]).await;
    stream.next().await.expect("ready");
    server.app.live.close();
    assert_eq!(stream.next().await, None);
    let mut late = Stream::open(&owner, "/events", &[]).await;
    late.next().await.expect("ready");
    assert_eq!(late.next().await, None);
}
