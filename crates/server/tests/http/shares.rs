//! Shares, what they allow, and why.

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Answer, Client, TestServer};
use crate::objects::{account, count, id, resource, reveal, store};

/// Shares an object of a kind (`resources`, `accounts`, `resource-groups`).
pub(crate) async fn share(by: &Client, kind: &str, object: &Value, terms: Value) -> Answer {
    by.post(&format!("/{kind}/{}/shares", id(object)), terms).await
}

pub(crate) fn person(who: &Client) -> String {
    who.id.expect("an id").to_string()
}

async fn names(who: &Client, list: &str) -> Vec<String> {
    let found = who.get(list).await.expect(200);
    let items = found["items"].as_array().expect("items");
    items.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

async fn end(by: &Client, share: &Value) -> Answer {
    let tag = format!("\"{}\"", share["version"]);
    let headers = [("if-match", tag.as_str())];
    by.send(Method::DELETE, &format!("/shares/{}", id(share)), &headers, None).await
}

/// A server with ann, who owns `web` with `root` and `backup`, and pat, who has
/// nothing.
struct Scene {
    server: TestServer,
    ann: Client,
    pat: Client,
    web: Value,
    root: Value,
    backup: Value,
}

impl Scene {
    async fn set(role: Role) -> Self {
        let server = TestServer::start().await;
        let ann = server.user("ann", Role::PasswordAdministrator).await;
        let pat = server.user("pat", role).await;
        let web = resource(&ann, "web").await;
        let root = account(&ann, &web, "root").await;
        let backup = account(&ann, &web, "backup").await;
        for account in [&root, &backup] {
            store(&ann, account, "S3cret-typed-by-hand").await.expect(200);
        }
        Self { server, ann, pat, web, root, backup }
    }

    fn with_pat(&self, level: &str) -> Value {
        json!({ "user": person(&self.pat), "level": level })
    }

    async fn show(&self) -> Answer {
        self.pat.get(&format!("/resources/{}", id(&self.web))).await
    }
}

#[tokio::test]
async fn each_level_allows_what_it_says_and_no_more() {
    let Scene { server, ann, pat, web, root, .. } = Scene::set(Role::PasswordAdministrator).await;
    let path = format!("/resources/{}", id(&web));
    let accounts = format!("{path}/accounts");
    let rename = json!({ "name": "web" });
    pat.get(&path).await.problem(404, "not_found");
    let terms = json!({ "user": person(&pat), "level": "view" });
    let shared = share(&ann, "resources", &web, terms.clone()).await.expect(201);
    assert_eq!(
        (&shared["object"]["name"], &shared["with"]["name"]),
        (&json!("web"), &json!("pat"))
    );
    share(&ann, "resources", &web, terms).await.problem(409, "conflict");

    // View: see, use, but change nothing. Refusals say which level is missing.
    pat.get(&path).await.expect(200);
    reveal(&pat, &root).await.expect(200);
    let refused = store(&pat, &root, "Another-typed-1").await.problem(403, "forbidden");
    let detail = refused["detail"].as_str().expect("text");
    assert_eq!(detail, "it is shared to view; this needs modify");
    pat.patch(&path, "\"1\"", rename.clone()).await.problem(403, "forbidden");

    // Modify: passwords too.
    let one = format!("/shares/{}", id(&shared));
    ann.patch(&one, "\"1\"", json!({ "level": "modify" })).await.expect(200);
    ann.patch(&one, "\"1\"", json!({ "level": "full" })).await.problem(412, "stale");
    store(&pat, &root, "Another-typed-1").await.expect(200);
    pat.patch(&path, "\"1\"", rename.clone()).await.problem(403, "forbidden");
    pat.post(&accounts, json!({ "name": "x" })).await.problem(403, "forbidden");
    let others = json!({ "user": person(&ann), "level": "view" });
    share(&pat, "resources", &web, others).await.problem(403, "forbidden");

    // Full: the resource itself, and sharing it; not deleting it.
    ann.patch(&one, "\"2\"", json!({ "level": "full" })).await.expect(200);
    pat.patch(&path, "\"1\"", rename).await.expect(200);
    pat.post(&accounts, json!({ "name": "x" })).await.expect(201);
    let eve = server.user("eve", Role::PasswordUser).await;
    let on = json!({ "user": person(&eve), "level": "view" });
    share(&pat, "resources", &web, on).await.expect(201);
    assert_eq!(names(&eve, "/accounts").await, ["backup", "root", "x"]);
    let tag = [("if-match", "\"1\"")];
    pat.send(Method::DELETE, &path, &tag, None).await.problem(403, "forbidden");

    let now = ann.get(&one).await.expect(200);
    end(&ann, &shared).await.problem(412, "stale");
    end(&ann, &now).await.expect(204);
    pat.get(&path).await.problem(404, "not_found");
    let counts = [count(&server, 651).await, count(&server, 652).await, count(&server, 653).await];
    assert_eq!(counts, [2, 2, 1]);
}

/// Account before resource before group, user before user group: the most
/// specific counts even when it is weaker, and the rest comes back when it
/// ends.
#[tokio::test]
async fn the_most_specific_share_counts_even_when_it_is_weaker() {
    let scene = Scene::set(Role::PasswordAdministrator).await;
    let Scene { server, ann, pat, web, root, .. } = &scene;
    let admin = server.user("adm", Role::Administrator).await;
    let people = admin.post("/user-groups", json!({ "name": "ops" })).await.expect(201);
    let member = format!("/user-groups/{}/members/{}", id(&people), person(pat));
    admin.send(Method::PUT, &member, &[], None).await.expect(204);
    // A value that was there before is refused for another reason.
    let number = std::cell::Cell::new(0);
    let may_store = async || {
        number.set(number.get() + 1);
        let typed = format!("Another-typed-{}", number.get());
        store(pat, root, &typed).await.status == 200
    };
    let machines = group(ann, "web servers", json!(null)).await;
    join(ann, &machines, web).await.expect(204);

    let of_group = json!({ "user_group": id(&people), "level": "modify" });
    share(ann, "resource-groups", &machines, of_group).await.expect(201);
    assert!(may_store().await, "by the group of machines and of people");
    let steps = [
        ("resource-groups", &machines, json!({ "user": person(pat), "level": "view" }), false),
        ("resources", web, json!({ "user_group": id(&people), "level": "modify" }), true),
        ("resources", web, json!({ "user": person(pat), "level": "view" }), false),
        ("accounts", root, json!({ "user_group": id(&people), "level": "modify" }), true),
        ("accounts", root, json!({ "user": person(pat), "level": "view" }), false),
    ];
    let mut made = Vec::new();
    for (kind, object, terms, allowed) in steps {
        made.push((share(ann, kind, object, terms.clone()).await.expect(201), allowed));
        assert_eq!(may_store().await, allowed, "{kind} {terms}");
    }
    while let Some((last, _)) = made.pop() {
        end(ann, &last).await.expect(204);
        let before = made.last().is_none_or(|(_, allowed)| *allowed);
        assert_eq!(may_store().await, before, "what counted before counts again");
    }
}

#[tokio::test]
async fn an_account_alone_shows_nothing_else_of_its_resource() {
    let scene = Scene::set(Role::PasswordUser).await;
    let Scene { ann, pat, root, backup, .. } = &scene;
    let refused = share(ann, "accounts", root, scene.with_pat("full")).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "level");
    share(ann, "accounts", root, scene.with_pat("modify")).await.expect(201);
    assert_eq!(names(pat, "/accounts").await, ["root"]);
    assert!(names(pat, "/resources").await.is_empty());
    scene.show().await.problem(404, "not_found");
    reveal(pat, root).await.expect(200);
    reveal(pat, backup).await.problem(404, "not_found");
    // The role still decides: a password user stores nothing.
    let refused = store(pat, root, "Another-typed-1").await.problem(403, "forbidden");
    let detail = refused["detail"].as_str().expect("text");
    assert!(detail.contains("lacks the permission change_passwords"), "{detail}");
}

#[tokio::test]
async fn a_share_ends_by_itself_and_is_given_on_for_no_longer() {
    let scene = Scene::set(Role::PasswordAdministrator).await;
    let Scene { server, ann, pat, web, .. } = &scene;
    let (past, end) = ("2026-05-01T08:59:59.000Z", "2026-05-01T09:10:00.000Z");
    let terms = |end: Value| json!({ "user": person(pat), "level": "full", "expires_at": end });
    let refused = share(ann, "resources", web, terms(json!(past))).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "expires_at");
    let far = share(ann, "resources", web, terms(json!("2099-01-01T00:00:00Z"))).await;
    assert_eq!(far.problem(400, "invalid_input")["field"], "expires_at");
    share(ann, "resources", web, terms(json!(end))).await.expect(201);

    let eve = server.user("eve", Role::PasswordUser).await;
    let longer = json!({ "user": person(&eve), "level": "view" });
    let refused = share(pat, "resources", web, longer).await.problem(400, "invalid_input");
    assert!(refused["detail"].as_str().expect("text").contains("your own share ends"), "{refused}");
    let same = json!({ "user": person(&eve), "level": "view", "expires_at": end });
    share(pat, "resources", web, same).await.expect(201);

    scene.show().await.expect(200);
    server.clock.advance(std::time::Duration::from_secs(600));
    scene.show().await.problem(404, "not_found");
    assert!(names(pat, "/resources").await.is_empty());
    eve.get(&format!("/resources/{}", id(web))).await.problem(404, "not_found");
    let listed = ann.get(&format!("/resources/{}/shares", id(web))).await.expect(200);
    assert!(listed["items"].as_array().expect("items").iter().all(|one| one["ended"] == true));
}

#[tokio::test]
async fn nonsense_is_named_and_nobody_shares_with_himself() {
    let scene = Scene::set(Role::PasswordAdministrator).await;
    let Scene { server, ann, pat, web, .. } = &scene;
    let admin = server.user("adm", Role::Administrator).await;
    let gone = server.user("gone", Role::PasswordUser).await;
    let disable = format!("/users/{}/disable", person(&gone));
    admin.post(&disable, json!({})).await.expect(200);
    let nobody = "019a0000-0000-7000-8000-000000000009";
    for (terms, field) in [
        (json!({ "level": "view" }), "user"),
        (json!({ "user": nobody, "user_group": nobody, "level": "view" }), "user"),
        (json!({ "user": nobody, "level": "view" }), "user"),
        (json!({ "user_group": nobody, "level": "view" }), "user_group"),
        (json!({ "user": person(&gone), "level": "view" }), "user"),
        (json!({ "user": person(ann), "level": "view" }), "user"),
        (json!({ "user": person(pat), "level": "all" }), "level"),
        (json!({ "user": "pat", "level": "view" }), "user"),
        (json!({ "user": person(pat), "level": "view", "expires_at": "soon" }), "expires_at"),
        (json!({ "user": person(pat), "level": "view", "for": 3 }), "for"),
    ] {
        let refused = share(ann, "resources", web, terms.clone()).await;
        let refused = refused.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{terms}: {refused}");
    }
    share(ann, "resources", web, scene.with_pat("full")).await.expect(201);
    let refused = share(pat, "accounts", &scene.root, scene.with_pat("modify")).await;
    assert_eq!(
        refused.problem(400, "invalid_input")["detail"],
        "'user' is you; nobody shares with himself"
    );
    assert_eq!(count(server, 651).await, 1);
}

#[tokio::test]
async fn shares_are_listed_by_object_and_by_person() {
    let scene = Scene::set(Role::PasswordUser).await;
    let Scene { server, ann, pat, web, root, .. } = &scene;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let his = resource(&bob, "his").await;
    share(&bob, "resources", &his, scene.with_pat("view")).await.expect(201);
    server.tick();
    share(ann, "resources", web, scene.with_pat("view")).await.expect(201);
    server.tick();
    share(ann, "accounts", root, scene.with_pat("view")).await.expect(201);
    let listed = async |who: &Client, list: String| {
        let found = who.get(&list).await.expect(200);
        let items = found["items"].as_array().expect("items");
        let name = |one: &Value| one["object"]["name"].as_str().expect("a name").to_owned();
        items.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(listed(pat, "/shares".to_owned()).await, ["root", "web", "his"]);
    let of_pat = format!("/shares?user={}", person(pat));
    assert_eq!(listed(ann, of_pat.clone()).await, ["root", "web"], "of what one owns");
    assert_eq!(listed(pat, of_pat.clone()).await.len(), 3, "oneself");
    let sue = server.user("sue", Role::SuperAdministrator).await;
    assert_eq!(listed(&sue, of_pat.clone()).await.len(), 3);
    assert_eq!(listed(ann, format!("/accounts/{}/shares", id(root))).await, ["root"]);
    pat.get(&format!("/resources/{}/shares", id(web))).await.problem(403, "forbidden");
    let paged = pat.get("/shares?limit=2").await.expect(200);
    let next = paged["next"].as_str().expect("there is more");
    assert_eq!(listed(pat, format!("/shares?limit=2&after={next}")).await, ["his"]);
    // Whom one can share with is found without the right to manage users.
    let found = ann.get("/principals?q=PA").await.expect(200);
    assert_eq!(found["items"][0]["name"], "pat");
    pat.get("/principals").await.problem(403, "forbidden");
    ann.get("/principals?after=x").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn an_explanation_names_share_role_and_reason() {
    let scene = Scene::set(Role::PasswordUser).await;
    let Scene { server, ann, pat, web, root, .. } = &scene;
    let why =
        |object: &Value, kind: &str, rest: String| format!("/{kind}/{}/explain{rest}", id(object));
    let of_pat = format!("?user={}", person(pat));
    let told = ann.get(&why(web, "resources", of_pat.clone())).await.expect(200);
    assert_eq!(told["decisions"][0]["ground"], "stranger");
    assert!(told["decisions"].as_array().expect("all").iter().all(|one| one["allowed"] == false));
    pat.get(&why(web, "resources", String::new())).await.problem(404, "not_found");

    let machines = group(ann, "machines", json!(null)).await;
    join(ann, &machines, web).await.expect(204);
    share(ann, "resource-groups", &machines, scene.with_pat("modify")).await.expect(201);
    let specific = share(ann, "accounts", root, scene.with_pat("view")).await.expect(201);
    let rest = format!("{of_pat}&action=reset_password");
    let told = ann.get(&why(root, "accounts", rest)).await.expect(200);
    assert_eq!((&told["role"], &told["owner"]["name"]), (&json!("password_user"), &json!("ann")));
    assert_eq!(told["shares"][0]["id"], specific["id"]);
    assert_eq!(
        (&told["shares"][0]["counts"], &told["shares"][1]["counts"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(told["shares"][1]["on"]["name"], "machines");
    let decision = &told["decisions"][0];
    assert_eq!((&decision["ground"], &decision["needs"]), (&json!("share"), &json!("modify")));
    let codes: Vec<&Value> =
        decision["reasons"].as_array().expect("reasons").iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, [&json!("permission"), &json!("level")]);
    let sentence = decision["sentence"].as_str().expect("text");
    assert!(sentence.starts_with("pat may not reset_password: "), "{sentence}");
    assert!(sentence.contains("the account 'root' is shared with the user 'pat' to view"));

    // About oneself one may ask, about others only who may share it.
    let mine = pat.get(&why(root, "accounts", "?action=reveal_password".to_owned())).await;
    assert_eq!(mine.expect(200)["decisions"][0]["allowed"], true);
    let of_ann = format!("?user={}", person(ann));
    pat.get(&why(root, "accounts", of_ann)).await.problem(403, "forbidden");
    let refused = ann.get(&why(root, "accounts", "?action=fly".to_owned())).await;
    let refused = refused.problem(400, "invalid_input");
    assert!(refused["detail"].as_str().expect("text").contains("reveal_password"), "{refused}");

    let admin = server.user("adm", Role::Administrator).await;
    let disable = format!("/users/{}/disable", person(pat));
    admin.post(&disable, json!({})).await.expect(200);
    let rest = format!("{of_pat}&action=reveal_password");
    let told = ann.get(&why(root, "accounts", rest)).await.expect(200);
    assert_eq!(told["decisions"][0]["allowed"], false);
    assert_eq!(told["decisions"][0]["reasons"][0]["code"], "disabled");
}

/// What is explained is what happens, for every level.
#[tokio::test]
async fn what_is_explained_is_what_happens() {
    let scene = Scene::set(Role::PasswordAdministrator).await;
    let Scene { ann, pat, web, root, .. } = &scene;
    let made = share(ann, "resources", web, scene.with_pat("view")).await.expect(201);
    for (version, level) in [(1, "view"), (2, "modify"), (3, "full")] {
        if version > 1 {
            let path = format!("/shares/{}", id(&made));
            let tag = format!("\"{}\"", version - 1);
            ann.patch(&path, &tag, json!({ "level": level })).await.expect(200);
        }
        let of = |kind: &str, object: &Value| format!("/{kind}/{}/explain", id(object));
        let told = pat.get(&of("accounts", root)).await.expect(200);
        let says = |told: &Value, action: &str| {
            let all = told["decisions"].as_array().expect("decisions");
            all.iter().any(|one| one["action"] == action && one["allowed"] == true)
        };
        let happens = |answer: Answer| answer.status.is_success();
        assert_eq!(says(&told, "reveal_password"), happens(reveal(pat, root).await), "{level}");
        let stored = store(pat, root, &format!("Typed-for-{level}-1")).await;
        assert_eq!(says(&told, "store_password"), happens(stored), "{level}");
        let listed = pat.get(&format!("/accounts/{}/shares", id(root))).await;
        assert_eq!(says(&told, "share"), happens(listed), "{level}");
        let told = pat.get(&of("resources", web)).await.expect(200);
        let shown = pat.get(&format!("/resources/{}", id(web))).await;
        let tag = shown.header("etag").expect("a tag").to_owned();
        let path = format!("/resources/{}", id(web));
        let edited = pat.patch(&path, &tag, json!({ "name": "web" })).await;
        assert_eq!(says(&told, "edit_resource"), happens(edited), "{level}");
        assert!(!says(&told, "transfer_resource") && !says(&told, "delete_resource"));
    }
}

#[tokio::test]
async fn what_is_deleted_is_shared_with_nobody() {
    let scene = Scene::set(Role::PasswordUser).await;
    let Scene { server, ann, pat, web, root, .. } = &scene;
    share(ann, "resources", web, scene.with_pat("view")).await.expect(201);
    share(ann, "accounts", root, scene.with_pat("view")).await.expect(201);
    let machines = group(ann, "machines", json!(null)).await;
    share(ann, "resource-groups", &machines, scene.with_pat("view")).await.expect(201);
    let tag = [("if-match", "\"1\"")];
    for path in [format!("/resources/{}", id(web)), format!("/resource-groups/{}", id(&machines))] {
        ann.send(Method::DELETE, &path, &tag, None).await.expect(204);
    }
    assert_eq!(pat.get("/shares").await.expect(200)["items"], json!([]));
    assert_eq!(count(server, 653).await, 3);
}
