//! The stranger test (INV-6): every endpoint is visited by somebody who is not
//! signed in, by somebody with the weakest role, and by somebody with a strong
//! role who owns nothing.
//!
//! Whatever is not 401, or 403/404, is an exception; the exceptions are
//! committed in `strangers.txt`, and the list may only shrink.
//! `SEKISHO_BLESS=1 cargo test -p sekisho-server --test http` writes it anew.

use std::fmt::Write as _;

use http::Method;
use sekisho_model::Clock as _;
use sekisho_model::device::{DeviceState, Platform};
use sekisho_model::gateway::{GatewayState, LinkDirection};
use sekisho_model::id::{
    DeviceId, GatewayId, IdentityId, MailId, PackageId, ReportScheduleId, ResourceId, UserId,
};
use sekisho_model::mail::{MailKind, MailState};
use sekisho_model::report::Every;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::http::{RouteInfo, routes};
use sekisho_store::{
    Access as _, Blob, Device, Gateway, Hash, Identity, Mail, Package, ReportSchedule, folded,
};
use serde_json::{Value, json};

use crate::harness::{Client, PASSWORD, TestServer};

/// Another site, which is witnessed here.
const WITNESSED: &str = "019a0000-0000-7000-8000-000000000001";

/// The public half of its audit key.
const AUDIT_KEY: &str =
    "sekisho-audit-key-1:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// A passkey that nobody has: an authenticator would have to make one.
const NO_PASSKEY: &str = "019a0000-0000-7000-8000-000000000002";

/// One of each object, all of them somebody else's.
struct World {
    user: String,
    identity: String,
    token: String,
    policy: String,
    resource: String,
    account: String,
    version: String,
    device: String,
    order: String,
    key: String,
    group: String,
    inner: String,
    people: String,
    share: String,
    role: String,
    package: String,
    link: String,
    view: String,
    session: String,
    schedule: String,
    mail: String,
    gateway: String,
    office: String,
}

fn id(body: &Value) -> String {
    body["id"].as_str().expect("an id").to_owned()
}

impl World {
    async fn make(server: &TestServer, admin: &Client, owner: &Client) -> Self {
        let token = json!({ "name": "t", "scopes": ["read"], "expires_in_s": 3600 });
        let token = id(&owner.post("/tokens", token).await.expect(201));
        let policy = json!({ "name": "p", "rules": { "length": 20 } });
        let policy = id(&admin.post("/password-policies", policy).await.expect(201));
        let resource = json!({ "name": "web", "platform": "linux" });
        let resource = id(&owner.post("/resources", resource).await.expect(201));
        let path = format!("/resources/{resource}/accounts");
        let account = id(&owner.post(&path, json!({ "name": "root" })).await.expect(201));
        let path = format!("/accounts/{account}/password");
        let typed = json!({ "value": "S3cret-typed-by-hand" });
        let stored = owner.send(Method::PUT, &path, &[], Some(typed)).await;
        assert!(stored.status.is_success(), "{}", stored.body);
        let history = owner.get(&format!("/accounts/{account}/history")).await.expect(200);
        let version = history["items"][0]["version"].as_str().expect("a version").to_owned();
        let device = enrol(server, resource.parse().expect("an id")).await.to_string();
        let path = format!("/resources/{resource}/discover");
        let order = id(&owner.post(&path, json!({})).await.expect(202));
        let key = json!({ "label": "k", "platform": "linux", "use": "once" });
        let key = id(&owner.post("/enrolment-keys", key).await.expect(201));
        let group = owner.post("/resource-groups", json!({ "name": "g" })).await;
        let group = id(&group.expect(201));
        let path = format!("/resource-groups/{group}/resources/{resource}");
        owner.send(Method::PUT, &path, &[], None).await.expect(204);
        let inner = owner.post("/resource-groups", json!({ "name": "i" })).await;
        let inner = id(&inner.expect(201));
        let path = format!("/resource-groups/{group}/groups/{inner}");
        owner.send(Method::PUT, &path, &[], None).await.expect(204);
        let people = id(&admin.post("/user-groups", json!({ "name": "p" })).await.expect(201));
        let path = format!("/user-groups/{people}/members/{}", owner.id.expect("an id"));
        admin.send(Method::PUT, &path, &[], None).await.expect(204);
        let path = format!("/resources/{resource}/shares");
        let share = json!({ "user_group": people, "level": "view" });
        let share = id(&owner.post(&path, share).await.expect(201));
        let role = json!({ "name": "r", "permissions": ["view_resources"] });
        let role = admin.post("/roles", role).await.expect(201);
        let role = role["role"].as_str().expect("an id").to_owned();
        let site = json!({ "site": WITNESSED, "name": "other", "public": AUDIT_KEY });
        admin.post("/witness/sites", site).await.expect(201);
        let user = json!({
            "name": "zoe", "display_name": "Zoe", "password": PASSWORD, "role": "password_user",
        });
        let user = id(&admin.post("/users", user).await.expect(201));
        let identity = identity(server, user.parse().expect("an id")).await.to_string();
        let package = package(server).await.to_string();
        let link = owner.post(&format!("/packages/{package}/links"), json!({})).await;
        let link = id(&link.expect(201));
        let view = json!({ "page": "/accounts", "name": "v", "query": "" });
        let view = id(&owner.post("/me/views", view).await.expect(201));
        let office = id(&admin.post("/offices", json!({ "name": "o" })).await.expect(201));
        let session = id(&owner.get("/me/sessions").await.expect(200)["items"][0]);
        Self {
            user,
            identity,
            token,
            policy,
            resource,
            account,
            version,
            device,
            order,
            key,
            group,
            inner,
            people,
            share,
            role,
            package,
            link,
            view,
            session,
            schedule: schedule(server, owner).await.to_string(),
            mail: mail(server).await.to_string(),
            gateway: gateway(server, admin).await.to_string(),
            office,
        }
    }

    /// The path with real ids.
    fn path(&self, route: &RouteInfo) -> String {
        let path = route
            .path
            .strip_prefix("/api/v1")
            .map_or_else(|| format!("/{}", route.path), str::to_owned);
        let first = path.split('/').nth(1).unwrap_or_default();
        let id = match first {
            "users" => &self.user,
            "tokens" => &self.token,
            "password-policies" => &self.policy,
            "resources" => &self.resource,
            "accounts" => &self.account,
            "devices" | "agents" => &self.device,
            "orders" | "notifications" => &self.order,
            "packages" => &self.package,
            "package-links" => &self.link,
            "enrolment-keys" => &self.key,
            "resource-groups" => &self.group,
            "user-groups" => &self.people,
            "shares" => &self.share,
            "roles" => &self.role,
            "witness" => WITNESSED,
            "report-schedules" => &self.schedule,
            "mail" => &self.mail,
            "gateways" => &self.gateway,
            "offices" => &self.office,
            "me" if path.starts_with("/me/passkeys") => NO_PASSKEY,
            "me" if path.starts_with("/me/views") => &self.view,
            "me" => &self.session,
            _ => "",
        };
        let path = path.replace("{id}", id).replace("{version}", &self.version);
        let path = path.replace("{resource}", &self.resource).replace("{inner}", &self.inner);
        let path = path.replace("{identity}", &self.identity);
        let path = path.replace("{report}", "users-without-second-factor");
        let path = path.replace("{user}", &self.user).replace("{link}", "sekisho_dl_nothing");
        assert!(!path.contains('{'), "tell World::path about {}", route.path);
        path
    }

    /// A body that is valid, so that only the policy can refuse.
    fn body(&self, route: &RouteInfo) -> Option<Value> {
        let path = route.path.strip_prefix("/api/v1").unwrap_or(&route.path);
        Some(match (route.method, path) {
            ("GET" | "DELETE", _) => return None,
            (
                "PUT",
                "/resource-groups/{id}/resources/{resource}"
                | "/resource-groups/{id}/groups/{inner}"
                | "/user-groups/{id}/members/{user}",
            ) => return None,
            ("POST", "/resource-groups/preview") => {
                let rule = json!({ "field": "name", "operator": "contains", "text": "w" });
                json!({ "criteria": { "match": "all", "rules": [rule] } })
            }
            ("POST", "/resources/transfer") => {
                json!({ "to": self.user, "resources": [self.resource] })
            }
            ("POST", "/resources/{id}/transfer") => json!({ "to": self.user }),
            (
                "POST",
                "/resources/{id}/shares" | "/accounts/{id}/shares" | "/resource-groups/{id}/shares",
            ) => json!({ "user": self.user, "level": "view" }),
            ("PATCH", "/shares/{id}") => json!({ "level": "modify" }),
            ("PUT", "/system/certificate") => json!({ "source": "site_ca" }),
            ("POST", "/gateways" | "/gateways/check") => json!({ "pairing": "x", "name": "g" }),
            ("PATCH", "/gateways/{id}") => json!({ "dry_run": true }),
            ("POST", "/gateways/{id}/revoke") => json!({ "reason": "x" }),
            ("POST", "/gateways/{id}/lift") => json!({ "addresses": ["192.0.2.7"] }),
            ("PATCH", "/gateway-settings") => json!({ "public_name": "x" }),
            ("POST", "/offices") | ("PUT", "/offices/{id}") => json!({ "name": "p" }),
            ("POST", "/offices/{id}/install-line") => json!({ "use": "once" }),
            ("POST", "/system/recovery-key/proof") => json!({ "challenge": "1-0", "proof": "x" }),
            ("POST", "/user-groups") => json!({ "name": "q" }),
            ("PATCH", "/user-groups/{id}") => json!({ "name": "q" }),
            ("POST", "/roles") | ("PATCH", "/roles/{id}") => {
                json!({ "name": "s", "permissions": ["view_resources"] })
            }
            ("POST", "/roles/{id}/reject") => json!({ "reason": "x" }),
            ("POST", "/resource-groups") => json!({ "name": "h" }),
            ("PATCH", "/resource-groups/{id}") => json!({ "name": "x" }),
            ("POST", "/accounts/{id}/rotation/pause") => {
                json!({ "until": "2026-05-02T09:00:00Z", "reason": "x" })
            }
            ("POST", "/setup") => json!({
                "token": "x", "name": "x", "display_name": "x", "password": PASSWORD,
            }),
            ("POST", "/session") => json!({ "name": "x", "password": "x" }),
            ("POST", "/session/second-factor") => {
                json!({ "pending": "x", "method": "totp", "code": "000000" })
            }
            ("POST", "/session/passkey" | "/session/prove/passkey") => json!({
                "challenge": "x", "credential": {
                    "id": "AA", "rawId": "AA", "type": "public-key", "extensions": {},
                    "response": {
                        "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA",
                        "userHandle": null,
                    },
                },
            }),
            ("POST", "/me/passkeys") => json!({
                "challenge": "x", "name": "p", "credential": {
                    "id": "AA", "rawId": "AA", "type": "public-key", "extensions": {},
                    "response": { "attestationObject": "AA", "clientDataJSON": "AA" },
                },
            }),
            ("PUT", "/me/passkeys/{id}") => json!({ "name": "p" }),
            ("POST", "/session/prove") => json!({ "method": "password", "proof": "x" }),
            ("POST", "/me/second-factor/totp/confirm") => json!({ "code": "000000" }),
            ("PUT", "/me/mail") => json!({ "address": null, "tasks": false, "kinds": [] }),
            ("POST", "/report-schedules") => json!({
                "name": "s", "report": "users-without-second-factor", "every": "day",
                "at": "09:00", "zone": "UTC",
            }),
            ("PATCH", "/report-schedules/{id}") => json!({ "active": false }),
            ("PUT", "/me/preferences") => json!({
                "language": null, "theme": "auto", "density": "normal", "shortcuts": true,
                "start_dismissed": false,
            }),
            ("POST", "/me/views") | ("PUT", "/me/views/{id}") => {
                json!({ "page": "/accounts", "name": "w", "query": "" })
            }
            ("PUT", "/sign-in/rules") => json!({ "second_factor_roles": ["password_user"] }),
            ("POST", "/me/password") => json!({ "current": PASSWORD, "new": "a quite new secret" }),
            ("POST", "/tokens") => json!({ "name": "t", "scopes": ["read"] }),
            ("POST", "/users") => json!({
                "name": "new", "display_name": "x", "password": PASSWORD, "role": "password_user",
            }),
            ("PATCH", "/users/{id}") => json!({ "display_name": "x" }),
            ("POST", "/password-policies") => json!({ "name": "q", "rules": { "length": 20 } }),
            ("PATCH", "/password-policies/{id}") => json!({ "name": "r" }),
            ("POST", "/resources") => json!({ "name": "db", "platform": "linux" }),
            ("PATCH", "/resources/{id}") => json!({ "name": "x" }),
            ("POST", "/resources/{id}/accounts") => json!({ "name": "daemon" }),
            ("PATCH", "/accounts/{id}") => json!({ "policy": null }),
            ("PUT", "/accounts/{id}/password") => json!({ "value": "another-Typed-1" }),
            ("POST", "/accounts/{id}/reveal") => json!({ "reason": "x", "purpose": "show" }),
            ("POST", "/accounts/{id}/history/{version}/reveal" | "/accounts/{id}/reset") => {
                json!({ "reason": "x" })
            }
            ("POST", "/enrolment-keys") => {
                json!({ "label": "k", "platform": "linux", "use": "once" })
            }
            ("POST", "/witness/sites") => json!({
                "site": WITNESSED, "name": "other", "public": AUDIT_KEY,
            }),
            ("POST", "/agents/{id}/dissociate") => json!({ "interval_min": 5 }),
            ("POST", "/agents/{id}/remap") => json!({ "resource": self.resource }),
            ("POST", "/agents/bulk") => {
                json!({ "action": "associate", "agents": [self.device], "dry_run": true })
            }
            ("PUT", "/notifications/settings") => json!({ "muted": [] }),
            ("POST", "/witness/heads") => json!({ "heads": [] }),
            ("POST", "/devices/{id}/block" | "/devices/{id}/resume") => json!({ "reason": "x" }),
            ("POST", _) | ("PUT", "/me/views/{id}/default") => json!({}),
            (method, path) => panic!("tell World::body about {method} {path}"),
        })
    }
}

/// Somebody's identity at a provider.
async fn identity(server: &TestServer, user: UserId) -> IdentityId {
    let now = server.clock.now();
    let identity = Identity {
        id: IdentityId::at(now, &SystemRng),
        user,
        issuer: "https://id.example.jp".to_owned(),
        subject: "1".to_owned(),
        created_at: now,
        last_used_at: None,
    };
    let id = identity.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.identities().insert(identity).await.expect("insert");
    work.commit_unaudited("a test's identity").await.map(drop).expect("commit");
    id
}

/// A package, without its file.
async fn package(server: &TestServer) -> PackageId {
    let now = server.clock.now();
    let package = Package {
        id: PackageId::at(now, &SystemRng),
        file: "sekisho-agent_1_amd64.deb".to_owned(),
        format: "deb".to_owned(),
        platform: Platform::Linux,
        architecture: "amd64".to_owned(),
        agent_version: "1".to_owned(),
        bytes: 1,
        sha256: Hash([1; 32]),
        added_at: now,
    };
    let id = package.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.packages().insert(package).await.expect("insert");
    work.commit_unaudited("a test's package").await.map(drop).expect("commit");
    id
}

/// A report that somebody has sent to themselves.
async fn schedule(server: &TestServer, owner: &Client) -> ReportScheduleId {
    let now = server.clock.now();
    let schedule = ReportSchedule {
        id: ReportScheduleId::at(now, &SystemRng),
        owner: owner.id.expect("an id"),
        report: "installed-agents".to_owned(),
        name: "s".parse().expect("a name"),
        parameters: std::collections::BTreeMap::new(),
        every: Every::Day,
        day: None,
        minute: 0,
        zone: "UTC".to_owned(),
        active: true,
        next_run_at: now,
        last_run_at: None,
        last_result: None,
        created_at: now,
        version: 1,
    };
    let id = schedule.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.report_schedules().insert(schedule).await.expect("insert");
    work.commit_unaudited("a test's schedule").await.map(drop).expect("commit");
    id
}

/// A gateway that nobody answers for.
async fn gateway(server: &TestServer, admin: &Client) -> GatewayId {
    let now = server.clock.now();
    let name: sekisho_model::name::Label = "dmz".parse().expect("a name");
    let gateway = Gateway {
        id: GatewayId::at(now, &SystemRng),
        folded_name: folded(&name),
        name,
        state: GatewayState::Active,
        direction: LinkDirection::ServerDials,
        address: "192.0.2.1:8363".to_owned(),
        agents: String::new(),
        public: Vec::new(),
        key_sha256: Hash([1; 32]),
        pass_through: false,
        pass_through_names: Vec::new(),
        dry_run: false,
        software: "0.1.0".to_owned(),
        link_major: 1,
        status: None,
        last_contact_at: None,
        paired_by: admin.id.expect("an id"),
        paired_at: now,
        revoked_by: None,
        revoked_at: None,
        revoked_reason: None,
        version: 1,
    };
    let id = gateway.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.gateways().insert(gateway).await.expect("insert");
    work.commit_unaudited("a test's gateway").await.map(drop).expect("commit");
    id
}

/// A mail that was given up.
async fn mail(server: &TestServer) -> MailId {
    let now = server.clock.now();
    let mail = Mail {
        id: MailId::at(now, &SystemRng),
        user: None,
        address: "ann@example.jp".parse().expect("an address"),
        kind: MailKind::Tasks,
        subject: "s".to_owned(),
        body: String::new(),
        attachment_name: None,
        attachment: None,
        state: MailState::Dead,
        attempts: 1,
        next_try_at: now,
        created_at: now,
        finished_at: Some(now),
        problem: None,
    };
    let id = mail.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.mails().insert(mail).await.expect("insert");
    work.commit_unaudited("a test's mail").await.map(drop).expect("commit");
    id
}

async fn enrol(server: &TestServer, resource: ResourceId) -> DeviceId {
    let now = server.clock.now();
    let device = Device {
        id: DeviceId::at(now, &SystemRng),
        resource: Some(resource),
        state: DeviceState::Approved,
        suspension: None,
        identity_spki: Blob(vec![1; 91]),
        identity_fingerprint: "00".repeat(32),
        host: "web".to_owned(),
        facts: json!({}),
        platform: Platform::Linux,
        agent_version: "0.1.0".to_owned(),
        protocol_version: 1,
        capabilities: Vec::new(),
        enrolment_key: None,
        created_at: now,
        approved_at: Some(now),
        approved_by: None,
        blocked_reason: None,
        last_seen_at: None,
        last_seq: 0,
        session_counter: 0,
        bundle_version: 0,
        interval_s: None,
        former_resource: None,
        look_every_s: None,
        dissociated_at: None,
        dissociated_by: None,
        last_gateway: None,
        version: 1,
    };
    let id = device.id;
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    work.devices().insert(device).await.expect("insert");
    work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    id
}

#[tokio::test]
async fn strangers_get_nowhere() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::SuperAdministrator).await;
    let owner = server.user("owen", Role::PasswordAdministrator).await;
    let world = World::make(&server, &admin, &owner).await;
    let weak = server.user("con", Role::ConnectionUser).await;
    let peer = server.user("pat", Role::PasswordAdministrator).await;

    let mut exceptions = String::from("who                    endpoint -> status\n");
    for route in routes() {
        let strangers = [
            ("anonymous", server.anonymous()),
            ("connection_user", weak.clone()),
            ("password_administrator", peer.clone()),
        ];
        for (who, stranger) in strangers {
            // Signing out would end the visit of the rest.
            if route.path.ends_with("/session") && route.method == "DELETE" && who != "anonymous" {
                continue;
            }
            // Collections are everybody's own; only objects are foreign.
            if who == "password_administrator" && !route.path.contains('{') {
                continue;
            }
            let method = Method::from_bytes(route.method.as_bytes()).expect("a method");
            let answer = stranger
                .send(method, &world.path(&route), &[("if-match", "\"1\"")], world.body(&route))
                .await;
            let status = answer.status.as_u16();
            let turned_away = match who {
                "anonymous" => status == 401,
                // Not even that it exists.
                "password_administrator" => status == 404,
                _ => matches!(status, 403 | 404),
            };
            if !turned_away {
                writeln!(exceptions, "{who:<23}{} {} -> {status}", route.method, route.path)
                    .expect("text");
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/strangers.txt");
    if std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, &exceptions).expect("written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(exceptions, committed, "an endpoint lets strangers in; see the head of this file");
}
