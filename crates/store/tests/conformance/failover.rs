//! Two real PostgreSQL servers, a primary and its synchronous standby: the
//! primary is killed in the middle of the load, nothing acknowledged is lost,
//! and a former primary that comes back is noticed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_model::id::UserId;
use sekisho_store::{Access, StoreError};

use crate::databases::{World, block_on, programs, shell};

/// The script that runs the pair; it says at its top how it is spoken to.
const SCRIPT: &str = include_str!("../fixtures/pair.sh");

/// The pair. It ends with the pipe that only we hold, however we end.
struct Pair {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    ports: [u16; 2],
}

impl Pair {
    fn start() -> Self {
        let held: [TcpListener; 2] = std::array::from_fn(|_| {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback")
        });
        let ports = held.map(|one| one.local_addr().expect("it is bound").port());
        let mut child = shell(SCRIPT)
            .arg(programs())
            .args(ports.map(|port| port.to_string()))
            .arg("off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("is piped"));
        let mut pair = Self { child, input, output, ports };
        pair.hears("ready");
        pair
    }

    fn url(&self) -> String {
        let [a, b] = self.ports;
        format!(
            "postgres://postgres@127.0.0.1:{a},127.0.0.1:{b}/postgres?target_session_attrs=read-write"
        )
    }

    fn hears(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("readable");
        assert_eq!(line.trim(), word, "PostgreSQL did not do it; see /tmp/sekisho-pair-*/log");
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.input.as_mut().expect("open until the end"), "{word}").expect("it reads");
        self.hears(word);
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.input.take());
        // It stops both and removes their folder.
        let _ = self.child.wait();
    }
}

/// One audited change; its id once it is acknowledged.
async fn change(world: &World) -> Result<UserId, StoreError> {
    let mut work = world.store.begin(&world.context()).await?;
    let id: UserId = world.id();
    let name = format!("u-{}", id.uuid().simple());
    let user = sekisho_store::User { id, ..world.user(&name[..32]) };
    work.users().insert(user).await?;
    work.record(Event::UserEnabled { user: id });
    work.commit().await.map(|_| id)
}

async fn known(world: &World, acknowledged: &BTreeSet<UserId>) -> usize {
    let mut found = 0;
    for id in acknowledged {
        found += usize::from(world.store.read().users().find(*id).await.expect("reads").is_some());
    }
    found
}

#[test]
fn a_killed_primary_loses_nothing_and_cannot_come_back_unnoticed() {
    let mut pair = Pair::start();
    block_on(async {
        let mut world = World::at(&pair.url(), tempfile::tempdir().expect("a folder")).await;
        world.config.patience = Duration::from_secs(2);
        world.store = world.reconnect().await.expect("connects");
        world.with_site().await;
        let world = Arc::new(world);
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (world, stop) = (world.clone(), stop.clone());
            let acknowledged = acknowledged.clone();
            writers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    match change(&world).await {
                        Ok(id) => drop(acknowledged.lock().expect("whole").insert(id)),
                        // Nothing else may come of it: it is a 503 to the caller.
                        Err(StoreError::Unavailable { .. } | StoreError::Undecided { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
        let count = || acknowledged.lock().expect("whole").len();
        let more_than = |least: usize| {
            let (count, world) = (&count, &world);
            async move {
                let patience = tokio::time::timeout(Duration::from_secs(30), async {
                    while count() <= least {
                        let _ = world.store.ping().await;
                        tokio::task::yield_now().await;
                    }
                });
                patience.await.expect("changes are acknowledged");
            }
        };
        more_than(50).await;

        tokio::task::block_in_place(|| pair.tell("kill-a"));
        let at_the_kill = count();
        tokio::task::block_in_place(|| pair.tell("promote-b"));
        more_than(at_the_kill + 50).await;
        stop.store(true, Ordering::Relaxed);
        while let Some(ended) = writers.join_next().await {
            ended.expect("no writer saw anything but success or unavailable");
        }

        let acknowledged = acknowledged.lock().expect("whole").clone();
        assert_eq!(known(&world, &acknowledged).await, acknowledged.len(), "nothing is lost");
        let reader = world.store.read();
        let chain = &reader.audit().chains().await.expect("reads")[0];
        reader.audit().verify(chain).await.expect("reads").expect("the audit log is whole");

        // The former primary comes back with what it had, and the other goes.
        tokio::task::block_in_place(|| pair.tell("start-a"));
        change(&world).await.expect("the server stays with the new primary");
        let started = world.reconnect().await.expect("connects");
        let seen = started.read().audit().chains().await.expect("reads")[0].head_seq;
        let known = world.store.read().audit().chains().await.expect("reads")[0].head_seq;
        assert_eq!(seen, known, "a server that starts takes the one that was promoted");
        tokio::task::block_in_place(|| pair.tell("kill-b"));
        let refused = tokio::time::timeout(Duration::from_secs(30), async {
            loop {
                match change(&world).await {
                    Err(StoreError::Unavailable { .. } | StoreError::Undecided { .. }) => {}
                    other => return other,
                }
            }
        });
        let refused = refused.await.expect("the server finds the former primary");
        assert!(matches!(refused, Err(StoreError::Behind { .. })), "{refused:?}");
        assert!(world.store.behind().is_some());
    });
}
