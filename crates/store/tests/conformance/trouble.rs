//! A database that is slow, cut off or older than it was.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_store::{Access, Store, StoreError, StoreUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;

use crate::databases::{Engine, World, block_on, on_both};

/// A network that can be made to fail, between the store and PostgreSQL.
struct Network {
    port: u16,
    state: Arc<AtomicU8>,
    _task: JoinSet<()>,
}

const FLOWS: u8 = 0;
/// Bytes are taken and go nowhere; no connection is closed.
const SILENT: u8 = 1;
/// What PostgreSQL answers goes nowhere.
const DEAF: u8 = 3;
/// Every connection is closed, and every new one.
const CUT: u8 = 2;

impl Network {
    async fn before(socket: PathBuf) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(AtomicU8::new(FLOWS));
        let mut task = JoinSet::new();
        let shared = state.clone();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                if shared.load(Ordering::SeqCst) == CUT {
                    continue;
                }
                let (socket, state) = (socket.clone(), shared.clone());
                connections.spawn(async move {
                    let mut far = UnixStream::connect(socket).await.expect("PostgreSQL listens");
                    let (mut a, mut b) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
                    loop {
                        let cut = async {
                            while state.load(Ordering::SeqCst) != CUT {
                                tokio::time::sleep(Duration::from_millis(5)).await;
                            }
                        };
                        let silent = || state.load(Ordering::SeqCst) == SILENT;
                        tokio::select! {
                            () = cut => return,
                            read = near.read(&mut a) => match read {
                                Ok(n) if n > 0 => {
                                    if !silent() && far.write_all(&a[..n]).await.is_err() { return }
                                }
                                _ => return,
                            },
                            read = far.read(&mut b) => match read {
                                Ok(n) if n > 0 => {
                                    let deaf = state.load(Ordering::SeqCst) == DEAF;
                                    if !silent() && !deaf && near.write_all(&b[..n]).await.is_err() { return }
                                }
                                _ => return,
                            },
                        }
                    }
                });
            }
        });
        Self { port, state, _task: task }
    }

    fn becomes(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }
}

/// A store whose statements go over a network that can fail.
async fn over_a_network() -> (World, Network) {
    let mut world = World::new(Engine::Postgres).await;
    let StoreUrl::Postgres(servers) = &world.config.url else { panic!("PostgreSQL") };
    let server = &servers.all()[0];
    let folder = server.get_socket().expect("a socket").clone();
    let database = server.get_database().expect("has a name").to_owned();
    let network = Network::before(folder.join(format!(".s.PGSQL.{}", server.get_port()))).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", network.port);
    world.config.url = url.parse().expect("valid");
    world.config.patience = Duration::from_millis(400);
    world.store = world.reconnect().await.expect("connects");
    (world, network)
}

async fn change(world: &World, name: &str) -> Result<(), StoreError> {
    let mut work = world.store.begin(&world.context()).await?;
    work.users().insert(world.user(name)).await?;
    work.record(Event::ServerStopped {});
    work.commit().await.map(drop)
}

#[test]
fn a_database_that_falls_silent_is_unavailable_soon_and_used_again() {
    block_on(async {
        let (world, network) = over_a_network().await;
        world.with_site().await;
        let mut half = world.begin().await;
        half.users().insert(world.user("half")).await.expect("inserts");
        half.record(Event::ServerStopped {});

        network.becomes(SILENT);
        let started = tokio::time::Instant::now();
        let refused = [
            half.commit().await.map(drop),
            change(&world, "ann").await,
            world.store.read().site().find().await.map(drop),
            world.store.ping().await,
        ];
        let took = started.elapsed();
        for result in refused {
            assert!(matches!(result, Err(StoreError::Unavailable { .. })), "{result:?}");
        }
        assert!(took < Duration::from_secs(10), "{took:?}: no statement waits for ever");

        network.becomes(CUT);
        tokio::time::sleep(Duration::from_millis(50)).await;
        network.becomes(FLOWS);
        change(&world, "bob").await.expect("it works again");
        let users = world.texts("SELECT name FROM users").await;
        assert_eq!(users, ["bob"], "nothing is half-done");
    });
}

#[test]
fn a_commit_that_nobody_confirmed_is_not_called_undone() {
    block_on(async {
        let (world, network) = over_a_network().await;
        world.with_site().await;
        for (state, name) in [(DEAF, "done"), (SILENT, "undone")] {
            let work = world.begin().await;
            work.users().insert(world.user(name)).await.expect("inserts");
            network.becomes(state);
            let said = work.commit_unaudited("one COMMIT").await.expect_err("no answer comes");
            assert!(matches!(said, StoreError::Undecided { .. }), "{said}");
            network.becomes(CUT);
            tokio::time::sleep(Duration::from_millis(50)).await;
            network.becomes(FLOWS);
        }
        let users = world.texts("SELECT name FROM users").await;
        assert_eq!(users, ["done"], "either may be true");
    });
}

#[test]
fn a_network_that_is_cut_is_unavailable_at_once_and_used_again() {
    block_on(async {
        let (world, network) = over_a_network().await;
        world.with_site().await;
        for round in 0..5 {
            let mut half = world.begin().await;
            half.users().insert(world.user("half")).await.expect("inserts");
            half.record(Event::ServerStopped {});
            network.becomes(CUT);
            let refused = half.commit().await.expect_err("cut off");
            assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
            let refused = change(&world, "ann").await.expect_err("cut off");
            assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
            network.becomes(FLOWS);
            change(&world, &format!("u{round}")).await.expect("it works again");
        }
        let users = world.texts("SELECT name FROM users").await;
        assert_eq!(users, ["u0", "u1", "u2", "u3", "u4"], "nothing is half-done");
    });
}

/// Cuts the newest line off the audit log, as an older copy would lack it.
const CUT_OFF: &str = "UPDATE audit_chains SET head_seq = head_seq - 1, head_hash = \
     (SELECT l.previous FROM audit_lines l WHERE l.chain = audit_chains.id AND \
     l.seq = audit_chains.head_seq); \
     DELETE FROM audit_lines WHERE seq > (SELECT head_seq FROM audit_chains)";

async fn refused_as_older(world: &World) {
    let refused = change(world, "later").await.expect_err("refused");
    assert!(matches!(refused, StoreError::Behind { .. }), "{refused}");
    let refused = world.store.check_audit_head().await.expect_err("refused");
    assert!(matches!(refused, StoreError::Behind { .. }), "{refused}");
    assert!(world.store.behind().is_some());
}

#[test]
fn a_database_that_is_older_than_before_takes_no_change() {
    on_both(async |world| {
        world.with_site().await;
        change(&world, "ann").await.expect("commits");
        change(&world, "bob").await.expect("commits");
        world.store.check_audit_head().await.expect("as it was");
        world.execute(CUT_OFF).await;

        refused_as_older(&world).await;

        // Another history of the same length, or a longer one, is no better.
        world.execute("UPDATE audit_chains SET head_seq = head_seq + 1").await;
        refused_as_older(&world).await;
        world.execute("UPDATE audit_chains SET head_seq = head_seq + 1").await;
        refused_as_older(&world).await;
        world.execute("UPDATE audit_chains SET head_seq = head_seq - 2").await;

        // Only the change that takes it as it is, and then all others.
        let mut work = world.store.begin_past_fence(&world.context()).await.expect("begins");
        assert!(work.site().enter_recovery("older").await.expect("updates"));
        work.record(Event::ServerStopped {});
        let _ = work.commit().await.expect("commits");
        assert_eq!(world.store.behind(), None);
        change(&world, "cid").await.expect("commits");
        world.store.check_audit_head().await.expect("as it was");
    });
}

/// The line that is newest when a look ends may not have been there when it began.
#[test]
fn a_look_while_others_commit_misses_nothing() {
    on_both(async |world| {
        world.with_site().await;
        change(&world, "first").await.expect("commits");
        let committing = async {
            for round in 0..100 {
                change(&world, &format!("u{round}")).await.expect("commits");
            }
        };
        let looking = async {
            loop {
                world.store.check_audit_head().await.expect("nothing is missing");
            }
        };
        tokio::select! {
            () = committing => {}
            () = looking => {}
        }
        assert_eq!(world.store.behind(), None);
    });
}

#[test]
fn what_was_seen_before_the_start_is_expected_after_it() {
    on_both(async |world| {
        world.with_site().await;
        change(&world, "ann").await.expect("commits");
        let head = world.store.audit_head().expect("a line was committed");
        let again = async |world: &World| -> Result<Store, StoreError> {
            let store = world.reconnect().await.expect("connects");
            store.expect_audit_head(head);
            store.check_audit_head().await.map(|()| store)
        };
        let second = again(&world).await.expect("the line is there");
        // A command at the console appends to the same chain.
        let mut work = second.begin(&world.context()).await.expect("begins");
        work.record(Event::ServerStopped {});
        let _ = work.commit().await.expect("commits");
        change(&world, "bob").await.expect("what this node appended elsewhere is no other history");

        world.execute(CUT_OFF).await;
        world.execute(CUT_OFF).await;
        again(&world).await.expect("its last line is still there");
        world.execute(CUT_OFF).await;
        let refused = again(&world).await.expect_err("refused");
        assert!(matches!(refused, StoreError::Behind { .. }), "{refused}");
    });
}
