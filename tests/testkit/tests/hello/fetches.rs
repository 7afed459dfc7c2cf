//! Fetches that take nothing: they share a commit, and lose nothing by it.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use sekisho_agent::session::SessionError;
use sekisho_model::id::DeviceSessionId;
use sekisho_store::{Access, AuditFilter, Page};
use sekisho_testkit::{Agent, Connected, Fault, Host, Server};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::RouteName;

/// Agents with nothing to do, each in a live session after one fetch.
async fn idle<const N: usize>(server: &Server) -> [Connected; N] {
    let mut agents = Vec::new();
    for number in 0..N {
        let name = format!("web-{number}");
        let mut agent = Agent::enrol(server, Host::with(&[("svc", "x")]), &name).await;
        agent.work().await.expect("works");
        let mut connected = agent.connect().await.expect("connects");
        assert_eq!(connected.fetch().await.expect("goes live"), 0);
        agents.push(connected);
    }
    agents.try_into().map_err(drop).expect("as many as were asked for")
}

/// The highest counters of a session: the device's and the server's.
async fn counters(server: &Server, session: DeviceSessionId) -> (u64, u64) {
    let found = server.app().store.read().device_sessions().find(session).await.expect("read");
    let found = found.expect("exists");
    (found.mac_counter_in, found.mac_counter_out)
}

fn refusal(error: &SessionError) -> Option<ProblemCode> {
    match error {
        SessionError::Link(error) => error.refusal(),
        _ => None,
    }
}

/// Lets a future go on until it waits for something.
async fn until_it_waits(mut future: std::pin::Pin<&mut impl Future>) {
    for _ in 0..200 {
        let done =
            std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await;
        assert!(!done, "the database was not held");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn many_fetches_at_once_are_answered_each_with_its_own_counters() {
    let server = Server::new().await;
    let [mut one, mut two, mut three] = idle(&server).await;
    let sessions = [one.session(), two.session(), three.session()];
    // They gather while somebody else writes.
    let held = server.app().store.begin(&server.context()).await.expect("begins");
    let all = async { tokio::join!(one.fetch(), two.fetch(), three.fetch()) };
    let mut all = pin!(all);
    until_it_waits(all.as_mut()).await;
    held.rollback().await.expect("gives the database free");
    let (first, second, third) = all.await;
    for fetched in [first, second, third] {
        assert_eq!(fetched.expect("answered and believed"), 0);
    }
    for session in sessions {
        assert_eq!(counters(&server, session).await, (2, 2));
    }
}

#[tokio::test]
async fn a_fetch_that_was_heard_once_is_not_heard_again() {
    let server = Server::new().await;
    let [mut agent] = idle(&server).await;
    agent.network().break_next(RouteName::Fetch, Fault::Duplicate);
    let error = agent.fetch().await.expect_err("the second of the two is a replay");
    assert_eq!(refusal(&error), Some(ProblemCode::Replayed), "{error}");
    assert_eq!(counters(&server, agent.session()).await, (2, 2), "the first was answered");

    // Also not by a server that was restarted right after its answer.
    let mut copies = Vec::new();
    agent.network().break_next(RouteName::Fetch, Fault::Keep);
    agent.fetch().await.expect("answered");
    copies.append(&mut agent.network().kept());
    let server = server.restart().await;
    agent.network().lead_to(server.plane());
    let [(path, body)] = &copies[..] else { panic!("one copy was kept") };
    let peer = agent.network().peer().clone();
    let again = server.plane().call(&peer, "POST", path, body).await;
    assert_eq!(again.expect_err("a replay"), ProblemCode::Replayed);
    assert_eq!(agent.fetch().await.expect("the session goes on"), 0);
}

#[tokio::test]
async fn a_fetch_that_is_given_up_half_way_takes_no_other_with_it() {
    let server = Server::new().await;
    let [mut one, mut two] = idle(&server).await;
    let held = server.app().store.begin(&server.context()).await.expect("begins");
    {
        let mut second = pin!(two.fetch());
        {
            // The first writes for both; its connection ends meanwhile.
            let mut first = pin!(one.fetch());
            until_it_waits(first.as_mut()).await;
            until_it_waits(second.as_mut()).await;
        }
        held.rollback().await.expect("gives the database free");
        assert_eq!(second.await.expect("answered"), 0);
    }
    assert_eq!(counters(&server, two.session()).await, (2, 2));
    assert_eq!(one.fetch().await.expect("answered"), 0);
}

#[tokio::test]
async fn what_is_there_to_do_is_handed_out_by_the_next_fetch() {
    let server = Server::new().await;
    let [mut agent] = idle(&server).await;
    assert_eq!(agent.fetch().await.expect("answered"), 0);
    server.request_reset("svc").await;
    assert_eq!(agent.fetch().await.expect("answered"), 1);
    // Delivered and not answered: it goes out again.
    assert_eq!(agent.fetch().await.expect("answered"), 1);
}

#[tokio::test]
async fn a_session_that_was_ended_fetches_nothing() {
    let server = Server::new().await;
    let [mut agent] = idle(&server).await;
    let work = server.app().store.begin(&server.context()).await.expect("begins");
    assert!(work.device_sessions().end(agent.session()).await.expect("ended"));
    let _ = work.commit_unaudited("a test").await.expect("committed");
    let error = agent.fetch().await.expect_err("refused");
    assert_eq!(refusal(&error), Some(ProblemCode::SessionUnknown), "{error}");
}

const UNANSWERED: u16 = 511;

async fn missed(server: &Server) -> usize {
    let filter = AuditFilter { codes: vec![UNANSWERED], ..AuditFilter::default() };
    let lines = server.app().store.read().audit().list(&filter, &Page::first(50)).await;
    lines.expect("read").items.len()
}

/// A gateway that lets fetches through and holds everything back that comes of
/// them: the device is shown as being there, and nothing happens.
#[tokio::test]
async fn an_order_that_is_handed_out_again_and_again_in_vain_raises_an_alarm_once() {
    let server = Server::new().await;
    let [mut agent] = idle(&server).await;
    let order = server.request_reset("svc").await.id;
    for _ in 0..3 {
        assert_eq!(agent.fetch().await.expect("let through"), 1, "the receipt never comes");
        server.advance(Duration::from_secs(5 * 60));
    }
    assert_eq!(missed(&server).await, 0, "it may still come");
    for _ in 0..4 {
        assert_eq!(agent.fetch().await.expect("let through"), 1);
        server.advance(Duration::from_secs(5 * 60));
    }
    assert_eq!(missed(&server).await, 1);
    assert_eq!(server.order(order).await.id, order);
}
