//! Pairing and everything that people do with gateways and offices.

use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::json;

use super::Site;
use super::double::{Double, LinkKey, Mood};
use crate::harness::TestServer;

const PAIRED: u16 = 740;
const REVOKED: u16 = 742;
const PUBLISHED: u16 = 743;
const LIMITS_CHANGED: u16 = 749;

#[tokio::test]
async fn a_pairing_string_makes_a_gateway_one_of_the_site() {
    let site = Site::start().await;
    let (double, shown) = site.paired().await;
    assert_eq!((&shown["state"], &shown["direction"]), (&json!("active"), &json!("server_dials")));
    assert_eq!(shown["address"], json!(double.address.to_string()));
    assert_eq!(shown["key_sha256"], data_encoding::HEXLOWER.encode(&double.key().sha256));
    assert_eq!(shown["public"][0]["address"], json!(format!("vault.example.jp:{}", 0)));
    let pairing = double.pairing();
    assert_eq!(pairing.name, "dmz");
    assert_eq!(pairing.gateway.to_string(), shown["id"].as_str().expect("an id"));
    let trust = site.server.app.keys.ca().trust();
    let now = site.server.app.clock.now();
    let more: Vec<&[u8]> = pairing.chain[1..].iter().map(|der| der.as_slice()).collect();
    let issued = trust.verify_link(&pairing.chain[0], &more, now).expect("of the site");
    assert_eq!(issued.gateway, Some(pairing.gateway));
    // Agents are told by the next trust bundle.
    let bundles = site.server.app.keys.bundles();
    assert_eq!(bundles.version(), 2);
    assert_eq!(bundles.trust.bundle().gateways.len(), 1);
    let codes = site.server.event_codes().await;
    assert!(codes.contains(&PAIRED) && codes.contains(&PUBLISHED), "{codes:?}");
    let text = site.server.newest_event().await;
    assert!(!text.contains("sekisho-gw1-"), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_a_pairing_is_named_and_nothing_is_kept() {
    let site = Site::start().await;
    for (mood, word) in [
        (Mood::Closed, "gateway_not_waiting"),
        (Mood::FromTheFuture, "gateway_version"),
        (Mood::KnowsNoSecret, "pairing_secret_wrong"),
    ] {
        let double = Double::start(mood).await;
        let refused = site.try_pair(&double, "dmz").await.problem(409, "conflict");
        assert_eq!(refused["conflict"], word, "{refused}");
    }
    let mut double = Double::start(Mood::Waits).await;
    double.text.key_sha256 = LinkKey::new().sha256;
    let refused = site.try_pair(&double, "dmz").await.problem(409, "conflict");
    assert_eq!(refused["conflict"], "gateway_other_key", "{refused}");

    let mut double = Double::start(Mood::Waits).await;
    double.text.secret = sekisho_model::Secret::new(vec![9; 32]);
    let refused = site.try_pair(&double, "dmz").await.problem(409, "conflict");
    assert_eq!(refused["conflict"], "pairing_secret_wrong", "{refused}");

    let mut double = Double::start(Mood::Waits).await;
    // Bound and let go again: nobody listens there.
    double.text.address = {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        free.local_addr().expect("an address").to_string()
    };
    let refused = site.try_pair(&double, "dmz").await.problem(409, "conflict");
    assert_eq!(refused["conflict"], "gateway_unreachable", "{refused}");

    let body = json!({ "pairing": "sekisho-gw1-nonsense", "name": "dmz" });
    let refused = site.admin.post("/gateways", body).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "pairing", "{refused}");
    let active = site.server.app.store.read().gateways().active().await.expect("read");
    assert!(active.is_empty(), "{active:?}");
    assert_eq!(site.server.app.keys.bundles().version(), 1);
}

#[tokio::test]
async fn a_check_names_what_is_wrong_and_leaves_the_string_usable() {
    let site = Site::start().await;
    let check = async |double: &Double, name: &str| {
        let text = double.text.to_text().to_string();
        site.admin.post("/gateways/check", json!({ "pairing": text, "name": name })).await
    };
    let mut other = Double::start(Mood::Waits).await;
    other.text.key_sha256 = LinkKey::new().sha256;
    for (double, word) in [
        (Double::start(Mood::Closed).await, "gateway_not_waiting"),
        (Double::start(Mood::FromTheFuture).await, "gateway_version"),
        (other, "gateway_other_key"),
    ] {
        let refused = check(&double, "dmz").await.problem(409, "conflict");
        assert_eq!(refused["conflict"], word, "{refused}");
    }
    let double = Double::start(Mood::Waits).await;
    let good = check(&double, "dmz").await.expect(200);
    assert_eq!(good["address"], json!(double.address.to_string()));
    assert_eq!(good["key_sha256"], data_encoding::HEXLOWER.encode(&double.key().sha256));
    assert_eq!(good["software"], "0.1.0-double");
    let active = site.server.app.store.read().gateways().active().await.expect("read");
    assert!(active.is_empty(), "{active:?}");
    assert!(!site.server.event_codes().await.contains(&PAIRED));
    // What was only looked at can still be used, and then the name is taken.
    site.pair(&double, "dmz").await;
    let next = Double::start(Mood::Waits).await;
    let taken = check(&next, "DMZ").await.problem(409, "conflict");
    assert_eq!(taken["conflict"], "name_taken", "{taken}");
}

#[tokio::test]
async fn a_pairing_string_and_a_name_are_used_once() {
    let site = Site::start().await;
    let (double, _) = site.paired().await;
    let again = site.try_pair(&double, "other").await.problem(409, "conflict");
    assert_eq!(again["conflict"], "gateway_paired_already", "{again}");
    let other = Double::start(Mood::Waits).await;
    let taken = site.try_pair(&other, "DMZ").await.problem(409, "conflict");
    assert_eq!(taken["conflict"], "name_taken", "{taken}");
}

#[tokio::test]
async fn a_revoked_gateway_counts_no_more_and_agents_are_told() {
    let site = Site::start().await;
    let (double, shown) = site.paired().await;
    let revoked = site.revoke(&shown).await;
    assert_eq!(
        (&revoked["state"], &revoked["revoked_reason"]),
        (&json!("revoked"), &json!("stolen"))
    );
    let bundles = site.server.app.keys.bundles();
    assert!(bundles.trust.bundle().gateways.is_empty());
    assert!(site.server.event_codes().await.contains(&REVOKED));
    let path = format!("/gateways/{}", shown["id"].as_str().expect("an id"));
    let etag = site.admin.get(&path).await.header("etag").expect("an ETag").to_owned();
    let refused = site.admin.patch(&path, &etag, json!({ "dry_run": true })).await;
    assert_eq!(refused.problem(409, "conflict")["conflict"], "gateway_revoked");
    // Its name and its key are free again.
    let other = Double::start(Mood::Waits).await;
    site.pair(&other, "dmz").await;
    let listed = site.admin.get("/gateways?state=active").await.expect(200);
    assert_eq!(listed["items"].as_array().expect("a list").len(), 1);
    drop(double);
}

#[tokio::test]
async fn limits_have_bounds_and_changes_are_on_record() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let shown = admin.get("/gateway-settings").await;
    let etag = shown.header("etag").expect("an ETag").to_owned();
    let shown = shown.expect(200);
    assert_eq!(shown["limits"], shown["usual_limits"]);
    let mut limits = shown["limits"].clone();
    limits["connections_per_device"] = json!(1);
    let refused = admin.patch("/gateway-settings", &etag, json!({ "limits": limits })).await;
    let refused = refused.problem(400, "invalid_input");
    assert_eq!(refused["field"], "limits.connections_per_device", "{refused}");
    limits["connections_per_device"] = json!(8);
    let body = json!({ "limits": limits, "public_name": "Vault.Example.JP" });
    let changed = admin.patch("/gateway-settings", &etag, body.clone()).await.expect(200);
    assert_eq!(changed["limits"]["connections_per_device"], 8);
    assert_eq!(changed["public_name"], "vault.example.jp");
    admin.patch("/gateway-settings", &etag, body).await.problem(412, "stale");
    assert!(server.event_codes().await.contains(&LIMITS_CHANGED));
    let refused = admin.patch("/gateway-settings", "\"1\"", json!({ "public_name": "a b" })).await;
    assert_eq!(refused.problem(400, "invalid_input")["field"], "public_name");
}

#[tokio::test]
async fn an_office_has_networks_limits_and_an_install_line() {
    let site = Site::start().await;
    let office = json!({ "name": "Osaka", "networks": ["198.51.100.0/24"] });
    let shown = site.admin.post("/offices", office).await.expect(201);
    let path = format!("/offices/{}", shown["id"].as_str().expect("an id"));
    let line = json!({ "use": "window" });
    let refused = site.admin.post(&format!("{path}/install-line"), line.clone()).await;
    assert_eq!(refused.problem(409, "conflict")["conflict"], "no_gateway");
    for (field, body) in [
        ("networks", json!({ "name": "x", "networks": ["198.51.100.7/24"] })),
        (
            "limits.connections",
            json!({ "name": "x", "limits": {
            "connections": 0, "handshakes_per_s": 1, "enrolments_per_s": 1,
        } }),
        ),
        ("gateways", json!({ "name": "x", "gateways": [shown["id"]] })),
    ] {
        let refused = site.admin.post("/offices", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{refused}");
    }
    let (_double, gateway) = site.paired().await;
    site.change(&gateway, json!({ "public": [{ "address": "vault.example.jp:8383" }] })).await;
    let made = site.admin.post(&format!("{path}/install-line"), line).await.expect(201);
    assert_eq!(
        made["command"],
        "sudo sekisho-agent install --server vault.example.jp:8383 && sudo sekisho-agent start"
    );
    assert!(made["key"].as_str().is_some_and(|key| key.len() > 40), "{made}");
    let of_office = format!("/enrolment-keys?office={}", shown["id"].as_str().expect("an id"));
    let keys = site.admin.get(&of_office).await.expect(200);
    assert_eq!(keys["items"][0]["id"], made["key_id"]);
    let etag = site.admin.get(&path).await.header("etag").expect("an ETag").to_owned();
    let headers = [("if-match", etag.as_str())];
    site.admin.send(http::Method::DELETE, &path, &headers, None).await.expect(204);
    site.admin.get(&path).await.problem(404, "not_found");
}
