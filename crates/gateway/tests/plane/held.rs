//! Waits: held here, woken by the server, none of it on the link.

use std::time::Duration;

use sekisho_wire::cbor;
use sekisho_wire::gateway::{NEXT_DUE_HEADER, ToGateway};
use sekisho_wire::problem::{Problem, ProblemCode};
use sekisho_wire::session::Wake;

use crate::support::{Reply, Server, World, until};

const WAIT: &str = "/agent/v1/wait/0193e4a0-7c1b-7000-8000-000000000001/240";
const LOOK: &str = "/agent/v1/wait/0193e4a0-7c1b-7000-8000-000000000001/0";

fn wake(wake: Wake) -> Reply {
    Reply::ok(cbor::encode(&wake))
}

fn read(body: &[u8]) -> Wake {
    cbor::decode(body, 1024).expect("a wake")
}

#[tokio::test]
async fn a_wait_is_held_here_until_its_device_is_woken() {
    let (world, server) = World::new().await;
    server.answer(|_| wake(Wake::Nothing));
    for alpn in ["h2", "http/1.1"] {
        let device = world.site.device();
        let before = server.seen().len();
        let mut talk = device.talk(&world, alpn).await;
        let waiting = talk.call("GET", WAIT, b"");
        let waking = async {
            let parked = || world.gateway.status().parked == 1 && server.seen().len() == before + 1;
            until("it is parked", parked).await;
            until("nothing is at the server", || world.gateway.status().relayed_in_flight == 0)
                .await;
            assert_eq!(server.seen().pop().expect("a look").path, LOOK);
            server.say(ToGateway::Wake(vec![world.site.device().id(), device.id()])).await;
        };
        let (answer, ()) = tokio::join!(waiting, waking);
        let answer = answer.expect("an answer");
        assert_eq!((answer.status, read(&answer.body)), (200, Wake::Fetch), "{alpn}");
        assert_eq!(world.gateway.status().parked, 0);
    }
}

#[tokio::test]
async fn what_the_look_finds_is_told_at_once() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let mut talk = device.talk(&world, "h2").await;
    server.answer(|_| wake(Wake::Fetch));
    let answer = talk.call("GET", WAIT, b"").await.expect("an answer");
    assert_eq!(read(&answer.body), Wake::Fetch);
    let problem = cbor::encode(&Problem { code: ProblemCode::SessionUnknown });
    server.answer(move |_| Reply { status: 409, ..Reply::ok(&problem) });
    let answer = talk.call("GET", WAIT, b"").await.expect("an answer");
    assert_eq!(answer.status, 409);
    assert_eq!(world.gateway.status().parked, 0);
}

#[tokio::test]
async fn a_wake_while_the_server_looks_is_not_missed() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    server.answer(|_| Reply { after: Duration::from_millis(300), ..wake(Wake::Nothing) });
    let mut talk = device.talk(&world, "h2").await;
    let waiting = talk.call("GET", WAIT, b"");
    let waking = async {
        until("the look is on its way", || server.seen().len() == 1).await;
        server.say(ToGateway::Wake(vec![device.id()])).await;
    };
    let (answer, ()) = tokio::join!(waiting, waking);
    assert_eq!(read(&answer.expect("an answer").body), Wake::Fetch);
}

#[tokio::test]
async fn an_order_that_becomes_due_wakes_and_the_time_asked_for_ends_a_wait() {
    let (world, server) = World::new().await;
    let device = world.site.device();
    let mut talk = device.talk(&world, "http/1.1").await;
    let due = (NEXT_DUE_HEADER, "50".to_owned());
    server.answer(move |_| Reply { headers: vec![due.clone()], ..wake(Wake::Nothing) });
    let answer = talk.call("GET", WAIT, b"").await.expect("an answer");
    assert_eq!(read(&answer.body), Wake::Fetch);
    assert!(!answer.headers.contains_key(NEXT_DUE_HEADER));
    server.answer(|_| wake(Wake::Nothing));
    let one = WAIT.replace("240", "1");
    let answer = talk.call("GET", &one, b"").await.expect("an answer");
    assert_eq!(read(&answer.body), Wake::Nothing);
    let none = talk.call("GET", &WAIT.replace("240", "x"), b"").await.expect("an answer");
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn a_second_wait_of_a_device_ends_its_first() {
    let (world, server) = World::new().await;
    server.answer(|_| wake(Wake::Nothing));
    let device = world.site.device();
    let (mut one, mut two) = (device.talk(&world, "h2").await, device.talk(&world, "h2").await);
    let first = one.call("GET", WAIT, b"");
    let rest = async {
        until("it is parked", || world.gateway.status().parked == 1).await;
        let waking = async {
            until("both looked", || server.seen().len() == 2).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.say(ToGateway::Wake(vec![device.id()])).await;
        };
        tokio::join!(two.call("GET", WAIT, b""), waking).0
    };
    let (first, second) = tokio::join!(first, rest);
    assert_eq!(read(&first.expect("an answer").body), Wake::Nothing);
    assert_eq!(read(&second.expect("an answer").body), Wake::Fetch);
}

#[tokio::test]
async fn parked_agents_stay_parked_while_their_server_starts_anew() {
    let (world, server) = World::new().await;
    server.answer(|_| wake(Wake::Nothing));
    let device = world.site.device();
    let mut talk = device.talk(&world, "http/1.1").await;
    let waiting = talk.call("GET", WAIT, b"");
    let restarting = async {
        until("it is parked", || world.gateway.status().parked == 1).await;
        until("its look is over", || world.gateway.status().relayed_in_flight == 0).await;
        server.die().await;
        until("the links are gone", || !world.gateway.is_ready()).await;
        assert_eq!(world.gateway.status().parked, 1);
        // New waits are to come back later.
        let answer = world.site.device().call(&world, "h2", "GET", WAIT, b"").await;
        assert_eq!(answer.status, 503);
        let server = Server::dial(&world, 2).await;
        server.say(ToGateway::Wake(vec![device.id()])).await;
        server
    };
    let (answer, _server) = tokio::join!(waiting, restarting);
    assert_eq!(read(&answer.expect("an answer").body), Wake::Fetch);
}

#[tokio::test]
async fn a_gateway_that_is_revoked_lets_its_agents_go_at_once() {
    let (world, server) = World::new().await;
    server.answer(|_| wake(Wake::Nothing));
    let device = world.site.device();
    let mut talk = device.talk(&world, "http/1.1").await;
    let waiting = talk.call("GET", WAIT, b"");
    let parting = async {
        until("it is parked", || world.gateway.status().parked == 1 && !server.seen().is_empty())
            .await;
        until("the look is over", || world.gateway.status().relayed_in_flight == 0).await;
        server.say(ToGateway::Farewell).await;
    };
    let (answer, ()) = tokio::join!(waiting, parting);
    assert_eq!(read(&answer.expect("an answer").body), Wake::Nothing);
    until("its connection is closed", || talk.is_closed()).await;
    until("the links are closed", || !world.gateway.is_ready()).await;
    assert_eq!(device.call(&world, "h2", "GET", WAIT, b"").await.status, 503);
    let told = |p: &String| p.contains("is revoked");
    assert!(world.gateway.status().problems.iter().any(told));
    // If nothing came of it, the server is taken up again.
    let server = Server::dial(&world, 2).await;
    world.configure(&server, &world.site.config(2)).await;
    until("nothing more to tell", || !world.gateway.status().problems.iter().any(told)).await;
}

#[tokio::test]
async fn an_agent_that_goes_away_leaves_no_place() {
    let (world, server) = World::new().await;
    server.answer(|_| wake(Wake::Nothing));
    for alpn in ["h2", "http/1.1"] {
        let mut talk = world.site.device().talk(&world, alpn).await;
        {
            let waiting = talk.call("GET", WAIT, b"");
            let parked = until("it is parked", || world.gateway.status().parked == 1);
            tokio::select! {
                _ = waiting => panic!("it was answered"),
                () = parked => {}
            }
        }
        drop(talk);
        until("it is forgotten", || world.gateway.status().parked == 0).await;
        until("so is its connection", || world.gateway.status().connections == 0).await;
    }
}
