//! Several ways to the server: one of them ends while an order is under way.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sekisho_agent::config::Config;
use sekisho_agent::run::{self as agent_loop, Surroundings};
use sekisho_agent::state::State;
use sekisho_agent::status::StatusFile;
use sekisho_agent::ways::Kind;
use sekisho_link::Endpoint;
use sekisho_model::Secret;
use sekisho_model::account::DiscoveredAccount;
use sekisho_model::name::AccountName;
use sekisho_model::order::OrderState;
use sekisho_model::rng::SystemRng;
use sekisho_platform::PlatformError;
use sekisho_platform::accounts::{
    AccountBackend, AccountFilter, Check, SetPasswordError, Verification,
};
use sekisho_server::run::{self, Listeners};
use sekisho_testkit::Host;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::enrolled;

/// For what happens within seconds.
const SOON: Duration = Duration::from_secs(30);

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// A way that passes bytes on. It ends, with every connection, when its task is
/// aborted.
async fn way_to(server: Endpoint, tasks: &mut JoinSet<()>) -> (Endpoint, AbortHandle) {
    let listener = listener().await;
    let address = listener.local_addr().expect("bound").to_string();
    let task = tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut near, _) = listener.accept().await.expect("accepted");
            let to = (server.host.clone(), server.port);
            connections.spawn(async move {
                if let Ok(mut far) = TcpStream::connect(to).await {
                    // Whichever end hangs up.
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    (address.parse().expect("an endpoint"), task)
}

/// A host on which a way ends just before a password is set.
struct CutOff {
    host: Host,
    way: AbortHandle,
}

impl AccountBackend for CutOff {
    fn discover(&self, filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError> {
        self.host.discover(filter)
    }

    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError> {
        self.way.abort();
        self.host.set_password(name, new)
    }

    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification {
        self.host.verify(name, candidate)
    }

    fn sync(&self) -> Result<(), PlatformError> {
        self.host.sync()
    }

    fn last_change_day(&self, name: &AccountName) -> Option<i64> {
        self.host.last_change_day(name)
    }

    fn readiness(&self) -> Vec<Check> {
        self.host.readiness()
    }
}

/// losing one gateway loses no order.
#[tokio::test]
async fn a_way_that_ends_while_an_order_is_carried_out_loses_nothing() {
    let (server, agent) = enrolled().await;
    let listeners = Listeners { api: listener().await, agents: listener().await, metrics: None };
    let address = listeners.agents.local_addr().expect("bound").to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    let to: Endpoint = address.parse().expect("an endpoint");
    let (first, way) = way_to(to.clone(), &mut tasks).await;
    let (second, _) = way_to(to, &mut tasks).await;
    server.add_gateway(&second.to_string()).await;
    let serving = run::serve(server.app().clone(), listeners, async {
        let _ = stopped.await;
    });
    let mut serve = JoinSet::new();
    serve.spawn(serving);
    let published = async {
        while server.app().keys.bundles().trust.bundle().gateways.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, published).await.expect("the server tells agents of it");

    let order = server.request_reset("svc").await.id;
    let mut changes = server.app().bus.listen_order(order);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let status = StatusFile::in_dir(folder.path());
    let parts = Surroundings {
        config: Config::parse(&format!("server = \"{first}\"")).expect("settings"),
        config_path: Path::new("/nonexistent/sekisho-ways").join("agent.toml"),
        state: State::new(Arc::new(agent.disk.clone())),
        accounts: Arc::new(CutOff { host: agent.host.clone(), way }),
        clock: server.clock(),
        rng: Arc::new(SystemRng),
        boot: "boot".to_owned(),
        host: "test".to_owned(),
        status: status.clone(),
    };
    let settled = async {
        while server.order(order).await.state != OrderState::Committed {
            changes.heard().await;
        }
    };
    tokio::select! {
        ended = agent_loop::run(parts) => panic!("the loop ended: {ended:?}"),
        settled = tokio::time::timeout(SOON, settled) => settled.expect("over the other way"),
    }

    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
    let ways = status.find().expect("written").ways;
    let shown: Vec<_> =
        ways.iter().map(|way| (way.address.as_str(), way.kind, way.in_use)).collect();
    let (first, second) = (first.to_string(), second.to_string());
    let expected = [(first.as_str(), Kind::Direct, false), (second.as_str(), Kind::Gateway, true)];
    assert_eq!(shown, expected);
    assert!(ways[0].problem.is_some() && ways[1].problem.is_none(), "{ways:?}");
    stop.send(()).expect("it serves");
    serve.join_next().await.expect("one task").expect("ends").expect("well");
}
