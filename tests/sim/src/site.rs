//! The site every case begins with, made once and copied for each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sekisho_model::id::{AccountId, DeviceId, UserId};
use sekisho_model::name::AccountName;
use sekisho_model::{Clock, Timestamp};
use sekisho_platform::disk::MemoryDisk;
use sekisho_seal::recovery_key;
use sekisho_seal::sealing::OpeningKey;
use sekisho_server::agents::Peer;
use sekisho_server::app::SharedApp;
use sekisho_server::config::Config;
use sekisho_testkit::{Agent, Host, Server};

use crate::host::Password;

/// Everything of the template follows from this.
const SEED: u64 = 0x5e15_0000;

/// What nobody told the server.
const FIRST: &str = "what-nobody-told-the-server";

/// The hosts and their accounts.
const HOSTS: [(&str, &[&str]); 2] = [("web-1", &["app", "svc"]), ("db-1", &["pg"])];

/// A site at several moments of its life.
pub(crate) struct Site {
    /// The key-encryption key is in it.
    _folder: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) owner: UserId,
    /// Another administrator.
    pub(crate) other: UserId,
    pub(crate) recovery_key: OpeningKey,
    /// The server that made it.
    pub(crate) app: SharedApp,
    /// The file with the key-encryption key.
    pub(crate) kek: PathBuf,
    /// As it was printed.
    pub(crate) recovery_text: String,
    pub(crate) stages: Vec<Stage>,
}

/// One moment.
pub(crate) struct Stage {
    pub(crate) now: Timestamp,
    /// The database file.
    pub(crate) image: Arc<[u8]>,
    pub(crate) hosts: Vec<HostAt>,
    pub(crate) accounts: Vec<AccountAt>,
}

/// A host and its agent's disk at that moment.
pub(crate) struct HostAt {
    pub(crate) device: DeviceId,
    pub(crate) peer: Peer,
    pub(crate) disk: MemoryDisk,
    pub(crate) passwords: BTreeMap<AccountName, Password>,
}

/// An account.
#[derive(Clone)]
pub(crate) struct AccountAt {
    pub(crate) id: AccountId,
    pub(crate) host: usize,
    pub(crate) name: AccountName,
}

impl Site {
    /// Makes it with the real server and the real agents: discovered; every
    /// password reset once; one with a longer history.
    pub(crate) async fn new() -> Self {
        Self::made(async |_| {}).await
    }

    /// The same, and something else that happens after its hosts are known.
    pub(crate) async fn made(then: impl AsyncFnOnce(&Server)) -> Self {
        let server = Server::seeded(SEED).await;
        let other = server.add_user("other").await;
        let mut agents = Vec::new();
        for (name, accounts) in HOSTS {
            let accounts: Vec<_> = accounts.iter().map(|account| (*account, FIRST)).collect();
            let mut agent = Agent::enrol(&server, Host::with(&accounts), name).await;
            agent.work().await.expect("discovers");
            agents.push(agent);
        }
        then(&server).await;
        for agent in &mut agents {
            agent.work().await.expect("has nothing to do");
        }
        let mut stages = vec![Stage::now(&server, &agents).await];
        for (host, (_, accounts)) in HOSTS.iter().enumerate() {
            for account in *accounts {
                server.request_reset(account).await;
                agents[host].work().await.expect("resets");
            }
        }
        stages.push(Stage::now(&server, &agents).await);
        for _ in 0..3 {
            server.request_reset("svc").await;
            agents[0].work().await.expect("resets");
        }
        stages.push(Stage::now(&server, &agents).await);
        let folder = server.backup().await;
        let kek = folder.path().join("kek");
        Self {
            config: sekisho_testkit::config(folder.path()),
            _folder: folder,
            owner: server.owner(),
            other,
            app: server.app().clone(),
            kek,
            recovery_text: server.recovery_key().to_owned(),
            recovery_key: recovery_key::parse(server.recovery_key()).expect("a key"),
            stages,
        }
    }
}

impl Stage {
    async fn now(server: &Server, agents: &[Agent]) -> Self {
        let mut hosts = Vec::new();
        let mut accounts = Vec::new();
        for (index, (agent, (_, names))) in agents.iter().zip(HOSTS).enumerate() {
            let mut passwords = BTreeMap::new();
            for account in names {
                let row = server.account(account).await;
                let password = Password {
                    value: agent.host.password(account),
                    by_hand: row.current_version.is_none(),
                    reverted: false,
                };
                passwords.insert(row.name.clone(), password);
                accounts.push(AccountAt { id: row.id, host: index, name: row.name });
            }
            let peer = agent.network.peer().clone();
            let device = peer.identity.as_ref().expect("it is enrolled").device;
            let disk = agent.disk.snapshot();
            hosts.push(HostAt { device, peer, disk, passwords });
        }
        Self { now: server.clock().now(), image: image(server), hosts, accounts }
    }
}

/// The database as one file that needs no log beside it.
fn image(server: &Server) -> Arc<[u8]> {
    let file = server.folder().join("data/sekisho.db");
    let connection = rusqlite::Connection::open(&file).expect("the database of the site");
    let mut image = connection.serialize("main").expect("memory is there").to_vec();
    // Versions of the format for reading and writing: 2 means a log beside it.
    image[18] = 1;
    image[19] = 1;
    image.into()
}
