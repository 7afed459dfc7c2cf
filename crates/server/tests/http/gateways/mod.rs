//! Gateways: pairing, the link and what comes over it, offices and limits.

mod api;
mod double;
mod link;

use std::net::SocketAddr;
use std::sync::Arc;

use sekisho_model::device::DeviceState;
use sekisho_model::id::DeviceId;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::run::{self, Listeners};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::harness::{Answer, Client, TestServer};
use crate::objects;
use double::{Double, Mood};

/// A server with its listeners, and an administrator.
struct Site {
    server: TestServer,
    admin: Client,
    agents: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    tasks: JoinSet<()>,
}

impl Site {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let admin = server.user("ann", Role::Administrator).await;
        let listeners = Listeners::bind(&server.app.config).expect("bound");
        let agents = listeners.agents.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let app = server.app.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            run::serve(app, listeners, stop).await.expect("it serves");
        });
        Self { server, admin, agents, stop: Some(stop), tasks }
    }

    /// The same site, opened anew.
    async fn restart(&self) -> JoinSet<()> {
        let (config, clock) = (self.server.app.config.as_ref().clone(), self.server.clock.clone());
        let listeners = Listeners::bind(&config).expect("bound");
        let app = run::open(config, clock, Arc::new(SystemRng)).await.expect("opens");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            run::serve(app, listeners, std::future::pending()).await.expect("it serves");
        });
        tasks
    }

    async fn stop(&mut self) {
        self.stop.take().expect("it runs").send(()).expect("it listens");
        while self.tasks.join_next().await.is_some() {}
    }

    /// Pairs a gateway that waits for it.
    async fn pair(&self, double: &Double, name: &str) -> Value {
        self.try_pair(double, name).await.expect(201)
    }

    async fn try_pair(&self, double: &Double, name: &str) -> Answer {
        let text = double.text.to_text().to_string();
        self.admin.post("/gateways", json!({ "pairing": text, "name": name })).await
    }

    /// A gateway that is paired.
    async fn paired(&self) -> (Double, Value) {
        let double = Double::start(Mood::Waits).await;
        let shown = self.pair(&double, "dmz").await;
        (double, shown)
    }

    async fn change(&self, gateway: &Value, body: Value) -> Value {
        let path = format!("/gateways/{}", gateway["id"].as_str().expect("an id"));
        let etag = self.admin.get(&path).await.header("etag").expect("an ETag").to_owned();
        self.admin.patch(&path, &etag, body).await.expect(200)
    }

    async fn revoke(&self, gateway: &Value) -> Value {
        let path = format!("/gateways/{}/revoke", gateway["id"].as_str().expect("an id"));
        self.admin.post(&path, json!({ "reason": "stolen" })).await.expect(200)
    }
}

/// A device that has something to fetch.
async fn waiting_device(server: &TestServer) -> DeviceId {
    let owner = server.user("bea", Role::PasswordAdministrator).await;
    let body = json!({ "name": "web", "platform": "linux" });
    let web = owner.post("/resources", body).await.expect(201);
    let device = objects::device(server, Some(&web), "web", DeviceState::Approved).await;
    let path = format!("/resources/{}/discover", objects::id(&web));
    owner.post(&path, json!({})).await.expect(202);
    device
}
