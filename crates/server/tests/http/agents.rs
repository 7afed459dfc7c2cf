//! Managing agents: associate and dissociate (A-100…A-105), delete after the
//! resource (A-110, A-111), remap (A-120…A-122), what older versions cannot
//! (A-143, A-144), and whose an agent is (A-131).

use sekisho_model::device::DeviceState;
use sekisho_model::id::DeviceId;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};
use crate::objects::{account, audit_text, count, device, id, move_order, pass, store};

const DISSOCIATED: u16 = 615;
const ASSOCIATED: u16 = 616;
const REMAPPED: u16 = 617;
const DELETED: u16 = 618;

/// A resource with a DNS name.
async fn machine(owner: &Client, name: &str) -> Value {
    let body = json!({ "name": name, "dns_name": name, "platform": "linux" });
    owner.post("/resources", body).await.expect(201)
}

async fn deleted(owner: &Client, resource: &Value) {
    let path = format!("/resources/{}", id(resource));
    let etag = owner.get(&path).await.header("etag").expect("an ETag").to_owned();
    let headers = [("if-match", etag.as_str())];
    owner.send(http::Method::DELETE, &path, &headers, None).await.expect(204);
}

/// An owner, a resource and its agent, which works.
async fn world(server: &TestServer) -> (Client, Value, DeviceId) {
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = machine(&ann, "web").await;
    let agent = device(server, Some(&web), "web", DeviceState::Approved).await;
    (ann, web, agent)
}

fn agent(id: DeviceId, verb: &str) -> String {
    format!("/agents/{id}{verb}")
}

async fn dissociate(by: &Client, device: DeviceId, minutes: u32) -> Value {
    let body = json!({ "interval_min": minutes });
    by.post(&agent(device, "/dissociate"), body).await.expect(200)
}

#[tokio::test]
async fn a_dissociated_agent_is_shown_so_and_called_once_a_103() {
    let server = TestServer::start().await;
    let (ann, _, web) = world(&server).await;
    let mut woken = server.app.bus.listen(web);
    let shown = dissociate(&ann, web, 60).await;
    assert_eq!(
        (&shown["association"], &shown["look_every_min"]),
        (&json!("dissociated"), &json!(60))
    );
    assert_eq!(shown["dissociated_by"]["name"], "ann");
    woken.heard().await;
    // The same again changes nothing; another interval does.
    dissociate(&ann, web, 60).await;
    assert_eq!(dissociate(&ann, web, 5).await["look_every_min"], 5);
    assert_eq!(count(&server, DISSOCIATED).await, 2);
    assert!(audit_text(&server).await.contains(r#""every_min":5"#));

    let mut woken = server.app.bus.listen(web);
    let shown = ann.post(&agent(web, "/associate"), json!({})).await.expect(200);
    assert_eq!(
        (&shown["association"], &shown["look_every_min"]),
        (&json!("associated"), &json!(null))
    );
    woken.heard().await;
    ann.post(&agent(web, "/associate"), json!({})).await.expect(200);
    assert_eq!(count(&server, ASSOCIATED).await, 1);
}

#[tokio::test]
async fn the_interval_is_given_in_minutes_and_has_bounds_a_105() {
    let server = TestServer::start().await;
    let (ann, _, web) = world(&server).await;
    for wrong in [json!(0), json!(1441), json!("60"), json!(1.5), json!(null)] {
        let body = json!({ "interval_min": wrong });
        let refused = ann.post(&agent(web, "/dissociate"), body).await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "interval_min", "{wrong}");
    }
    let body = json!({ "interval_min": 1441 });
    let refused = ann.post(&agent(web, "/dissociate"), body).await.problem(400, "invalid_input");
    let expected = "'interval_min' is 1441; give 1 to 1440 minutes (24 hours)";
    assert_eq!(refused["detail"], expected);
    ann.post(&agent(web, "/dissociate"), json!({})).await.problem(400, "invalid_input");
    assert_eq!(count(&server, DISSOCIATED).await, 0);
    assert_eq!(dissociate(&ann, web, 1440).await["look_every_min"], 1440);
}

#[tokio::test]
async fn open_orders_of_a_dissociated_agent_wait_and_new_ones_are_refused_a_101_a_102() {
    let server = TestServer::start().await;
    let (ann, resource, web) = world(&server).await;
    let root = account(&ann, &resource, "root").await;
    let reset = format!("/accounts/{}/reset", id(&root));
    let order = ann.post(&reset, json!({})).await.expect(202);
    assert_eq!(order["held"], json!(null));
    dissociate(&ann, web, 60).await;
    let path = format!("/orders/{}", id(&order));
    let shown = ann.get(&path).await.expect(200);
    assert_eq!((&shown["state"], &shown["held"]), (&json!("queued"), &json!("dissociated")));
    assert_eq!(ann.get("/orders").await.expect(200)["items"][0]["held"], "dissociated");
    assert_eq!(ann.get(&agent(web, "")).await.expect(200)["open_orders"], 1);

    let other = account(&ann, &resource, "www").await;
    let refused = ann.post(&format!("/accounts/{}/reset", id(&other)), json!({})).await;
    let refused = refused.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("associate it first")));
    let discover = format!("/resources/{}/discover", id(&resource));
    ann.post(&discover, json!({})).await.problem(409, "conflict");

    // The one that waits may be withdrawn, and goes on otherwise.
    ann.post(&agent(web, "/associate"), json!({})).await.expect(200);
    assert_eq!(ann.get(&path).await.expect(200)["held"], json!(null));
    ann.post(&format!("{path}/cancel"), json!({})).await.expect(200);
}

#[tokio::test]
async fn many_are_dissociated_with_one_interval_and_a_result_for_each_a_104() {
    let server = TestServer::start().await;
    let (ann, _, web) = world(&server).await;
    let db = machine(&ann, "db").await;
    let db = device(&server, Some(&db), "db", DeviceState::Approved).await;
    let bob = server.user("bob", Role::Administrator).await;
    let his = machine(&bob, "his").await;
    let his = device(&server, Some(&his), "his", DeviceState::Approved).await;
    dissociate(&ann, db, 30).await;
    let body = |dry_run: bool| {
        json!({
            "action": "dissociate", "interval_min": 30, "dry_run": dry_run,
            "agents": [web.to_string(), db.to_string(), his.to_string()],
        })
    };
    for dry_run in [true, false] {
        let done = ann.post("/agents/bulk", body(dry_run)).await.expect(200);
        assert_eq!(
            (&done["dry_run"], &done["changed"], &done["unchanged"], &done["refused"]),
            (&json!(dry_run), &json!(1), &json!(1), &json!(1)),
            "{done}"
        );
        let outcomes: Vec<_> = (0..3).map(|at| done["items"][at]["outcome"].clone()).collect();
        assert_eq!(outcomes, ["changed", "unchanged", "refused"]);
        assert_eq!(done["items"][0]["agent"]["name"], "web");
        // What is not hers is told as little as what is not there.
        assert_eq!(done["items"][2]["code"], "not_found");
        assert_eq!(done["items"][2]["agent"]["name"], his.to_string());
        let state = if dry_run { "associated" } else { "dissociated" };
        assert_eq!(ann.get(&agent(web, "")).await.expect(200)["association"], state);
    }
    assert_eq!(bob.get(&agent(his, "")).await.expect(200)["association"], "associated");
    assert_eq!(count(&server, 800).await, 2, "who was turned away is on record");

    let both = json!({ "action": "associate", "agents": [web.to_string(), db.to_string()] });
    assert_eq!(ann.post("/agents/bulk", both).await.expect(200)["changed"], 2);
    for (field, body) in [
        ("interval_min", json!({ "action": "dissociate", "agents": [web.to_string()] })),
        (
            "interval_min",
            json!({ "action": "associate", "interval_min": 3, "agents": [web.to_string()] }),
        ),
        ("agents", json!({ "action": "associate", "agents": [] })),
        ("agents", json!({ "action": "associate", "agents": [web.to_string(), web.to_string()] })),
    ] {
        let refused = ann.post("/agents/bulk", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{refused}");
    }
}

#[tokio::test]
async fn an_older_agent_can_only_be_viewed_and_deleted_a_143_a_144() {
    let server = TestServer::start().await;
    let (ann, resource, web) = world(&server).await;
    let refused = |verb: &'static str, body: Value| {
        let ann = ann.clone();
        async move {
            let refused = ann.post(&agent(web, verb), body).await.problem(409, "conflict");
            refused["detail"].as_str().expect("a sentence").to_owned()
        }
    };
    // Nobody knows yet what it can do.
    server.sql("UPDATE devices SET capabilities = '[]'").await;
    assert_eq!(ann.get(&agent(web, "")).await.expect(200)["limit"], "not_connected");
    let why = refused("/dissociate", json!({ "interval_min": 5 })).await;
    assert!(why.contains("has not connected yet and cannot be dissociated"), "{why}");

    server.sql("UPDATE devices SET session_counter = 4, agent_version = '0.0.9'").await;
    assert_eq!(ann.get(&agent(web, "")).await.expect(200)["limit"], "outdated");
    let said = format!("Install version {} or newer", env!("CARGO_PKG_VERSION"));
    for (verb, body, part) in [
        ("/dissociate", json!({ "interval_min": 5 }), "cannot be dissociated"),
        ("/associate", json!({}), "cannot be associated"),
        ("/remap", json!({ "resource": id(&resource) }), "cannot be remapped"),
    ] {
        let why = refused(verb, body).await;
        assert!(
            why.contains(part) && why.contains("version 0.0.9") && why.contains(&said),
            "{why}"
        );
    }
    let bulk = json!({ "action": "dissociate", "interval_min": 5, "agents": [web.to_string()] });
    let bulk = ann.post("/agents/bulk", bulk).await.expect(200);
    assert_eq!((&bulk["refused"], &bulk["items"][0]["code"]), (&json!(1), &json!("conflict")));
    assert_eq!(count(&server, DISSOCIATED).await, 0);

    deleted(&ann, &resource).await;
    ann.delete(&agent(web, "")).await.expect(204);
}

#[tokio::test]
async fn the_resource_is_deleted_first_then_the_agent_a_110_a_111() {
    let server = TestServer::start().await;
    let (ann, resource, web) = world(&server).await;
    let refused = ann.delete(&agent(web, "")).await.problem(409, "conflict");
    assert!(
        refused["detail"].as_str().is_some_and(|why| why.contains("delete the resource first"))
    );

    dissociate(&ann, web, 60).await;
    deleted(&ann, &resource).await;
    // N/A: it is still on the list of whoever owned its resource.
    let list = ann.get("/agents?association=none").await.expect(200);
    let orphan = &list["items"][0];
    assert_eq!((&orphan["id"], &orphan["resource"]), (&json!(web.to_string()), &json!(null)));
    assert_eq!(orphan["association"], "none", "there is nothing it could be dissociated from");
    assert_eq!(orphan["former_resource"]["name"], "web");
    ann.post(&agent(web, "/dissociate"), json!({ "interval_min": 5 }))
        .await
        .problem(409, "conflict");

    let mut revoked = server.app.bus.listen_revoked(web);
    ann.delete(&agent(web, "")).await.expect(204);
    revoked.heard().await;
    assert_eq!(count(&server, DELETED).await, 1);
    assert_eq!(ann.get("/agents").await.expect(200)["items"], json!([]));
    ann.get(&agent(web, "")).await.problem(404, "not_found");
    ann.delete(&agent(web, "")).await.problem(404, "not_found");
    // The record stays, for administrators.
    let bob = server.user("bob", Role::Administrator).await;
    let device = bob.get(&format!("/devices/{web}")).await.expect(200);
    assert_eq!(device["state"], "retired");
}

#[tokio::test]
async fn a_blocked_device_is_not_deleted_so_that_it_stays_refused() {
    let server = TestServer::start().await;
    let (ann, resource, web) = world(&server).await;
    let bob = server.user("bob", Role::Administrator).await;
    let block = format!("/devices/{web}/block");
    bob.post(&block, json!({ "reason": "stolen" })).await.expect(200);
    deleted(&ann, &resource).await;
    let refused = ann.delete(&agent(web, "")).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("stays refused")));
}

#[tokio::test]
async fn a_resource_deleted_by_mistake_comes_back_with_its_accounts_a_120_a_121_a_122() {
    let server = TestServer::start().await;
    let (ann, first, web) = world(&server).await;
    let root = account(&ann, &first, "root").await;
    store(&ann, &root, "S3cret-before-the-mistake").await.expect(200);
    let order = ann.post(&format!("/accounts/{}/reset", id(&root)), json!({})).await.expect(202);
    move_order(&server, &order, OrderState::Queued, OrderState::NotApplied).await;
    deleted(&ann, &first).await;
    ann.get(&format!("/accounts/{}", id(&root))).await.problem(404, "not_found");
    // Nothing to remap to yet.
    let targets = ann.get(&agent(web, "/remap")).await.expect(200);
    assert_eq!((&targets["dns_name"], &targets["items"]), (&json!("web"), &json!([])));

    let other = machine(&ann, "other").await;
    let to = |resource: &Value| json!({ "resource": id(resource) });
    let refused = ann.post(&agent(web, "/remap"), to(&other)).await.problem(409, "conflict");
    let why = refused["detail"].as_str().expect("a sentence");
    assert!(why.contains("is other, that of the agent's host web"), "{why}");

    let again = machine(&ann, "web").await;
    let targets = ann.get(&agent(web, "/remap")).await.expect(200);
    let target = &targets["items"][0];
    assert_eq!((&target["accounts"], &target["problem"]), (&json!(1), &json!(null)));
    assert_eq!(target["resource"]["id"], again["id"]);
    let shown = ann.post(&agent(web, "/remap"), to(&again)).await.expect(200);
    assert_eq!(shown["resource"]["id"], again["id"]);
    assert_eq!((&shown["association"], &shown["open_orders"]), (&json!("associated"), &json!(1)));
    assert_eq!(count(&server, REMAPPED).await, 1);

    // The account, its password, its history and its tasks are there again.
    let shown = ann.get(&format!("/accounts/{}", id(&root))).await.expect(200);
    assert_eq!(shown["resource"]["id"], again["id"]);
    let reveal = format!("/accounts/{}/reveal", id(&root));
    let body = json!({ "reason": "x", "purpose": "show" });
    let revealed = ann.post(&reveal, body).await.expect(200);
    assert!(revealed.to_string().contains("S3cret-before-the-mistake"));
    let tasks = ann.get(&format!("/orders?account={}", id(&root))).await.expect(200);
    assert_eq!(tasks["items"].as_array().map(Vec::len), Some(1));
    ann.post(&agent(web, "/remap"), to(&again)).await.problem(409, "conflict");
}

#[tokio::test]
async fn a_remap_needs_the_same_key_and_the_same_owner_a_122() {
    let server = TestServer::start().await;
    let (ann, first, web) = world(&server).await;
    let bob = server.user("bob", Role::Administrator).await;
    deleted(&ann, &first).await;

    // Somebody else's resource of the same name does not get her passwords.
    let his = machine(&bob, "web").await;
    let body = json!({ "resource": id(&his) });
    ann.post(&agent(web, "/remap"), body.clone()).await.problem(404, "not_found");
    bob.post(&agent(web, "/remap"), body).await.problem(404, "not_found");

    // A host that only says that it is `web` has another key.
    let hers = machine(&ann, "web").await;
    let liar = device(&server, None, "web2", DeviceState::Approved).await;
    let lie = "UPDATE devices SET facts = '{\"dns_name\":\"web\"}', former_resource = \
               (SELECT id FROM resources WHERE name = 'web3') WHERE host = 'web2'";
    let own = machine(&ann, "web3").await;
    server.sql(lie).await;
    let body = json!({ "resource": id(&hers) });
    let refused = ann.post(&agent(liar, "/remap"), body.clone()).await.problem(409, "conflict");
    let why = refused["detail"].as_str().expect("a sentence").to_owned();
    assert!(why.contains("belongs to the resource web3"), "{why}");
    deleted(&ann, &own).await;
    server.sql("UPDATE devices SET former_resource = NULL WHERE host = 'web2'").await;
    // Without a former resource it is nobody's, as far as she can see.
    ann.post(&agent(liar, "/remap"), body.clone()).await.problem(404, "not_found");

    // Two histories do not become one.
    let before = account_on_deleted(&server, &ann, &first, "root").await;
    account(&ann, &hers, "root").await;
    let refused = ann.post(&agent(web, "/remap"), body).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("have an account 'root'")));
    assert!(!before.is_empty());
    assert_eq!(count(&server, REMAPPED).await, 0);
}

/// After a move (A-048): the former owner handed the resource over, and its
/// agent goes back to the accounts that are known there.
#[tokio::test]
async fn an_agent_that_moved_goes_back_to_a_resource_that_was_handed_over() {
    let server = TestServer::start().await;
    let (ann, _, web) = world(&server).await;
    let handed_over = machine(&ann, "web").await;
    let body = json!({ "resource": id(&handed_over) });
    let refused = ann.post(&agent(web, "/remap"), body.clone()).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|why| why.contains("another identity key")));
    let row = id(&handed_over).replace('-', "");
    server.sql(&format!("UPDATE devices SET former_resource = x'{row}'")).await;
    let shown = ann.post(&agent(web, "/remap"), body).await.expect(200);
    assert_eq!(shown["resource"]["id"], handed_over["id"]);
    assert!(audit_text(&server).await.contains(r#""accounts":0"#));
}

/// An account that a resource had before it was deleted.
async fn account_on_deleted(
    server: &TestServer,
    owner: &Client,
    resource: &Value,
    name: &str,
) -> String {
    let row = format!("x'{}'", id(resource).replace('-', ""));
    server.sql(&format!("UPDATE resources SET deleted_at = NULL WHERE id = {row}")).await;
    let made = account(owner, resource, name).await;
    server.sql(&format!("UPDATE resources SET deleted_at = 1 WHERE id = {row}")).await;
    id(&made).to_owned()
}

#[tokio::test]
async fn agents_are_their_resources_owners_a_131() {
    let server = TestServer::start().await;
    let (ann, resource, web) = world(&server).await;
    let bob = server.user("bob", Role::Administrator).await;
    let eve = server.user("eve", Role::PasswordUser).await;
    let root = server.user("root", Role::SuperAdministrator).await;
    let seen = async |who: &Client| {
        let list = who.get("/agents").await.expect(200);
        list["items"].as_array().expect("items").len()
    };
    assert_eq!((seen(&ann).await, seen(&bob).await, seen(&root).await), (1, 0, 1));
    eve.get("/agents").await.problem(403, "forbidden");
    for who in [&bob, &eve] {
        who.get(&agent(web, "")).await.problem(404, "not_found");
        let body = json!({ "interval_min": 5 });
        who.post(&agent(web, "/dissociate"), body).await.problem(404, "not_found");
        who.post(&agent(web, "/associate"), json!({})).await.problem(404, "not_found");
        who.delete(&agent(web, "")).await.problem(404, "not_found");
    }
    // With the resource goes the agent (A-133).
    let owner = bob.id.expect("an id").to_string().replace('-', "");
    let row = id(&resource).replace('-', "");
    server.sql(&format!("UPDATE resources SET owner = x'{owner}' WHERE id = x'{row}'")).await;
    assert_eq!((seen(&ann).await, seen(&bob).await), (0, 1));
    dissociate(&bob, web, 5).await;
    let of = async |query: &str| {
        let list = bob.get(&format!("/agents?association={query}")).await.expect(200);
        list["items"].as_array().expect("items").len()
    };
    assert_eq!((of("dissociated").await, of("associated").await, of("none").await), (1, 0, 0));
    bob.get("/agents?association=perhaps").await.problem(400, "invalid_input");
}

#[tokio::test]
async fn a_dissociated_agent_is_inactive_after_two_of_its_own_intervals_a_141() {
    let server = TestServer::start().await;
    let (ann, _, web) = world(&server).await;
    dissociate(&ann, web, 60).await;
    pass(&server, &ann, 119).await;
    assert_eq!(ann.get(&agent(web, "")).await.expect(200)["active"], true);
    pass(&server, &ann, 2).await;
    let shown = ann.get(&agent(web, "")).await.expect(200);
    assert_eq!(shown["active"], false);
    assert_eq!(shown["resource"]["name"], "web", "the record remains");
}
