//! Server and gateway: who may dial, what is believed, what happens without.

use std::time::Duration;

use sekisho_model::clock::SystemClock;
use sekisho_model::id::GatewayId;
use sekisho_model::rng::SystemRng;
use sekisho_seal::sign::SigningKey;
use sekisho_wire::gateway::{FromGateway, GatewayTopic, ToGateway};
use serde_bytes::ByteBuf;

use crate::support::{Reply, Server, Site, Wanted, Who, World, until};

const FETCH: &str = "/agent/v1/fetch";

#[tokio::test]
async fn the_first_message_says_who_is_there() {
    let world = World::alone(Wanted::default());
    let server = Server::dial(&world, 2).await;
    let FromGateway::Hello(hello) = server.heard().remove(0) else { panic!("a hello") };
    assert_eq!((hello.gateway, hello.config_version), (world.site.gateway, None));
    assert_eq!((hello.connections, hello.bundle_version), (2, 1));
    until("status comes", || server.heard().iter().any(|m| matches!(m, FromGateway::Status(_))))
        .await;
    assert_eq!(world.gateway.page().links, 2);
    let told = server.heard().into_iter().find_map(|message| match message {
        FromGateway::Status(status) => status.listeners,
        _ => None,
    });
    let told = told.expect("where it listens");
    assert_eq!(told.agents, [world.agents.to_string()]);
    assert_eq!(told.pass_through.as_deref(), Some("127.0.0.1:0"), "as it is set");
}

#[tokio::test]
async fn only_the_sites_server_may_dial() {
    let world = World::alone(Wanted::default());
    let other = World::alone(Wanted::default());
    for (site, who) in
        [(&world.site, Who::Nobody), (&world.site, Who::Gateway), (&other.site, Who::Server)]
    {
        // With TLS 1.3 a client hears of the refusal after its handshake.
        if let Ok(mut stream) = crate::support::connect(site, &world, who).await {
            use tokio::io::AsyncReadExt;
            let mut bytes = Vec::new();
            let read =
                tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes));
            assert!(read.await.is_ok(), "{who:?} is let go");
        }
        assert_eq!(world.gateway.page().links, 0, "{who:?}");
    }
    let _server = Server::dial(&world, 1).await;
}

#[tokio::test]
async fn nothing_is_relayed_before_a_configuration_and_what_does_not_exist_still_does_not() {
    let world = World::alone(Wanted::default());
    let call = async |path| world.site.device().call(&world, "h2", "POST", path, b"x").await;
    // No certificate can be judged: that says nothing against who showed one.
    assert_eq!(call(FETCH).await.status, 503);
    let early = world.site.device();
    let mut too_early = early.talk(&world, "http/1.1").await;
    let bundle = world.site.stranger().call(&world, "h2", "GET", "/agent/v1/bundle/0", b"").await;
    assert_eq!(bundle.status, 503);
    assert!(bundle.headers.contains_key("retry-after"));
    assert_eq!(call("/api/v1/users").await.status, 404);
    let server = Server::dial(&world, 1).await;
    let bundle = world.site.stranger().call(&world, "h2", "GET", "/agent/v1/bundle/0", b"").await;
    assert_eq!((bundle.status, server.seen().len()), (503, 0), "a server alone is not enough");
    world.configure(&server, &world.site.config(1)).await;
    assert_eq!(call(FETCH).await.status, 200);
    // Who came before is not known on that connection, and comes again.
    let answer = too_early.call("POST", FETCH, b"x").await.expect("an answer");
    assert_eq!((answer.status, server.seen().len()), (503, 1));
    until("it is closed", || too_early.is_closed()).await;
    assert_eq!(world.refused("certificate_needed"), 0);
}

#[tokio::test]
async fn a_configuration_is_believed_only_if_signed_for_this_gateway_and_not_older() {
    let (world, server) = World::new().await;
    let problem = async |of: &str| {
        until(of, || world.gateway.status().problems.iter().any(|p| p.contains(of))).await;
    };
    // Not by an order key of the site.
    let mut config = world.site.config(9);
    config.routes.clear();
    let stranger = SigningKey::generate(&SystemRng);
    let forged = sekisho_seal::gateway::sign_gateway_config(&config, &stranger);
    server.say(ToGateway::Config(ByteBuf::from(forged))).await;
    problem("cannot be believed").await;
    // For another gateway.
    config.gateway = GatewayId::new(&SystemClock, &SystemRng);
    server.say(world.site.signed(&config)).await;
    problem("another one").await;
    // Older than what is in force.
    world.configure(&server, &world.site.config(5)).await;
    assert!(!world.gateway.status().problems.iter().any(|p| p.contains("another one")));
    server.say(world.site.signed(&world.site.config(4))).await;
    problem("configuration 4, but 5 is in force").await;
    // A route that this version cannot work by.
    let mut config = world.site.config(6);
    config.routes[0].path = "/agent/../x".to_owned();
    server.say(world.site.signed(&config)).await;
    problem("no request can have").await;
    assert_eq!(world.gateway.page().compatible, Some(false));
    world.configure(&server, &world.site.config(5)).await;
    until("they fit again", || world.gateway.page().compatible == Some(true)).await;
    // A TLS policy that it cannot speak.
    let mut config = world.site.config(6);
    config.tls.versions = vec![0x0303];
    server.say(world.site.signed(&config)).await;
    problem("TLS 1.3").await;
    assert_eq!(world.gateway.status().config_version, Some(5));
    assert_eq!(world.gateway.page().compatible, Some(false));
    assert_eq!(*world.process.configured.lock().expect("free"), [1, 5, 5]);
    let answer = world.site.device().call(&world, "h2", "POST", FETCH, b"x").await;
    assert_eq!(answer.status, 200, "the one in force still is");
}

#[tokio::test]
async fn a_new_order_key_is_believed_once_a_bundle_names_it() {
    let mut world = World::alone(Wanted::default());
    let server = Server::dial(&world, 1).await;
    world.site.order = SigningKey::generate(&SystemRng);
    server.say(world.site.signed(&world.site.config(1))).await;
    let told = |(topic, sentence): (GatewayTopic, &str)| {
        topic == GatewayTopic::Config && sentence.contains("cannot be believed")
    };
    let refused = || world.gateway.status().remarks().any(told);
    until("it is refused", refused).await;
    world.site.publish();
    let bundles = world.site.bundles.iter().map(|bundle| ByteBuf::from(bundle.clone())).collect();
    server.say(ToGateway::Bundles(bundles)).await;
    world.configure(&server, &world.site.config(1)).await;
    assert_eq!(world.process.bundles.lock().expect("free").len(), 2);
}

#[tokio::test]
async fn without_its_server_it_says_come_back_and_goes_on_when_it_is_there_again() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let mut talk = device.talk(&world, "h2").await;
    assert_eq!(talk.call("POST", FETCH, b"x").await.expect("an answer").status, 200);
    server.die().await;
    until("the links are gone", || !world.gateway.is_ready()).await;
    let answer = talk.call("POST", FETCH, b"x").await.expect("an answer");
    assert_eq!(answer.status, 503);
    let seconds: u32 =
        answer.headers["retry-after"].to_str().expect("ASCII").parse().expect("digits");
    assert!((3..=10).contains(&seconds), "{seconds}");
    assert_eq!(talk.call("POST", "/x", b"").await.expect("an answer").status, 404);
    // Configured it stays: the server need only dial.
    let server = Server::dial(&world, 1).await;
    assert_eq!(talk.call("POST", FETCH, b"x").await.expect("an answer").status, 200);
    assert_eq!(server.seen().len(), 1);
    let FromGateway::Hello(hello) = server.heard().remove(0) else { panic!("a hello") };
    assert_eq!(hello.config_version, Some(1));
}

#[tokio::test]
async fn one_link_of_two_is_enough() {
    let (world, first) = World::new().await;
    let second = Server::dial_quietly(&world, 1).await;
    first.die().await;
    until("one is left", || world.gateway.page().links == 1).await;
    let answer = world.site.device().call(&world, "h2", "POST", FETCH, b"x").await;
    assert_eq!((answer.status, second.seen().len()), (200, 1));
    until("the control stream moved", || !second.heard().is_empty()).await;
}

#[tokio::test]
async fn a_revoked_device_is_cut_off_within_two_seconds_and_stays_out() {
    let (world, server) = World::new().await;
    let (device, other) = (world.site.device(), world.site.device());
    for (n, by_config) in [(2, false), (3, true)] {
        let device = if by_config { &other } else { &device };
        let mut talk = device.talk(&world, "h2").await;
        assert_eq!(talk.call("POST", FETCH, b"x").await.expect("an answer").status, 200);
        let mut config = world.site.config(n);
        if by_config {
            config.revoked = vec![device.id()];
            server.say(world.site.signed(&config)).await;
        } else {
            server.say(ToGateway::Revoked(vec![device.id()])).await;
        }
        let cut = tokio::time::timeout(Duration::from_secs(2), until("cut", || talk.is_closed()));
        assert!(cut.await.is_ok(), "within two seconds");
        let again = match device.try_talk(&world, "h2").await {
            Ok(mut talk) => talk.call("POST", FETCH, b"x").await.map(|answer| answer.status),
            Err(error) => Err(error),
        };
        assert!(again.is_err(), "{again:?}");
    }
    until("it is counted", || world.refused("revoked") >= 2).await;
    // Others are not touched; who was pardoned comes back.
    assert_eq!(world.site.device().call(&world, "h2", "POST", FETCH, b"x").await.status, 200);
    world.configure(&server, &world.site.config(4)).await;
    assert_eq!(device.call(&world, "h2", "POST", FETCH, b"x").await.status, 200);
}

#[tokio::test]
async fn certificates_are_asked_for_over_the_control_stream() {
    let world = World::alone(Wanted::default());
    world.gateway.request_certificate(false, vec![1, 2, 3]).expect("room");
    let server = Server::dial(&world, 1).await;
    let asked = |message: &FromGateway| matches!(message, FromGateway::CertificateRequest { for_link: false, request } if **request == [1, 2, 3]);
    until("it asks", || server.heard().iter().any(asked)).await;
    let at = sekisho_model::Timestamp::from_millis(1);
    let chain = vec![ByteBuf::from(vec![9])];
    server
        .say(ToGateway::Certificate { for_link: false, chain, renew_at: at, not_after: at })
        .await;
    until("it is given on", || !world.process.issued.lock().expect("free").is_empty()).await;
    assert_eq!(world.process.issued.lock().expect("free")[0].chain, [[9]]);
}

#[tokio::test]
async fn nonsense_on_the_control_stream_ends_it_or_is_passed_over_and_another_comes() {
    let (world, server) = World::new().await;
    let hellos = || server.heard().iter().filter(|m| matches!(m, FromGateway::Hello(_))).count();
    // A message of a newer version.
    server.say_bytes(sekisho_gateway::control_frame(b"\xa1\x63new\x01")).await;
    world.configure(&server, &world.site.config(2)).await;
    assert_eq!(hellos(), 1);
    server.say_bytes(vec![0xff; 8]).await;
    until("a new control stream", || hellos() == 2).await;
    world.configure(&server, &world.site.config(3)).await;
}

#[tokio::test]
async fn the_servers_sentence_is_shown() {
    let (world, server) = World::new().await;
    server.say(ToGateway::Refused("too old\n".to_owned())).await;
    let shown = |p: &String| p == "the server says: too old";
    until("it is shown", || world.gateway.status().problems.iter().any(shown)).await;
}

#[tokio::test]
async fn what_is_in_progress_ends_before_a_drained_gateway_does() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    server.answer(|_| Reply { after: Duration::from_millis(300), ..Reply::ok("late") });
    let mut talk = device.talk(&world, "h2").await;
    let world = std::sync::Arc::new(world);
    let calling = talk.call("POST", FETCH, b"x");
    let draining = async {
        until("it is relayed", || server.seen().len() == 1).await;
        let world = world.clone();
        let drain = move || world.gateway.drain(Duration::from_millis(50), Duration::from_secs(10));
        tokio::task::spawn_blocking(drain).await.expect("no panic")
    };
    let (answer, left) = tokio::join!(calling, draining);
    assert_eq!((answer.expect("an answer").body, left), (b"late".to_vec(), 0));
    assert!(device.try_talk(&world, "h2").await.is_err(), "it accepts no more");
}

#[tokio::test]
async fn in_the_classic_direction_the_gateway_dials_and_checks_whom_it_reached() {
    let listen = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    for (name, other_site, reached) in
        [("localhost", false, true), ("other.example.jp", false, false), ("localhost", true, false)]
    {
        let (site, listener) = (Site::new(), listen());
        let port = listener.local_addr().expect("bound").port();
        let foreign = Site::new();
        let of = if other_site { &foreign } else { &site };
        let server = Server::listening(of, listener, name);
        let wanted = Wanted { dial: Some(format!("localhost:{port}")), ..Wanted::default() };
        let world = World::of(site, wanted);
        if !reached {
            let told = |p: &String| p.contains("cannot be reached");
            until("it is told", || world.gateway.status().problems.iter().any(told)).await;
            assert_eq!(world.gateway.page().links, 0, "{name}");
            continue;
        }
        until("the gateway says hello", || !server.heard().is_empty()).await;
        until("all it wants", || world.gateway.page().links == 2).await;
        world.configure(&server, &world.site.config(1)).await;
        let answer = world.site.device().call(&world, "h2", "POST", FETCH, b"x").await;
        assert_eq!((answer.status, server.seen().len()), (200, 1));
    }
}

#[tokio::test]
async fn tls_is_spoken_as_the_server_says_from_the_next_handshake_on() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let spoken = async || {
        let raw = device.raw(&world, "h2").await;
        let session = raw.0.get_ref().1;
        let suite = session.negotiated_cipher_suite().expect("a suite").suite();
        let group = session.negotiated_key_exchange_group().expect("a group").name();
        (u16::from(suite), u16::from(group))
    };
    assert_eq!(spoken().await, (0x1301, 0x11ec));
    let mut config = world.site.config(2);
    (config.tls.suites, config.tls.groups) = (vec![0x1303], vec![0x0017, 0x7777]);
    world.configure(&server, &config).await;
    assert_eq!(spoken().await, (0x1303, 0x0017));
    let told = |p: &String| p.contains("0x7777 is not known here");
    assert!(world.gateway.status().problems.iter().any(told));
}
