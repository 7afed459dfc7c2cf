//! One server as the witness of another.

use sekisho_model::Timestamp;
use sekisho_model::audit::LineHash;
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_model::rng::SeededRng;
use sekisho_model::user::Role;
use sekisho_seal::audit_head::{AuditHead, AuditKey, SignedHead};
use sekisho_seal::sign::SigningKey;
use serde_json::json;

use crate::harness::{Client, TestServer};

/// Another site.
struct Other {
    site: SiteId,
    chain: AuditChainId,
    key: SigningKey,
}

impl Other {
    fn new() -> Self {
        let rng = SeededRng::new(11);
        let (site, chain) =
            (SiteId::at(Timestamp::EPOCH, &rng), AuditChainId::at(Timestamp::EPOCH, &rng));
        Self { site, chain, key: SigningKey::generate(&rng) }
    }

    fn head(&self, seq: u64, hash: u8) -> SignedHead {
        let (site, chain) = (self.site, self.chain);
        let head = AuditHead { site, chain, seq, hash: LineHash([hash; 32]), at: Timestamp::EPOCH };
        head.sign(&self.key)
    }

    async fn pin(&self, admin: &Client) {
        let public = AuditKey(self.key.public()).to_string();
        let body = json!({ "site": self.site, "name": "east", "public": public });
        admin.post("/witness/sites", body).await.expect(201);
    }
}

/// A client with a token that can do nothing but send heads.
async fn sender(server: &TestServer) -> Client {
    let auditor = server.user("wit", Role::PasswordAuditor).await;
    let body = json!({ "name": "east", "scopes": ["witness"], "expires_in_s": 3600 });
    let token = auditor.post("/tokens", body).await.expect(201)["token"].clone();
    Client { bearer: Some(token.as_str().expect("text").to_owned()), ..server.anonymous() }
}

#[tokio::test]
async fn heads_are_held_and_handed_out_and_contradictions_refused() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let (other, sender) = (Other::new(), sender(&server).await);
    let send =
        async |heads: &[SignedHead]| sender.post("/witness/heads", json!({ "heads": heads })).await;
    let good = [other.head(5, 5), other.head(9, 9)];
    send(&good).await.problem(404, "not_found");
    other.pin(&admin).await;
    assert_eq!(send(&good).await.expect(200), json!({ "kept": 2, "known": 0 }));
    assert_eq!(send(&good).await.expect(200), json!({ "kept": 0, "known": 2 }), "again");

    let before = server.event_codes().await.len();
    let body = send(&[other.head(12, 1), other.head(9, 8)]).await.problem(409, "head_contradicted");
    assert!(body["detail"].as_str().expect("text").contains("line 9"), "{body}");
    let mut forged = other.head(20, 2);
    forged.head.seq = 21;
    send(&[forged]).await.problem(409, "head_forged");
    let mut stranger = Other::new();
    stranger.key = SigningKey::generate(&SeededRng::new(99));
    send(&[stranger.head(30, 3)]).await.problem(409, "head_forged");
    assert_eq!(server.event_codes().await[before..], [722, 722, 722]);

    let path = format!("/witness/sites/{}/heads", other.site);
    let held = admin.get(&path).await.expect(200);
    assert_eq!(held["heads"], json!(good), "all of a request or nothing of it");

    admin.delete(&format!("/witness/sites/{}", other.site)).await.expect(204);
    send(&[other.head(40, 4)]).await.problem(404, "not_found");
    let held = admin.get(&path).await.expect(200);
    assert_eq!(held["heads"].as_array().expect("a list").len(), 2, "what was taken is kept");
}

#[tokio::test]
async fn a_token_of_a_witness_can_do_nothing_else() {
    let server = TestServer::start().await;
    let sender = sender(&server).await;
    for path in ["/audit", "/witness/sites", "/audit/export", "/me", "/tokens"] {
        sender.get(path).await.problem(403, "forbidden");
    }
    sender.post("/audit/verify", json!({})).await.problem(403, "forbidden");
    sender.post("/witness/heads", json!({ "heads": [] })).await.expect(200);
    // And no other token can send heads.
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let body = json!({ "name": "t", "scopes": ["read", "write"], "expires_in_s": 3600 });
    let token = auditor.post("/tokens", body).await.expect(201)["token"].clone();
    let bearer = Some(token.as_str().expect("text").to_owned());
    let other = Client { bearer, ..server.anonymous() };
    other.post("/witness/heads", json!({ "heads": [] })).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_site_does_not_witness_itself_and_keys_are_read_strictly() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let other = Other::new();
    let public = AuditKey(other.key.public()).to_string();
    let own = json!({ "site": server.app.keys.site(), "name": "me", "public": public });
    admin.post("/witness/sites", own).await.problem(409, "conflict");
    let bad = json!({ "site": other.site, "name": "east", "public": "ssh-ed25519 AAAA" });
    let body = admin.post("/witness/sites", bad).await.problem(400, "invalid_input");
    assert_eq!(body["field"], "public");
    other.pin(&admin).await;
    let again = json!({ "site": other.site, "name": "east", "public": public });
    admin.post("/witness/sites", again).await.problem(409, "conflict");
}
