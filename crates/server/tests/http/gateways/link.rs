//! The link: who may speak on it, what is said, and when it ends.

use std::time::Duration;

use http::{Method, StatusCode};
use sekisho_model::id::DeviceId;
use sekisho_model::rng::SystemRng;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    ALIVE_PATH, CONSOLE_AUTHORITY, CONTROL_PATH, FromGateway, GatewayHello, GatewayListeners,
    GatewayStatus, GatewayTopic, LINK_ALPN, LINK_MAJOR, NameSeen, ToGateway,
};
use sekisho_wire::problem::{Problem, ProblemCode};
use sekisho_wire::relayed::{client_cert, forwarded};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Site;
use super::double::{self, LinkKey, SOON};

fn from() -> (&'static str, String) {
    ("forwarded", forwarded("198.51.100.9".parse().expect("an address")))
}

fn code(body: &[u8]) -> ProblemCode {
    cbor::decode::<Problem>(body, 256).expect("a problem").code
}

/// A device's certificate, with its key.
fn device_certificate(site: &Site, device: DeviceId) -> (Vec<Vec<u8>>, LinkKey) {
    let key = LinkKey::new();
    let app = &site.server.app;
    let now = app.clock.now();
    let issued = app.keys.ca().issue_device(&key.request, device, now, &SystemRng);
    let issued = issued.expect("issued");
    (std::iter::once(issued.der).chain(issued.chain).collect(), key)
}

#[tokio::test]
async fn a_paired_gateway_is_dialled_and_told_what_it_works_by() {
    let mut site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    // The server shows who it is; the gateway can check it.
    let trust = site.server.app.keys.ca().trust();
    let more: Vec<&[u8]> = link.shown[1..].iter().map(Vec::as_slice).collect();
    let server = trust.verify_link(&link.shown[0], &more, site.server.app.clock.now());
    assert_eq!(server.expect("of the site").gateway, None);

    let mut control = link.control(&double, double.hello()).await;
    let first = control.config().await;
    assert_eq!(control.trust().bundle().version, 2, "bundles come before the configuration");
    assert_eq!((first.gateway, first.site), (double.gateway(), site.server.app.keys.site()));
    assert_eq!(first.public_names, ["vault.example.jp"]);
    assert_eq!((first.pass_through.clone(), first.limits.dry_run), (None, false));
    assert_eq!(first.tls.versions, [0x0304]);

    site.change(&shown, json!({ "dry_run": true })).await;
    let second = control.config().await;
    assert!(second.limits.dry_run && second.version > first.version);

    let status = GatewayStatus {
        config_version: Some(second.version),
        parked: 7,
        problems: vec!["nobody calls".to_owned(), "it rains".to_owned()],
        topics: vec![GatewayTopic::NoServer],
        ..GatewayStatus::default()
    };
    control.say_status(status).await;
    let path = format!("/gateways/{}", shown["id"].as_str().expect("an id"));
    let seen = async {
        loop {
            let shown = site.admin.get(&path).await.expect(200);
            if shown["status"]["parked"] == 7 {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let seen = tokio::time::timeout(SOON, seen).await.expect("in time");
    assert_eq!(
        (&seen["connected"], &seen["instances"][0]["configured"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        seen["status"]["problems"],
        json!([
            { "topic": "no_server", "sentence": "nobody calls" },
            { "topic": "other", "sentence": "it rains" },
        ])
    );
    // A process that comes back gets a higher version, whatever the clock says.
    let mut other = double.link().await;
    let hello = sekisho_wire::gateway::GatewayHello {
        config_version: Some(second.version + 1_000_000),
        ..double.hello()
    };
    let mut control = other.control(&double, hello).await;
    assert!(control.config().await.version > second.version + 1_000_000);
    let both = async {
        while site.admin.get(&path).await.expect(200)["instances"].as_array().map(Vec::len)
            != Some(2)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, both).await.expect("two processes");
    site.stop().await;
}

#[tokio::test]
async fn a_gateway_whose_connection_breaks_is_connected_no_more() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let path = format!("/gateways/{}", shown["id"].as_str().expect("an id"));
    let is_connected = async |wanted: bool| {
        let seen = async {
            while site.admin.get(&path).await.expect(200)["connected"] != json!(wanted) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, seen).await.unwrap_or_else(|_| panic!("connected: {wanted}"));
    };
    is_connected(true).await;
    // Nobody says good-bye: the control stream goes with its connection.
    drop((link, control));
    is_connected(false).await;
}

#[tokio::test]
async fn wakes_and_revocations_are_passed_on_at_once() {
    let site = Site::start().await;
    let (mut double, _) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let device = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    site.server.app.bus.wake(device);
    let woken = control.first(|message| match message {
        ToGateway::Wake(devices) => Some(devices.clone()),
        _ => None,
    });
    assert_eq!(woken.await, [device]);
    let begun = tokio::time::Instant::now();
    site.server.app.bus.revoke(device);
    let revoked = control.first(|message| match message {
        ToGateway::Revoked(devices) => Some(devices.clone()),
        _ => None,
    });
    assert_eq!(revoked.await, [device]);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn what_a_gateway_says_of_a_caller_is_judged_again() {
    let site = Site::start().await;
    let (mut double, _) = site.paired().await;
    let mut link = double.link().await;
    let device = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    let (chain, _) = device_certificate(&site, device);
    let mut ask = async |path: &str, headers: Vec<(&str, String)>| {
        let (status, headers, body) = link.relay(Method::GET, path, &headers, Vec::new()).await;
        (status, headers, body)
    };
    let bundle = "/agent/v1/bundle/0";
    let wait = "/agent/v1/wait/0193e4a0-7c1b-7000-8000-000000000000/0";
    let (status, ..) = ask(bundle, vec![from()]).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, body) = ask(bundle, vec![]).await;
    assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, ProblemCode::Unreadable));
    let (status, _, body) = ask(wait, vec![from()]).await;
    assert_eq!((status, code(&body)), (StatusCode::UNAUTHORIZED, ProblemCode::CertificateNeeded));
    let shown = ("client-cert", client_cert(&chain[0]));
    let (status, _, body) = ask(wait, vec![from(), shown.clone()]).await;
    assert_eq!((status, code(&body)), (StatusCode::CONFLICT, ProblemCode::SessionUnknown));
    // Not one of this site's, twice, or not a certificate at all.
    let foreign = ("client-cert", client_cert(&LinkKey::new().certificate));
    let (_, _, body) = ask(wait, vec![from(), foreign]).await;
    assert_eq!(code(&body), ProblemCode::CertificateUnknown);
    let (_, _, body) = ask(wait, vec![from(), shown.clone(), shown]).await;
    assert_eq!(code(&body), ProblemCode::Unreadable);
    let (_, _, body) = ask(wait, vec![from(), ("client-cert", "x".to_owned())]).await;
    assert_eq!(code(&body), ProblemCode::Unreadable);
    let (status, ..) = ask("/api/v1/version", vec![from()]).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the API is not on the link");
}

#[tokio::test]
async fn a_gateway_gets_connections_for_calls_and_they_carry_nothing_else() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let hello = GatewayHello { calls: 2, ..double.hello() };
    let mut control = link.control(&double, hello).await;
    control.config().await;
    let mut lines = [double.line().await, double.line().await];
    let device = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    let (chain, _) = device_certificate(&site, device);
    let headers = [from(), ("client-cert", client_cert(&chain[0]))];
    let wait = "/agent/v1/wait/0193e4a0-7c1b-7000-8000-000000000000/0";
    for line in &mut lines {
        assert_eq!(
            line.relay(Method::GET, ALIVE_PATH, &[]).await,
            (StatusCode::NO_CONTENT, vec![])
        );
        // As over the link, one after the other.
        for path in ["/agent/v1/bundle/0", wait, "/api/v1/version", CONTROL_PATH] {
            let (status, _, body) = link.relay(Method::GET, path, &headers, Vec::new()).await;
            assert_eq!(line.relay(Method::GET, path, &headers).await, (status, body), "{path}");
        }
        let (status, body) = line.relay(Method::GET, wait, &[from()]).await;
        assert_eq!(
            (status, code(&body)),
            (StatusCode::UNAUTHORIZED, ProblemCode::CertificateNeeded)
        );
        let (status, _) = line.relay(Method::POST, CONTROL_PATH, &headers).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "no second control stream");
    }
    site.revoke(&shown).await;
    for mut line in lines {
        line.ended().await;
    }
}

#[tokio::test]
async fn headers_of_gateways_mean_nothing_from_anybody_else() {
    let site = Site::start().await;
    let device = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    let (chain, _) = device_certificate(&site, device);
    // Somebody with another certificate of this site claims to be this device.
    let other = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    let (theirs, key) = device_certificate(&site, other);
    let stream = double::dial(site.agents, theirs, &key.pkcs8, b"h2").await.expect("TLS");
    let mut link = double::link(stream, Vec::new()).await;
    let path = "/agent/v1/bundle/0";
    let headers =
        [from(), ("client-cert", client_cert(&chain[0])), ("client-cert", "x".to_owned())];
    let (status, ..) = link.relay(Method::GET, path, &headers, Vec::new()).await;
    assert_eq!(status, StatusCode::OK, "headers that nobody reads");
    let (status, ..) =
        link.relay(Method::POST, sekisho_wire::gateway::CONTROL_PATH, &headers, Vec::new()).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_a_gateway_that_counts_may_dial() {
    let site = Site::start().await;
    let double = double::Double::start(double::Mood::Waits).await;
    let text = double.text.to_text().to_string();
    let body = json!({ "pairing": text, "name": "classic", "dial": "192.0.2.1:8383" });
    let shown = site.admin.post("/gateways", body).await.expect(201);
    assert_eq!(shown["direction"], "gateway_dials");
    let pairing = double.pairing();
    assert_eq!(pairing.dial.as_deref(), Some("192.0.2.1:8383"));
    let chain: Vec<Vec<u8>> = pairing.chain.iter().map(|der| der.to_vec()).collect();
    let pkcs8 = double.key().pkcs8.clone();

    let stream = double::dial(site.agents, chain.clone(), &pkcs8, LINK_ALPN).await.expect("TLS");
    let mut link = double::link(stream, Vec::new()).await;
    let mut control = link.control(&double, double.hello()).await;
    assert_eq!(control.config().await.gateway, pairing.gateway);

    // A device of this site, and a gateway of another one.
    let device = DeviceId::new(site.server.app.clock.as_ref(), &SystemRng);
    let (devices, key) = device_certificate(&site, device);
    assert_refused(site.agents, devices, &key.pkcs8).await;
    let foreign = Site::start().await;
    let key = LinkKey::new();
    let app = &foreign.server.app;
    let now = app.clock.now();
    let issued = app.keys.ca().issue_gateway(&key.request, pairing.gateway, now, &SystemRng);
    let issued = issued.expect("issued");
    let theirs = std::iter::once(issued.der).chain(issued.chain).collect();
    assert_refused(site.agents, theirs, &key.pkcs8).await;
    // One of this site for the right gateway, but with another key.
    let key = LinkKey::new();
    let app = &site.server.app;
    let issued = app.keys.ca().issue_gateway(&key.request, pairing.gateway, now, &SystemRng);
    let issued = issued.expect("issued");
    let other = std::iter::once(issued.der).chain(issued.chain).collect();
    assert_refused(site.agents, other, &key.pkcs8).await;

    let begun = tokio::time::Instant::now();
    site.revoke(&shown).await;
    link.ended().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_refused(site.agents, chain, &pkcs8).await;
}

/// No request is answered on such a link.
async fn assert_refused(agents: std::net::SocketAddr, chain: Vec<Vec<u8>>, key: &[u8]) {
    let Ok(mut stream) = double::dial(agents, chain, key, LINK_ALPN).await else { return };
    let mut byte = [0];
    let read = tokio::time::timeout(SOON, stream.read(&mut byte)).await.expect("in time");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn a_revoked_gateway_is_cut_and_not_dialled_again() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let begun = tokio::time::Instant::now();
    site.revoke(&shown).await;
    link.ended().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    double.nobody_dials().await;
}

#[tokio::test]
async fn a_gateway_that_is_revoked_is_asked_to_let_its_agents_go() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let told = control.first(|message| matches!(message, ToGateway::Farewell).then_some(()));
    tokio::join!(told, site.revoke(&shown));
    link.ended().await;
}

#[tokio::test]
async fn a_gateway_of_another_version_is_served_if_its_link_is_the_same_and_told_if_not() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let older = GatewayHello { version: "0.0.1".to_owned(), ..double.hello() };
    let mut control = link.control(&double, older).await;
    assert_eq!(control.config().await.routes, sekisho_wire::gateway::route_lines());
    let other = GatewayHello { link_major: LINK_MAJOR + 1, ..double.hello() };
    let mut control = link.control(&double, other).await;
    let told = control.first(|message| match message {
        ToGateway::Refused(why) => Some(why.clone()),
        _ => None,
    });
    let why = told.await;
    assert!(why.contains("upgrade the older of the two"), "{why}");
    assert_eq!(control.next().await, None, "and nothing else");
    let path = format!("/gateways/{}", shown["id"].as_str().expect("an id"));
    let problem = site.admin.get(&path).await.expect(200)["problem"].clone();
    assert_eq!(problem, json!({ "topic": "link_version", "sentence": why }));
}

#[tokio::test]
async fn a_name_is_looked_at_from_both_sides() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let path = format!("/gateways/{}/names", shown["id"].as_str().expect("an id"));
    let reached = async |told: &[NameSeen]| {
        control
            .say_status(GatewayStatus { names: told.to_vec(), ..GatewayStatus::default() })
            .await;
        let expected = told.first().map(|seen| json!(seen.addresses)).unwrap_or(json!([]));
        let seen = async {
            loop {
                let names = site.admin.get(&path).await.expect(200);
                if names["names"][0]["there"] == expected {
                    return names["names"][0].clone();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, seen).await.expect("in time")
    };
    let seen = |addresses: &[&str], own: bool| NameSeen {
        name: "vault.example.jp".to_owned(),
        addresses: addresses.iter().map(|&one| one.to_owned()).collect(),
        own,
        problem: addresses.is_empty().then(|| "no such name".to_owned()),
    };
    assert_eq!(reached(&[]).await["wan_reaches"], json!(null), "it has not said");
    assert_eq!(reached(&[seen(&["203.0.113.9"], true)]).await["wan_reaches"], "gateway");
    assert_eq!(reached(&[seen(&["203.0.113.10"], false)]).await["wan_reaches"], "elsewhere");
    let nothing = reached(&[seen(&[], false)]).await;
    assert_eq!(nothing["wan_reaches"], "nothing");
    assert_eq!(nothing["there_problem"], "no such name");
}

#[tokio::test]
async fn the_ports_to_open_are_those_at_which_the_gateway_listens() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let path = format!("/gateways/{}", shown["id"].as_str().expect("an id"));
    let open = async |purpose: &str| {
        let shown = site.admin.get(&path).await.expect(200);
        let ports = shown["ports"].as_array().expect("ports").clone();
        let port = ports.into_iter().find(|port| port["purpose"] == purpose);
        port.map(|port| [&port["from"], &port["to"], &port["port"]].map(ToString::to_string))
    };
    assert_eq!(open("pass_through").await, None, "it is off");
    let public = json!([{ "address": "vault.example.jp:443" }]);
    site.change(&shown, json!({ "pass_through": true, "public": public })).await;
    let unknown = open("pass_through").await.expect("it is on");
    assert_eq!(unknown, [r#""internet""#, r#""gateway""#, "8443"]);
    for (listens, expected) in [(Some("0.0.0.0:9443"), Some("9443")), (None, None)] {
        let listeners = Some(GatewayListeners {
            agents: vec!["0.0.0.0:8383".to_owned()],
            pass_through: listens.map(str::to_owned),
        });
        control.say_status(GatewayStatus { listeners, ..GatewayStatus::default() }).await;
        let told = async {
            while open("pass_through").await.map(|port| port[2].clone()).as_deref() != expected {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, told).await.expect("in time");
    }
    let agents = open("agents").await.expect("agents");
    assert_eq!(agents[2], "443", "what agents dial, before any address translation");
    let link = open("link").await.expect("the link");
    assert_eq!(link[..2], [r#""server""#, r#""gateway""#]);
}

#[tokio::test]
async fn a_restarted_server_dials_again_and_wakes() {
    let mut site = Site::start().await;
    let (mut double, _) = site.paired().await;
    let mut link = double.link().await;
    let device = super::waiting_device(&site.server).await;
    site.stop().await;
    link.ended().await;
    double.forget().await;
    let again = site.restart().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let woken = control.first(|message| match message {
        ToGateway::Wake(devices) => Some(devices.clone()),
        _ => None,
    });
    assert_eq!(woken.await, [device], "whoever has an order that is open");
    drop(again);
}

#[tokio::test]
async fn certificates_are_issued_over_the_link() {
    let site = Site::start().await;
    let (mut double, _) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    control.config().await;
    let answered = |message: &ToGateway| match message {
        ToGateway::Certificate { for_link, chain, .. } => Some((*for_link, chain[0].to_vec())),
        ToGateway::Refused(why) => Some((false, why.clone().into_bytes())),
        _ => None,
    };
    let own = double.key().request.clone();
    let ask = |for_link, request: Vec<u8>| FromGateway::CertificateRequest {
        for_link,
        request: request.into(),
    };
    control.say(&ask(true, own)).await;
    let (for_link, leaf) = control.first(answered).await;
    let issued = sekisho_pki::LinkCertificate::parse(&leaf).expect("a certificate");
    assert!(for_link);
    assert_eq!(issued.gateway, Some(double.gateway()));

    let public = LinkKey::new();
    control.say(&ask(false, public.request.clone())).await;
    let (_, leaf) = control.first(answered).await;
    let facts = sekisho_pki::server_certificate_facts(&leaf).expect("a certificate");
    assert_eq!(facts.names, ["vault.example.jp"]);

    // The link's key is the one that was paired, and no other.
    control.say(&ask(true, public.request)).await;
    let (_, why) = control.first(answered).await;
    let why = String::from_utf8(why).expect("a sentence");
    assert!(why.contains("another key"), "{why}");
}

#[tokio::test]
async fn streams_pass_through_only_while_that_is_on() {
    let site = Site::start().await;
    let (mut double, shown) = site.paired().await;
    let mut link = double.link().await;
    let mut control = link.control(&double, double.hello()).await;
    assert_eq!(control.config().await.pass_through, None);
    let (status, _) = link.connect(CONSOLE_AUTHORITY).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    site.change(&shown, json!({ "pass_through": true })).await;
    let names = control.config().await.pass_through.expect("on").names;
    assert_eq!(names, ["vault.example.jp"]);
    let (status, _) = link.connect("elsewhere.example:22").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, stream) = link.connect(CONSOLE_AUTHORITY).await;
    assert_eq!(status, StatusCode::OK);
    let mut tls = double::over(stream.expect("a stream"), "vault.example.jp").await;
    let head = "GET /readyz HTTP/1.1\r\nHost: vault.example.jp\r\n\r\n";
    tls.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    tls.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");

    site.change(&shown, json!({ "pass_through": false })).await;
    assert_eq!(control.config().await.pass_through, None);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(SOON, tls.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the stream ends with it");
    let (status, _) = link.connect(CONSOLE_AUTHORITY).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
