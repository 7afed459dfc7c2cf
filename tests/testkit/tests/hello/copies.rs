//! Agents that were copied or put back around a start of the server, which then
//! knows only from its database who was there before; and certificates that came
//! with another's messages.

use std::time::Duration;

use sekisho_model::device::Suspension;
use sekisho_store::{Access as _, AuditFilter, Device, DeviceFilter, Page};
use sekisho_testkit::{Agent, Host, Server};

use super::enrolled;

const REVERTED: u16 = 622;
const CLONED: u16 = 623;
const RELAYED: u16 = 628;

const MINUTE: Duration = Duration::from_secs(60);

async fn device(server: &Server) -> Device {
    let found = server.app().store.read().devices();
    let found = found.list(&DeviceFilter::default(), &Page::first(1)).await.expect("read");
    found.items.into_iter().next().expect("one")
}

async fn count(server: &Server, code: u16) -> usize {
    let filter = AuditFilter { codes: vec![code], ..AuditFilter::default() };
    let found = server.app().store.read().audit().list(&filter, &Page::first(50)).await;
    found.expect("read").items.len()
}

/// The server dies and starts again a minute later.
async fn restarted(server: Server, agents: &mut [&mut Agent]) -> Server {
    server.advance(MINUTE);
    let server = server.restart().await;
    for agent in agents {
        agent.network.lead_to(server.plane());
    }
    server.advance(MINUTE);
    server
}

#[tokio::test]
async fn two_copies_are_held_back_also_right_after_a_start() {
    let (server, mut agent) = enrolled().await;
    let mut copy = agent.snapshot();
    let server = restarted(server, &mut [&mut agent, &mut copy]).await;
    agent.work().await.expect("works");
    server.advance(MINUTE);
    assert!(copy.work().await.is_err(), "the server has heard the other one a minute ago");
    assert_eq!(device(&server).await.suspension, Some(Suspension::Cloned));
    assert_eq!((count(&server, REVERTED).await, count(&server, CLONED).await), (0, 1));
}

#[tokio::test]
async fn a_copy_that_speaks_first_after_a_start_is_let_in_once() {
    let (server, mut agent) = enrolled().await;
    let mut copy = agent.snapshot();
    agent.work().await.expect("works");
    let server = restarted(server, &mut [&mut agent, &mut copy]).await;
    copy.work().await.expect("it may be an endpoint that was put back");
    assert_eq!((count(&server, REVERTED).await, device(&server).await.suspension), (1, None));
    server.advance(MINUTE);
    agent.work().await.expect("its counter is higher than ever");
    server.advance(MINUTE);
    assert!(copy.work().await.is_err(), "now both were heard");
    assert_eq!(device(&server).await.suspension, Some(Suspension::Cloned));
    assert_eq!((count(&server, REVERTED).await, count(&server, CLONED).await), (1, 1));
}

#[tokio::test]
async fn an_endpoint_that_was_put_back_is_not_taken_for_a_copy_of_itself() {
    let (server, mut agent) = enrolled().await;
    let mut old = agent.snapshot();
    for _ in 0..5 {
        agent.work().await.expect("works");
    }
    drop(agent);
    let server = restarted(server, &mut [&mut old]).await;
    for _ in 0..3 {
        old.work().await.expect("it is let in, and again when its agent is started anew");
        server.advance(MINUTE);
    }
    assert_eq!((count(&server, CLONED).await, device(&server).await.suspension), (0, None));
}

#[tokio::test]
async fn an_honest_agent_is_not_noticed_around_starts_and_older_databases() {
    let (server, mut agent) = enrolled().await;
    let backup = server.backup().await;
    agent.work().await.expect("works");
    let server = restarted(server, &mut [&mut agent]).await;
    agent.work().await.expect("goes on");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    server.advance(MINUTE);
    agent.work().await.expect("goes on with an older database");
    agent.work().await.expect("and again");
    assert_eq!((count(&server, REVERTED).await, count(&server, CLONED).await), (0, 0));
    assert_eq!(device(&server).await.suspension, None);
}

/// A gateway that passes credentials on, or a certificate that was stolen.
#[tokio::test]
async fn a_message_that_came_with_another_devices_certificate_raises_an_alarm() {
    for in_a_session in [false, true] {
        let (server, mut agent) = enrolled().await;
        let mut other = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-2").await;
        other.work().await.expect("works");
        let mut connected = agent.connect().await.expect("connects");
        connected.fetch().await.expect("goes live");
        let peer = other.network.peer().clone();
        connected.network().come_as(peer.clone());
        agent.network.come_as(peer);
        // Once an hour is enough to be heard.
        for _ in 0..3 {
            if in_a_session {
                connected.fetch().await.expect_err("refused");
            } else {
                agent.say_hello(|_| {}).await.expect_err("refused");
            }
            assert_eq!(count(&server, RELAYED).await, 1);
        }
        other.work().await.expect("not its fault");
        assert!(server.audit_is_intact().await);
    }
}

/// Whoever holds a certificate of its own could make as many as it likes.
#[tokio::test]
async fn what_is_not_the_devices_own_message_raises_no_alarm() {
    let (server, mut agent) = enrolled().await;
    let mut other = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-2").await;
    other.work().await.expect("works");
    let device = agent.device();
    other.say_hello(|hello| hello.device = device).await.expect_err("refused");
    assert_eq!(count(&server, RELAYED).await, 0);
    agent.work().await.expect("goes on");
}
