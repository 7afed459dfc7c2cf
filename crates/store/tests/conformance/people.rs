//! Users, sessions, tokens, throttling, idempotency, keys and bundles.

use std::time::Duration;

use sekisho_model::user::{ProofMethod, Role, TokenScope};
use sekisho_store::{
    Access, ApiToken, Blob, Bundle, Claim, Hash, IdempotencyKey, Kek, LoginSession, Only, Page,
    SiteKey, SiteKeyKind, StoreError, Unique, VaultKey, VaultKeyState,
};

use crate::databases::on_both;

#[test]
fn names_are_unique() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let refused = work.users().insert(world.user("ann")).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::LoginName }));
        drop(work);
        let users = world.store.read();
        let name = "ann".parse().expect("valid");
        let found = users.users().find_by_name(&name).await.expect("reads").expect("is there");
        assert_eq!(found.id, sample.user);
        assert_eq!(users.users().count_active(Role::SuperAdministrator).await, Ok(1));
        assert_eq!(users.users().count_active(Role::PasswordUser).await, Ok(0));
    });
}

#[test]
fn sessions_end() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let session = |n: u8| LoginSession {
            id: world.id(),
            user: sample.user,
            token_hash: Hash([n; 32]),
            created_at: world.now(),
            last_seen_at: world.now(),
            expires_at: world.in_an_hour(),
            address: Some("192.0.2.7".to_owned()),
            client: Some("Firefox on Linux".to_owned()),
            methods: Some(vec![ProofMethod::Password]),
            proved_at: Some(world.now()),
        };
        let kept = session(1);
        let work = world.begin().await;
        for one in [kept.clone(), session(2), session(3)] {
            work.login_sessions().insert(one).await.expect("inserts");
        }
        let later = world.in_an_hour();
        work.login_sessions().touch(kept.id, later).await.expect("updates");
        assert_eq!(work.login_sessions().delete_of_user(sample.user, Some(kept.id)).await, Ok(2));
        world.commit(work).await;
        let found = world.store.read().login_sessions().find_by_token(Hash([1; 32])).await;
        assert_eq!(found, Ok(Some(LoginSession { last_seen_at: later, ..kept.clone() })));
        let found = world.store.read().login_sessions().find_by_token(Hash([2; 32])).await;
        assert_eq!(found, Ok(None));
        world.clock.advance(Duration::from_secs(3601));
        let work = world.begin().await;
        assert_eq!(work.login_sessions().purge(world.now()).await, Ok(1));
        assert_eq!(work.login_sessions().delete(kept.id).await, Ok(false));
    });
}

#[test]
fn tokens_are_found_and_revoked() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let token = ApiToken {
            id: world.id(),
            user: sample.user,
            name: "ci".parse().expect("valid"),
            token_hash: Hash([4; 32]),
            scopes: vec![TokenScope::Read, TokenScope::Reveal],
            created_at: world.now(),
            expires_at: world.in_an_hour(),
            last_used_at: None,
            revoked_at: None,
        };
        let work = world.begin().await;
        work.api_tokens().insert(token.clone()).await.expect("inserts");
        world.commit(work).await;
        let found = world.store.read().api_tokens().find_by_token(Hash([4; 32])).await;
        assert_eq!(found, Ok(Some(token.clone())));
        let work = world.begin().await;
        assert_eq!(work.api_tokens().revoke(token.id, world.now()).await, Ok(true));
        assert_eq!(work.api_tokens().revoke(token.id, world.now()).await, Ok(false));
        world.commit(work).await;
        let list = world.store.read().api_tokens().list(Some(sample.user), &Page::default()).await;
        assert_eq!(list.expect("reads").items[0].revoked_at, Some(world.now()));
    });
}

#[test]
fn concurrent_failures_all_count() {
    on_both(async |world| {
        let window = Duration::from_secs(900);
        let fail = async || {
            let work = world.begin().await;
            let now = world.now();
            let bucket = work.sign_in_attempts().fail("ann", "192.0.2.7", now, window).await;
            let _ = work.commit_unaudited("a failed sign-in").await.expect("commits");
            bucket.expect("updates").failures
        };
        tokio::join!(fail(), fail(), fail(), fail());
        assert_eq!(fail().await, 5);

        let work = world.begin().await;
        let until = world.in_an_hour();
        work.sign_in_attempts().block("ann", "192.0.2.7", until).await.expect("updates");
        let _ = work.commit_unaudited("a block").await.expect("commits");
        world.clock.advance(window);
        assert_eq!(fail().await, 1, "a new window");
        let bucket = world.store.read().sign_in_attempts().find("ann", "192.0.2.7").await;
        let bucket = bucket.expect("reads").expect("is there");
        assert_eq!((bucket.blocked_until, bucket.window_started_at), (Some(until), world.now()));

        let work = world.begin().await;
        let (before, now) = (world.in_an_hour(), world.now());
        assert_eq!(work.sign_in_attempts().purge(before, now).await, Ok(0), "it still blocks");
        assert_eq!(work.sign_in_attempts().purge(before, before).await, Ok(1));
    });
}

#[test]
fn a_repeated_request_finds_its_answer() {
    on_both(async |world| {
        let key = IdempotencyKey {
            actor: "user:1".to_owned(),
            key: "k".to_owned(),
            route: "POST /api/v1/accounts/{id}/reset".to_owned(),
            request_hash: Hash([1; 32]),
            status: None,
            body: None,
            created_at: world.now(),
        };
        let request = async || {
            let work = world.begin().await;
            let claim = work.idempotency_keys().claim(key.clone()).await.expect("claims");
            if claim == Claim::New {
                let body = Some(Blob(b"{}".to_vec()));
                work.idempotency_keys().answer("user:1", "k", 201, body).await.expect("updates");
            }
            let _ = work.commit_unaudited("a test").await.expect("commits");
            claim
        };
        let (one, two) = tokio::join!(request(), request());
        let used = match (one, two) {
            (Claim::New, Claim::Used(used)) | (Claim::Used(used), Claim::New) => used,
            both => panic!("{both:?}"),
        };
        assert_eq!((used.status, used.body), (Some(201), Some(Blob(b"{}".to_vec()))));
        let work = world.begin().await;
        assert_eq!(work.idempotency_keys().purge(world.in_an_hour()).await, Ok(1));
    });
}

#[test]
fn one_vault_key_is_active() {
    on_both(async |world| {
        world.with_site().await;
        let second = VaultKey {
            version: 2,
            wrapped: Blob(vec![2; 48]),
            state: VaultKeyState::Active,
            created_at: world.now(),
        };
        let work = world.begin().await;
        let refused = work.vault_keys().insert(second.clone()).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::ActiveVaultKey }));
        drop(work);
        let work = world.begin().await;
        assert_eq!(work.vault_keys().supersede(1).await, Ok(true));
        work.vault_keys().insert(second).await.expect("inserts");
        assert_eq!(work.vault_keys().rewrap(1, Blob(vec![7])).await, Ok(true));
        for provider in ["file", "passphrase"] {
            let kek = Kek {
                only: Only,
                provider: provider.to_owned(),
                params: serde_json::json!({"salt": "x"}),
                check: Blob(vec![1]),
                changed_at: world.now(),
            };
            work.site().put_kek(kek).await.expect("writes");
        }
        world.commit(work).await;
        let ring = world.store.read().vault_keys().list().await.expect("reads");
        let ring: Vec<_> = ring.into_iter().map(|key| (key.version, key.state)).collect();
        assert_eq!(ring, [(2, VaultKeyState::Active), (1, VaultKeyState::Draining)]);
        let kek = world.store.read().site().kek().await.expect("reads").expect("is there");
        assert_eq!(kek.provider, "passphrase");
    });
}

#[test]
fn site_keys_and_bundles() {
    on_both(async |world| {
        world.with_site().await;
        let key = |kind| SiteKey {
            id: world.id(),
            kind,
            public: Blob(vec![1; 32]),
            sealed_private: Some(Blob(vec![2; 60])),
            vault_key_version: Some(1),
            certificate: None,
            created_at: world.now(),
            expires_at: None,
            retired_at: None,
        };
        let (order, old) = (key(SiteKeyKind::Order), key(SiteKeyKind::Order));
        let work = world.begin().await;
        for one in [order.clone(), old.clone(), key(SiteKeyKind::Receipt)] {
            work.site_keys().insert(one).await.expect("inserts");
        }
        assert_eq!(work.site_keys().retire(old.id, world.now()).await, Ok(true));
        for version in 1..=3 {
            let bundle = Bundle {
                version,
                bytes: Blob(vec![0; 9]),
                hash: Hash([0; 32]),
                created_at: world.now(),
            };
            work.bundles().insert(bundle).await.expect("inserts");
        }
        world.commit(work).await;
        let reader = world.store.read();
        let live = reader.site_keys().live(SiteKeyKind::Order).await.expect("reads");
        assert_eq!(live, [order]);
        assert_eq!(reader.site_keys().list().await.expect("reads").len(), 3);
        let newest = reader.bundles().newest().await.expect("reads").expect("is there");
        assert_eq!(newest.version, 3);
        let after = reader.bundles().after(1, 10).await.expect("reads");
        assert_eq!(after.iter().map(|b| b.version).collect::<Vec<_>>(), [2, 3]);
    });
}
