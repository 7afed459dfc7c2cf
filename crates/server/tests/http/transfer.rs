//! Giving resources to another owner.

use sekisho_model::device::DeviceState;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Answer, Client, TestServer};
use crate::objects::{account, count, device, id, resource, reveal, store};
use crate::shares::share;

fn person(who: &Client) -> String {
    who.id.expect("an id").to_string()
}

async fn give(by: &Client, resource: &Value, to: &Client) -> Answer {
    let path = format!("/resources/{}/transfer", id(resource));
    by.post(&path, json!({ "to": person(to), "reason": "ann leaves" })).await
}

/// A-133, and the other side of A-048: the accounts come with a transfer and
/// with nothing else.
#[tokio::test]
async fn the_former_owner_keeps_nothing_and_the_agent_goes_along() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    store(&ann, &root, "S3cret-typed-by-hand").await.expect(200);
    device(&server, Some(&web), "web", DeviceState::Approved).await;
    let hers = group(&ann, "mine", json!(null)).await;
    join(&ann, &hers, &web).await.expect(204);
    let agents = async |who: &Client| {
        let agents = who.get("/agents").await.expect(200);
        agents["items"].as_array().expect("items").len()
    };
    assert_eq!((agents(&ann).await, agents(&bob).await), (1, 0));
    reveal(&bob, &root).await.problem(404, "not_found");

    let given = give(&ann, &web, &bob).await.expect(200);
    assert_eq!((&given["from"]["name"], &given["to"]["name"]), (&json!("ann"), &json!("bob")));
    assert_eq!(given["left_groups"], 1);

    assert_eq!((agents(&ann).await, agents(&bob).await), (0, 1));
    reveal(&bob, &root).await.expect(200);
    reveal(&ann, &root).await.problem(404, "not_found");
    ann.get(&format!("/resources/{}", id(&web))).await.problem(404, "not_found");
    // Not by way of her group either.
    share(&ann, "resource-groups", &hers, json!({ "user": person(&bob), "level": "view" }))
        .await
        .expect(201);
    assert_eq!(ann.get("/resources").await.expect(200)["items"], json!([]));
    assert_eq!(count(&server, 650).await, 1);
    let newest = server.newest_event().await;
    assert!(!newest.contains("S3cret"), "{newest}");
}

/// full access does not show the agent; only a transfer does.
#[tokio::test]
async fn a_share_with_full_access_does_not_show_the_agent() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    device(&server, Some(&web), "web", DeviceState::Approved).await;
    let terms = json!({ "user": person(&bob), "level": "full" });
    share(&ann, "resources", &web, terms).await.expect(201);
    bob.get(&format!("/resources/{}", id(&web))).await.expect(200);
    assert_eq!(bob.get("/agents").await.expect(200)["items"], json!([]));
    give(&bob, &web, &bob).await.problem(403, "forbidden");
    give(&ann, &web, &bob).await.expect(200);
    assert_eq!(bob.get("/agents").await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    // The share with him ended: giving it away later leaves nothing behind.
    give(&bob, &web, &ann).await.expect(200);
    bob.get(&format!("/resources/{}", id(&web))).await.problem(404, "not_found");
}

#[tokio::test]
async fn who_may_not_own_is_given_nothing() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let user = server.user("pat", Role::PasswordUser).await;
    let admin = server.user("adm", Role::Administrator).await;
    let gone = server.user("gone", Role::PasswordAdministrator).await;
    let disable = format!("/users/{}/disable", person(&gone));
    admin.post(&disable, json!({})).await.expect(200);
    let web = resource(&ann, "web").await;
    for nobody in [&user, &gone] {
        let refused = give(&ann, &web, nobody).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], "to");
    }
    give(&ann, &web, &ann).await.problem(409, "conflict");
    give(&admin, &web, &admin).await.problem(404, "not_found");
    assert_eq!(count(&server, 650).await, 0);
}

#[tokio::test]
async fn many_are_given_each_by_itself_and_a_dry_run_gives_none() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let (web, db) = (resource(&ann, "web").await, resource(&ann, "db").await);
    let foreign = resource(&bob, "his").await;
    let nowhere = "019a0000-0000-7000-8000-000000000009";
    let ids = json!([id(&web), id(&foreign), nowhere, id(&db)]);
    let wish = |dry_run| json!({ "to": person(&bob), "resources": ids, "dry_run": dry_run });
    let outcomes = |done: &Value| {
        let items = done["items"].as_array().expect("items");
        items
            .iter()
            .map(|row| row["outcome"].as_str().expect("a word").to_owned())
            .collect::<Vec<_>>()
    };
    let tried = ann.post("/resources/transfer", wish(true)).await.expect(200);
    assert_eq!(outcomes(&tried), ["would_transfer", "refused", "refused", "would_transfer"]);
    assert_eq!(tried["items"][1]["code"], tried["items"][2]["code"], "foreign looks like missing");
    assert_eq!(tried["items"][1]["name"], json!(null));
    let again = json!({ "to": person(&ann), "resources": [id(&web)], "dry_run": true });
    let again = ann.post("/resources/transfer", again).await.expect(200);
    assert_eq!(again["items"][0]["conflict"], "owned_already");
    assert_eq!(count(&server, 650).await, 0);
    ann.get(&format!("/resources/{}", id(&web))).await.expect(200);

    let done = ann.post("/resources/transfer", wish(false)).await.expect(200);
    assert_eq!(outcomes(&done), ["transferred", "refused", "refused", "transferred"]);
    assert_eq!(count(&server, 650).await, 2);
    let again = ann.post("/resources/transfer", wish(false)).await.expect(200);
    assert_eq!(outcomes(&again), ["refused"; 4]);

    for (body, field) in [
        (json!({ "to": person(&bob) }), "resources"),
        (json!({ "to": person(&bob), "resources": [] }), "resources"),
        (json!({ "to": person(&ann), "from": person(&bob) }), "from"),
    ] {
        let refused = ann.post("/resources/transfer", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field);
    }
}

/// An administrator leaves: only who sees everything gives away what is left.
#[tokio::test]
async fn everything_of_somebody_is_given_at_once() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let sue = server.user("sue", Role::SuperAdministrator).await;
    for name in ["a", "b", "c"] {
        resource(&ann, name).await;
    }
    sue.post(&format!("/users/{}/disable", person(&ann)), json!({})).await.expect(200);
    let wish = json!({ "to": person(&bob), "from": person(&ann), "reason": "left" });
    let done = sue.post("/resources/transfer", wish).await.expect(200);
    assert_eq!((done["items"].as_array().map(Vec::len), &done["more"]), (Some(3), &json!(false)));
    assert_eq!(bob.get("/resources").await.expect(200)["items"].as_array().map(Vec::len), Some(3));
}
