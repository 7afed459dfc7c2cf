//! Everything the vault has sealed, and the keys that sealed it.

use sekisho_store::{
    Access, Blob, NextKek, NextWrapping, Only, SEALED_COLUMNS, SealedValue, SiteKey, SiteKeyKind,
    StoreError, Unique, VaultKey, VaultKeyState,
};

use crate::databases::{World, on_both};

impl World {
    /// Puts a second vault key into use.
    async fn with_second_key(&self) {
        let work = self.begin().await;
        assert_eq!(work.vault_keys().supersede(1).await, Ok(true));
        assert_eq!(work.vault_keys().supersede(1).await, Ok(false));
        let key = VaultKey {
            version: 2,
            wrapped: Blob(vec![2; 48]),
            state: VaultKeyState::Active,
            created_at: self.now(),
        };
        work.vault_keys().insert(key).await.expect("inserts");
        self.commit(work).await;
    }

    async fn with_site_keys(&self, count: usize) {
        let work = self.begin().await;
        for at in 0..count {
            let key = SiteKey {
                id: self.id(),
                kind: SiteKeyKind::Order,
                public: Blob(vec![1; 32]),
                sealed_private: Some(Blob(vec![at as u8; 60])),
                vault_key_version: Some(1),
                certificate: None,
                created_at: self.now(),
                expires_at: None,
                retired_at: None,
            };
            work.site_keys().insert(key).await.expect("inserts");
        }
        self.commit(work).await;
    }

    async fn counts(&self) -> Vec<(&'static str, i64, u64)> {
        let tally = self.store.read().sealed_values().tally().await.expect("counts");
        tally.iter().map(|one| (one.column.table, one.version, one.count)).collect()
    }
}

#[test]
fn values_move_to_the_new_key_in_batches_and_only_once() {
    on_both(async |world| {
        world.with_site().await;
        world.with_site_keys(5).await;
        world.with_second_key().await;
        let column = SEALED_COLUMNS[0];
        assert_eq!(column.table, "site_keys");

        let work = world.begin().await;
        let first = work.sealed_values().lock_older(column, 2, None, 2).await.expect("reads");
        let after = Some(first[1].id);
        let second = work.sealed_values().lock_older(column, 2, after, 9).await.expect("reads");
        assert_eq!((first.len(), second.len()), (2, 3));
        assert!(first.iter().chain(&second).is_sorted_by_key(|value| value.id));
        let values = work.sealed_values();
        let new = Some(Blob(vec![9; 60]));
        assert_eq!(values.reseal(column, &first[0], new.clone(), 2).await, Ok(true));
        assert_eq!(values.reseal(column, &first[0], new.clone(), 2).await, Ok(false));
        // A secret that was forgotten stays forgotten.
        assert_eq!(values.reseal(column, &second[0], None, 2).await, Ok(true));
        world.commit(work).await;

        assert_eq!(world.counts().await, [("site_keys", 1, 3), ("site_keys", 2, 2)]);
        let work = world.begin().await;
        let left = work.sealed_values().lock_older(column, 2, None, 9).await.expect("reads");
        assert_eq!(left, [&first[1..], &second[1..]].concat());
        let all = work.sealed_values().lock_older(column, 3, None, 9).await.expect("reads");
        let is_new = |value: &&SealedValue| value.version == 2;
        let new: Vec<_> = all.iter().filter(is_new).map(|value| value.sealed.clone()).collect();
        assert_eq!(new, [Some(Blob(vec![9; 60])), None]);
    });
}

#[test]
fn a_key_is_retired_only_when_nothing_is_sealed_with_it() {
    on_both(async |world| {
        world.with_site().await;
        world.with_site_keys(1).await;
        let work = world.begin().await;
        assert_eq!(work.vault_keys().retire_if_empty(1).await, Ok(false), "it is active");
        drop(work);
        world.with_second_key().await;
        let work = world.begin().await;
        assert_eq!(work.vault_keys().retire_if_empty(1).await, Ok(false), "it holds a value");
        let column = SEALED_COLUMNS[0];
        let values = work.sealed_values().lock_older(column, 2, None, 9).await.expect("reads");
        for value in values {
            let done = work.sealed_values().reseal(column, &value, value.sealed.clone(), 2).await;
            assert_eq!(done, Ok(true));
        }
        // The transaction that empties it may also retire it.
        assert_eq!(work.vault_keys().retire_if_empty(1).await, Ok(true));
        assert_eq!(work.vault_keys().retire_if_empty(1).await, Ok(false), "it is retired");
        assert_eq!(work.vault_keys().retire_if_empty(7).await, Ok(false), "there is none");
        world.commit(work).await;
        let ring = world.store.read().vault_keys().list().await.expect("reads");
        let ring: Vec<_> = ring.into_iter().map(|key| (key.version, key.state)).collect();
        assert_eq!(ring, [(2, VaultKeyState::Active), (1, VaultKeyState::Retired)]);
    });
}

#[test]
fn one_key_encryption_key_is_to_come() {
    on_both(async |world| {
        world.with_site().await;
        let next = NextKek {
            only: Only,
            provider: "pkcs11".to_owned(),
            params: serde_json::json!({"key": "hsm"}),
            created_at: world.now(),
        };
        let work = world.begin().await;
        work.site().insert_next_kek(next.clone()).await.expect("inserts");
        let wrapping = NextWrapping { version: 1, wrapped: Blob(vec![3; 60]) };
        work.vault_keys().insert_next(wrapping.clone()).await.expect("inserts");
        world.commit(work).await;
        let reader = world.store.read();
        assert_eq!(reader.site().next_kek().await, Ok(Some(next.clone())));
        assert_eq!(reader.vault_keys().next().await, Ok(vec![wrapping]));

        let work = world.begin().await;
        let refused = work.site().insert_next_kek(next).await;
        assert!(matches!(refused, Err(StoreError::Conflict { what: Unique::Key })), "{refused:?}");
        drop(work);
        let work = world.begin().await;
        work.vault_keys().forget_next().await.expect("deletes");
        assert_eq!(work.site().forget_next_kek().await, Ok(true));
        assert_eq!(work.site().forget_next_kek().await, Ok(false));
        world.commit(work).await;
        assert_eq!(reader.vault_keys().next().await, Ok(vec![]));
    });
}
