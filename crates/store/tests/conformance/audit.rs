//! INV-4: the chain of the audit log.

use std::time::Duration;

use sekisho_model::audit::LineHash;
use sekisho_model::audit_chain::{BrokenChain, ChainVerifier, SignedPlace};
use sekisho_model::event::{Actor, Event};
use sekisho_store::{
    Access, AuditFilter, Blob, Hash, Page, Store, StoreError, StoredHead, Unique, WitnessedHead,
    WitnessedSite,
};

use crate::databases::{World, on_both};

async fn record(world: &World, events: impl IntoIterator<Item = Event>) {
    let mut work = world.begin().await;
    for event in events {
        work.record(event);
    }
    let _ = work.commit().await.expect("commits");
}

async fn verify(world: &World) -> Result<u64, BrokenChain> {
    let audit = world.store.read();
    let chains = audit.audit().chains().await.expect("reads");
    assert_eq!(chains.len(), 1);
    audit.audit().verify(&chains[0]).await.expect("reads")
}

#[test]
fn every_event_is_appended_and_verified() {
    on_both(async |world| {
        world.with_site().await;
        let count = Event::samples().len() as u64;
        record(&world, Event::samples()).await;
        assert_eq!(verify(&world).await, Ok(count + 1));

        // More than one batch of the verification.
        for _ in 0..10 {
            record(&world, Event::samples()).await;
        }
        assert_eq!(verify(&world).await, Ok(count * 11 + 1));

        let chain = world.store.read().audit().chains().await.expect("reads")[0].id;
        let lines = world.store.read().audit().after(chain, 1, count).await.expect("reads");
        let events: Vec<String> = lines.into_iter().map(|line| line.event).collect();
        let written: Vec<String> = Event::samples()
            .iter()
            .map(|event| serde_json::to_string(event).expect("plain data"))
            .collect();
        assert_eq!(events, written, "byte for byte");
    });
}

#[test]
fn tampering_by_direct_sql_shows() {
    on_both(async |world| {
        world.with_site().await;
        for n in 0..4 {
            record(&world, [Event::ServerStarted { version: n.to_string() }]).await;
        }
        let changed = "UPDATE audit_lines SET event = replace(event, '1', '9') WHERE seq = 3";
        world.execute(changed).await;
        assert_eq!(verify(&world).await, Err(BrokenChain::Changed { seq: 3 }));

        world.execute("DELETE FROM audit_lines WHERE seq = 3").await;
        assert_eq!(verify(&world).await, Err(BrokenChain::Missing { expected: 3, found: 4 }));

        world.execute("DELETE FROM audit_lines WHERE seq >= 3").await;
        assert_eq!(verify(&world).await, Err(BrokenChain::CutOff { expected: 5, found: 2 }));
    });
}

/// Also those of two programs on one database (the server and its command
/// line). Lines of a unit of work that is dropped leave no gap.
#[test]
fn concurrent_units_of_work_share_one_unbroken_chain() {
    on_both(async |world| {
        world.with_site().await;
        let other = world.reconnect().await.expect("connects");
        let many = async |store: &Store| {
            for n in 0..15 {
                let mut work = store.begin(&world.context()).await.expect("begins");
                work.site().find().await.expect("reads before it writes");
                work.record(Event::ServerStarted { version: n.to_string() });
                work.record(Event::ServerStopped {});
                if n % 3 == 0 {
                    drop(work);
                } else {
                    let _ = work.commit().await.expect("commits");
                }
            }
        };
        tokio::join!(many(&world.store), many(&other), many(&world.store), many(&other));
        assert_eq!(verify(&world).await, Ok(1 + 4 * 10 * 2));
    });
}

#[test]
fn lines_are_listed_newest_first_and_filtered() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let start = world.now();
        for n in 0..5 {
            let mut work = world.begin().await;
            work.record_as(
                Actor::User(sample.user),
                Event::SignedIn { user: sample.user, with: Vec::new() },
            );
            work.record(Event::ServerStarted { version: format!("{n}%") });
            let _ = work.commit().await.expect("commits");
            world.clock.advance(Duration::from_secs(60));
        }
        let list = async |filter: &AuditFilter, limit: u16| {
            let mut lines = Vec::new();
            let mut page = Page::first(limit);
            loop {
                let found = world.store.read().audit().list(filter, &page).await.expect("reads");
                lines.extend(found.items);
                match found.next {
                    Some(next) => page.after = Some(next.to_string().parse().expect("a cursor")),
                    None => return lines,
                }
            }
        };
        let everything = list(&AuditFilter::default(), 200).await;
        assert_eq!(everything.len(), 12);
        assert!(everything.is_sorted_by_key(|line| std::cmp::Reverse((line.at, line.seq))));
        for limit in [1, 2, 5] {
            assert_eq!(list(&AuditFilter::default(), limit).await, everything, "limit {limit}");
        }

        let count = async |filter: AuditFilter| list(&filter, 3).await.len();
        let any = AuditFilter::default;
        assert_eq!(count(AuditFilter { codes: vec![210], ..any() }).await, 5);
        let user = Some(sample.user.to_string());
        assert_eq!(count(AuditFilter { actor: user, ..any() }).await, 5);
        assert_eq!(count(AuditFilter { event: Some("3%".to_owned()), ..any() }).await, 1);
        let at = |minutes: u64| Some(start.plus(Duration::from_secs(60 * minutes)));
        assert_eq!(count(AuditFilter { from: at(1), to: at(3), ..any() }).await, 4);
    });
}

/// Heads of our own chain and of other sites, and how far readers have come.
#[test]
fn heads_and_cursors_are_kept() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let chain = world.store.read().audit().chains().await.expect("reads")[0].id;
        let head = |seq| StoredHead {
            chain,
            seq,
            hash: Hash([7; 32]),
            at: world.now(),
            kid: Blob(vec![1; 8]),
            signature: Blob(vec![2; 64]),
        };
        let work = world.begin().await;
        for seq in [2, 5, 9] {
            work.audit_heads().insert(head(seq)).await.expect("kept");
        }
        for seq in [2, 5] {
            work.audit_heads().move_cursor("witness.file", chain, seq).await.expect("moved");
        }
        work.commit_unaudited("a test").await.map(drop).expect("commits");
        let store = world.store.read();
        let heads = store.audit_heads();
        assert_eq!(heads.newest(chain).await.expect("reads"), Some(head(9)));
        assert_eq!(heads.after(chain, 2, 1).await.expect("reads"), [head(5)]);
        assert_eq!(heads.count_after(chain, 2).await.expect("reads"), 2);
        assert_eq!(heads.cursor("witness.file", chain).await.expect("reads"), 5);
        assert_eq!(heads.cursor("witness.syslog", chain).await.expect("reads"), 0);

        let work = world.begin().await;
        let twice = work.audit_heads().insert(head(9)).await;
        assert_eq!(twice, Err(StoreError::Conflict { what: Unique::Key }));
        drop(work);

        let site = WitnessedSite {
            id: world.id(),
            name: "east".parse().expect("a label"),
            public: Blob(vec![3; 32]),
            added_by: sample.user,
            added_at: world.now(),
            removed_at: None,
        };
        let foreign = |seq| WitnessedHead {
            site: site.id,
            chain,
            seq,
            hash: Hash([8; 32]),
            at: world.now(),
            kid: Blob(vec![1; 8]),
            signature: Blob(vec![2; 64]),
            received_at: world.now(),
        };
        let work = world.begin().await;
        work.audit_heads().put_witnessed_site(site.clone()).await.expect("added");
        for seq in [4, 1] {
            work.audit_heads().keep_witnessed(foreign(seq)).await.expect("kept");
        }
        assert!(work.audit_heads().remove_witnessed_site(site.id).await.expect("removed"));
        assert!(!work.audit_heads().remove_witnessed_site(site.id).await.expect("once"));
        work.audit_heads().put_witnessed_site(site.clone()).await.expect("added again");
        work.commit_unaudited("a test").await.map(drop).expect("commits");
        assert_eq!(heads.witnessed_site(site.id).await.expect("reads"), Some(site.clone()));
        let all = heads.witnessed_after(site.id, None, 10).await.expect("reads");
        assert_eq!(all, [foreign(1), foreign(4)]);
        let rest = heads.witnessed_after(site.id, Some((chain, 1)), 10).await.expect("reads");
        assert_eq!(rest, [foreign(4)]);
        let found = heads.witnessed(site.id, chain, 4).await.expect("reads");
        assert_eq!(found, Some(foreign(4)));
    });
}

/// Cutting off the newest line, its recorded head and all, shows against what
/// was signed, on both databases.
#[test]
fn a_signed_head_finds_the_newest_line_cut_off() {
    on_both(async |world| {
        world.with_site().await;
        for n in 0..4 {
            record(&world, [Event::ServerStarted { version: n.to_string() }]).await;
        }
        let chain = world.store.read().audit().chains().await.expect("reads")[0].clone();
        let place = SignedPlace { seq: 5, hash: LineHash(chain.head_hash.0), at: world.now() };
        world.execute("DELETE FROM audit_lines WHERE seq = 5").await;
        world
            .execute(
                "UPDATE audit_chains SET head_seq = 4, head_hash = (SELECT hash FROM audit_lines \
                 WHERE seq = 4)",
            )
            .await;
        assert_eq!(verify(&world).await, Ok(4), "the chain alone looks whole");
        let chain = world.store.read().audit().chains().await.expect("reads")[0].clone();
        let mut verifier = ChainVerifier::default();
        verifier.expect(place).expect("the first");
        let found = world.store.read().audit().verify_with(&chain, verifier).await.expect("reads");
        let at = world.now();
        let cut = BrokenChain::CutOffSigned { expected: 5, found: 4, vouched: 0, at };
        assert_eq!(found, Err(cut));
    });
}

#[test]
fn a_closed_gate_refuses_what_waits_and_lets_the_rest_through() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let mut appended = world.store.appended();
        world.store.gate().close("no witness");
        let mut work = world.begin().await;
        work.record(Event::PasswordHistoryViewed { account: sample.account });
        let head = work.commit().await.expect("no secret, no change").head.expect("a line");
        assert!(appended.has_changed().expect("the store lives"));
        assert_eq!(*appended.borrow_and_update(), head.0);
        let mut work = world.begin().await;
        let (account, versions, reason) = (sample.account, Vec::new(), String::new());
        work.record(Event::PasswordRevealed { account, versions, reason });
        let refused = work.commit().await.map(drop);
        assert_eq!(refused, Err(StoreError::Held { reason: "no witness".to_owned() }));
        assert!(!appended.has_changed().expect("the store lives"));
        world.store.gate().open();
        record(&world, [Event::ServerStopped {}]).await;
    });
}
