//! The agent's own loop over real TLS, on a host whose clock stands still.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sekisho_agent::config::Config;
use sekisho_agent::run::{self as agent_loop, Surroundings};
use sekisho_agent::state::State;
use sekisho_agent::status::StatusFile;
use sekisho_link::{Bootstrap as _, Endpoint, UnverifiedLink};
use sekisho_model::Clock;
use sekisho_model::clock::ManualClock;
use sekisho_model::order::OrderState;
use sekisho_model::rng::SystemRng;
use sekisho_server::run::{self, Listeners};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::enrolled;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// For what happens within milliseconds.
const SOON: Duration = Duration::from_secs(30);

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

#[tokio::test]
async fn a_certificate_that_only_the_server_knows_to_be_over_is_renewed() {
    let (server, agent) = enrolled().await;
    let state = State::new(Arc::new(agent.disk.clone()));
    let first = state.certificate().expect("read").expect("issued");
    // The server's own certificate is good by both clocks; the device's is
    // good for weeks by the host's clock, and over by the server's.
    let stands = Arc::new(ManualClock::new(server.clock().now().plus(DAY * 6)));
    server.advance(DAY * 5);
    let listeners = Listeners { api: listener().await, agents: listener().await, metrics: None };
    let address = listeners.agents.local_addr().expect("bound");
    let endpoint: Endpoint = address.to_string().parse().expect("an endpoint");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = run::serve(server.app().clone(), listeners, async {
        let _ = stopped.await;
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(serving);
    let asked = UnverifiedLink::new(endpoint.clone()).expect("a link");
    asked.bundle(0).await.expect("it serves");
    server.advance(DAY * 26);
    assert!(stands.now() < first.renew_at && server.clock().now() > first.not_after);

    let order = server.request_reset("svc").await.id;
    let mut changes = server.app().bus.listen_order(order);
    let nowhere = Path::new("/nonexistent/sekisho-clock");
    let parts = Surroundings {
        config: Config::parse(&format!("server = \"{endpoint}\"")).expect("settings"),
        config_path: nowhere.join("agent.toml"),
        state: state.clone(),
        accounts: Arc::new(agent.host.clone()),
        clock: stands.clone(),
        rng: Arc::new(SystemRng),
        boot: "boot".to_owned(),
        host: "test".to_owned(),
        status: StatusFile::in_dir(nowhere),
    };
    let settled = async {
        while server.order(order).await.state != OrderState::Committed {
            changes.heard().await;
        }
    };
    tokio::select! {
        ended = agent_loop::run(parts) => panic!("the loop ended: {ended:?}"),
        settled = tokio::time::timeout(SOON, settled) => settled.expect("it works again"),
    }

    let renewed = state.certificate().expect("read").expect("issued");
    assert!(renewed.not_after > server.clock().now(), "{}", renewed.not_after);
    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
    stop.send(()).expect("it serves");
    tasks.join_next().await.expect("one task").expect("ends").expect("well");
}
