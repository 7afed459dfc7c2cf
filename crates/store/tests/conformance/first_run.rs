//! What a site is asked for at its beginning.

use sekisho_model::id::UserId;
use sekisho_store::{Access, Blob, Hash, RecoveryProof, ServerCertificate, UnitOfWork};

use crate::databases::{World, on_both};
use crate::sample::Sample;

impl World {
    fn proof(&self, user: UserId) -> RecoveryProof {
        RecoveryProof { kid: "0123456789abcdef".to_owned(), user, proved_at: self.now() }
    }

    fn certificate(&self, user: UserId) -> ServerCertificate {
        ServerCertificate {
            id: self.id(),
            names: "vault.corp.example 192.0.2.10".to_owned(),
            chain: Some(Blob(b"-----BEGIN CERTIFICATE-----".to_vec())),
            sealed_key: Some(Blob(vec![4; 40])),
            vault_key_version: Some(1),
            user,
            created_at: self.now(),
            warned_days: Some(7),
        }
    }
}

/// One of each, for the databases that are kept.
pub(crate) async fn fill(world: &World, sample: Sample, work: &UnitOfWork) {
    work.recovery_proofs().put(world.proof(sample.user)).await.expect("writes");
    work.server_certificates().put(world.certificate(sample.user)).await.expect("writes");
}

#[test]
fn the_newest_proof_takes_the_place_of_the_one_before() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let reader = world.store.read();
        let first = world.proof(sample.user);
        assert_eq!(reader.recovery_proofs().find(&first.kid).await, Ok(None));
        for proof in [first.clone(), RecoveryProof { proved_at: world.in_an_hour(), ..first }] {
            let work = world.begin().await;
            work.recovery_proofs().put(proof.clone()).await.expect("writes");
            world.commit(work).await;
            let found = reader.recovery_proofs().find(&proof.kid).await;
            assert_eq!(found, Ok(Some(proof)));
        }
        assert_eq!(reader.recovery_proofs().find("another").await, Ok(None));
    });
}

#[test]
fn one_certificate_is_chosen_at_a_time() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let own = ServerCertificate {
            chain: None,
            sealed_key: None,
            vault_key_version: None,
            ..world.certificate(sample.user)
        };
        for chosen in [world.certificate(sample.user), own] {
            let work = world.begin().await;
            work.server_certificates().put(chosen.clone()).await.expect("writes");
            world.commit(work).await;
            let found = world.store.read().server_certificates().find().await;
            assert_eq!(found, Ok(Some(chosen)));
        }
        let work = world.begin().await;
        assert_eq!(work.server_certificates().forget().await, Ok(true));
        assert_eq!(work.server_certificates().forget().await, Ok(false));
        world.commit(work).await;
        assert_eq!(world.store.read().server_certificates().find().await, Ok(None));
    });
}

#[test]
fn people_are_told_of_each_step_to_the_end_of_a_certificate_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let chosen = ServerCertificate { warned_days: None, ..world.certificate(sample.user) };
        let work = world.begin().await;
        work.server_certificates().put(chosen.clone()).await.expect("writes");
        for (days, is_news) in [(30, true), (30, false), (7, true), (30, false), (0, true)] {
            let told = work.server_certificates().warned(chosen.id, days).await;
            assert_eq!(told, Ok(is_news), "{days}");
        }
        assert_eq!(work.server_certificates().warned(world.id(), 0).await, Ok(false), "another");
        world.commit(work).await;
        let found = world.store.read().server_certificates().find().await.expect("reads");
        assert_eq!(found.expect("there").warned_days, Some(0));
    });
}

#[test]
fn a_set_up_token_is_renewed_until_it_was_used() {
    on_both(async |world| {
        world.with_site().await;
        let new = Hash([8; 32]);
        let work = world.begin().await;
        let renewed = work.site().renew_setup_token(new, world.in_an_hour()).await;
        assert_eq!(renewed, Ok(true));
        world.commit(work).await;
        let site = world.store.read().site().find().await.expect("reads").expect("a site");
        assert_eq!(site.setup_token_hash, Some(new));
        assert_eq!(site.setup_token_expires_at, Some(world.in_an_hour()));
        let work = world.begin().await;
        assert_eq!(work.site().consume_setup_token(Hash([7; 32])).await, Ok(false), "the former");
        assert_eq!(work.site().consume_setup_token(new).await, Ok(true));
        let again = work.site().renew_setup_token(new, world.in_an_hour()).await;
        assert_eq!(again, Ok(false), "it is set up");
        world.commit(work).await;
        let site = world.store.read().site().find().await.expect("reads").expect("a site");
        assert_eq!((site.setup_token_hash, site.setup_token_expires_at), (None, None));
    });
}
