//! `GET /events`: whoever is given access, and whoever loses it, is told to
//! look again, and is not told at what.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Client, TestServer};
use crate::live::{Sent, Stream};
use crate::objects::{account, id, resource, store};
use crate::shares::{person, share};

/// Somebody who watches.
struct Watcher {
    who: Client,
    stream: Stream,
    looked: u32,
}

impl Watcher {
    async fn new(who: Client) -> Self {
        let mut stream = Stream::open(&who, "/events", &[]).await;
        assert_eq!(stream.next().await.expect("first").event, "ready");
        Self { who, stream, looked: 0 }
    }

    /// What they were told so far: something of their own ends it.
    async fn told(&mut self) -> Vec<Sent> {
        self.looked += 1;
        let own = json!({ "name": format!("t{}", self.looked), "scopes": ["read"] });
        self.who.post("/tokens", own).await.expect(201);
        let mut told = self.stream.until("tokens").await;
        while told.last().is_some_and(|sent| sent.id.is_none()) {
            told.push(self.stream.next().await.expect("the rest of what is told at once"));
        }
        told
    }

    /// They were told to read lists of these kinds, and of no single object.
    async fn looks_at(&mut self, after: &str, kinds: &[&str]) {
        let told = self.told().await;
        for kind in kinds {
            let list = told.iter().any(|sent| sent.event == *kind && sent.data == "{}");
            assert!(list, "{after}: {kind} of {told:?}");
        }
        let single = told.iter().find(|sent| sent.data.contains("id"));
        assert_eq!(single, None, "{after}");
    }

    async fn hears_nothing(&mut self, after: &str) {
        let told = self.told().await;
        assert_eq!(told.len(), 1, "{after}: {told:?}");
    }
}

async fn end(by: &Client, share: &Value, version: u32) {
    let tag = format!("\"{version}\"");
    let headers = [("if-match", tag.as_str())];
    by.send(Method::DELETE, &format!("/shares/{}", id(share)), &headers, None).await.expect(204);
}

/// Ann owns `web` with `root`; pat is given and taken; eve has nothing to do
/// with it.
struct Scene {
    server: TestServer,
    ann: Client,
    pat: Watcher,
    eve: Watcher,
    web: Value,
    root: Value,
}

const LISTS: &[&str] = &["accounts", "resources"];

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let ann = server.user("ann", Role::PasswordAdministrator).await;
        let pat = server.user("pat", Role::PasswordAdministrator).await;
        let eve = server.user("eve", Role::PasswordAdministrator).await;
        let web = resource(&ann, "web").await;
        let root = account(&ann, &web, "root").await;
        let (pat, eve) = (Watcher::new(pat).await, Watcher::new(eve).await);
        Self { server, ann, pat, eve, web, root }
    }

    /// With pat.
    async fn share(&self, kind: &str, object: &Value) -> Value {
        let terms = json!({ "user": person(&self.pat.who), "level": "view" });
        share(&self.ann, kind, object, terms).await.expect(201)
    }

    async fn told(&mut self, after: &str) {
        self.pat.looks_at(after, LISTS).await;
        self.eve.hears_nothing(after).await;
    }
}

#[tokio::test]
async fn a_share_made_changed_used_and_ended_is_told_to_whom_it_is_with() {
    let mut scene = Scene::set().await;
    let shared = scene.share("resources", &scene.web).await;
    scene.told("a share").await;
    let path = format!("/shares/{}", id(&shared));
    scene.ann.patch(&path, "\"1\"", json!({ "level": "modify" })).await.expect(200);
    scene.told("another level").await;
    store(&scene.ann, &scene.root, "S3cret-typed-by-hand").await.expect(200);
    scene.told("a change of what is shared").await;
    end(&scene.ann, &shared, 2).await;
    scene.told("the end of the share").await;
    store(&scene.ann, &scene.root, "S3cret-typed-again-1").await.expect(200);
    scene.pat.hears_nothing("a change of what was shared").await;

    scene.share("accounts", &scene.root).await;
    scene.told("a share of an account").await;
    store(&scene.ann, &scene.root, "S3cret-typed-again-2").await.expect(200);
    scene.told("a change of it").await;
    let path = format!("/resources/{}", id(&scene.web));
    scene.ann.send(Method::DELETE, &path, &[("if-match", "\"1\"")], None).await.expect(204);
    scene.told("what is deleted with its shares").await;
}

#[tokio::test]
async fn what_comes_into_a_shared_group_or_leaves_it_is_told() {
    let mut scene = Scene::set().await;
    let hers = group(&scene.ann, "hers", json!(null)).await;
    scene.share("resource-groups", &hers).await;
    scene.told("a share").await;
    join(&scene.ann, &hers, &scene.web).await.expect(204);
    scene.told("a resource in the group").await;
    store(&scene.ann, &scene.root, "S3cret-typed-by-hand").await.expect(200);
    scene.told("a change inside the group").await;
    let member = format!("/resource-groups/{}/resources/{}", id(&hers), id(&scene.web));
    scene.ann.delete(&member).await.expect(204);
    scene.told("a resource out of the group").await;
    store(&scene.ann, &scene.root, "S3cret-typed-again-1").await.expect(200);
    scene.pat.hears_nothing("a change outside the group").await;

    let rules = json!({ "match": "all", "rules": [
        { "field": "name", "operator": "begins_with", "text": "we" },
    ] });
    let body = json!({ "name": "inner", "criteria": rules });
    let inner = scene.ann.post("/resource-groups", body).await.expect(201);
    let nested = format!("/resource-groups/{}/groups/{}", id(&hers), id(&inner));
    scene.ann.send(Method::PUT, &nested, &[], None).await.expect(204);
    scene.told("a group in the group").await;
    store(&scene.ann, &scene.root, "S3cret-typed-again-2").await.expect(200);
    scene.told("a change inside the inner group").await;
    let path = format!("/resources/{}", id(&scene.web));
    scene.ann.patch(&path, "\"1\"", json!({ "name": "old" })).await.expect(200);
    scene.told("a name that does not match any more").await;
    scene.ann.patch(&path, "\"2\"", json!({ "name": "web" })).await.expect(200);
    scene.told("a name that matches").await;
    let bob = scene.server.user("bob", Role::PasswordAdministrator).await;
    let body = json!({ "to": person(&bob), "reason": "ann leaves" });
    scene.ann.post(&format!("{path}/transfer"), body).await.expect(200);
    scene.told("a resource that is somebody else's now").await;
}

#[tokio::test]
async fn whoever_joins_leaves_or_loses_a_user_group_is_told() {
    let mut scene = Scene::set().await;
    let admin = scene.server.user("root", Role::Administrator).await;
    let ops = admin.post("/user-groups", json!({ "name": "ops" })).await.expect(201);
    let path = format!("/user-groups/{}", id(&ops));
    let member = format!("{path}/members/{}", person(&scene.pat.who));
    let terms = json!({ "user_group": id(&ops), "level": "view" });
    share(&scene.ann, "resources", &scene.web, terms).await.expect(201);
    scene.pat.hears_nothing("a share with a group of others").await;
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    scene.told("joining").await;
    store(&scene.ann, &scene.root, "S3cret-typed-by-hand").await.expect(200);
    scene.told("a change of what the group shares").await;
    admin.delete(&member).await.expect(204);
    scene.told("leaving").await;
    store(&scene.ann, &scene.root, "S3cret-typed-again-1").await.expect(200);
    scene.pat.hears_nothing("a change after leaving").await;
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    scene.told("joining again").await;

    // Who was in it is not known afterwards: everybody looks.
    let tag = admin.get(&path).await.header("etag").expect("a tag").to_owned();
    admin.send(Method::DELETE, &path, &[("if-match", &tag)], None).await.expect(204);
    scene.pat.looks_at("a group that is gone", LISTS).await;
    scene.eve.looks_at("a group that is gone", LISTS).await;
}

#[tokio::test]
async fn a_transfer_is_told_to_the_former_and_the_new_owner() {
    let mut scene = Scene::set().await;
    let mut ann = Watcher::new(scene.ann).await;
    let body = json!({ "to": person(&scene.pat.who), "reason": "ann leaves" });
    let path = format!("/resources/{}/transfer", id(&scene.web));
    ann.who.post(&path, body).await.expect(200);
    for (watcher, after) in [(&mut ann, "given away"), (&mut scene.pat, "received")] {
        let told = watcher.told().await;
        for kind in LISTS {
            let list = told.iter().any(|sent| sent.event == *kind && sent.data == "{}");
            assert!(list, "{after}: {kind} of {told:?}");
        }
    }
    scene.eve.hears_nothing("a transfer between others").await;
}

#[tokio::test]
async fn another_role_is_a_reason_to_read_everything() {
    let server = TestServer::start().await;
    let root = server.user("ann", Role::Administrator).await;
    let bob = server.user("bob", Role::Administrator).await;
    let role = json!({ "name": "readers", "permissions": ["view_resources"] });
    let role = root.post("/roles", role).await.expect(201);
    let path = format!("/roles/{}", role["role"].as_str().expect("an id"));
    let approve = async |version: &str| {
        let headers = [("if-match", version)];
        let path = format!("{path}/approve");
        bob.send(Method::POST, &path, &headers, Some(json!({}))).await.expect(200);
    };
    approve("\"1\"").await;
    let mut pat = Watcher::new(server.user("pat", Role::PasswordAdministrator).await).await;
    let mut eve = Watcher::new(server.user("eve", Role::PasswordAdministrator).await).await;
    let user = format!("/users/{}", person(&pat.who));
    root.patch(&user, "\"1\"", json!({ "role": role["role"] })).await.expect(200);
    assert_eq!(pat.stream.next().await.expect("told").event, "reset");
    eve.hears_nothing("a role of somebody else").await;

    // What a custom role may do changes when it is approved, not before.
    let change = json!({ "name": "readers", "permissions": ["view_resources", "add_resources"] });
    root.patch(&path, "\"2\"", change).await.expect(200);
    pat.hears_nothing("a proposal").await;
    approve("\"3\"").await;
    assert_eq!(pat.stream.next().await.expect("told").event, "reset");
    eve.hears_nothing("a role that others have").await;
}
