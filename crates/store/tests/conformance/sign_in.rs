//! Second factors, sign-ins that wait for one, preferences and saved views.

use std::time::Duration;

use sekisho_model::id::UserId;
use sekisho_model::user::{Density, Language, ProofMethod, Role, Theme};
use sekisho_store::{
    Access, Blob, DefaultView, Hash, Identity, LoginSession, Passkey, PendingSignIn, Preferences,
    RecoveryCode, SavedView, StoreError, TotpFactor, Unique,
};

use crate::databases::{World, on_both};

impl World {
    pub(crate) fn totp(&self, user: UserId) -> TotpFactor {
        TotpFactor {
            id: self.id(),
            user,
            sealed_secret: Blob(vec![4; 40]),
            vault_key_version: 1,
            created_at: self.now(),
            confirmed_at: None,
            last_step: 0,
        }
    }

    pub(crate) fn recovery_code(&self, user: UserId, n: u8) -> RecoveryCode {
        let code_hash = Hash([n; 32]);
        RecoveryCode { id: self.id(), user, code_hash, created_at: self.now(), used_at: None }
    }

    pub(crate) fn pending(&self, user: UserId, n: u8) -> PendingSignIn {
        PendingSignIn {
            id: self.id(),
            user,
            token_hash: Hash([n; 32]),
            failures: 0,
            created_at: self.now(),
            expires_at: self.in_an_hour(),
        }
    }

    pub(crate) fn passkey(&self, user: UserId, n: u8) -> Passkey {
        Passkey {
            id: self.id(),
            user,
            name: "Laptop".parse().expect("valid"),
            credential_id: Blob(vec![n; 32]),
            credential: serde_json::json!({ "counter": 0 }),
            created_at: self.now(),
            last_used_at: None,
        }
    }

    pub(crate) fn identity(&self, user: UserId, subject: &str) -> Identity {
        Identity {
            id: self.id(),
            user,
            issuer: "https://id.example.jp".to_owned(),
            subject: subject.to_owned(),
            created_at: self.now(),
            last_used_at: None,
        }
    }

    pub(crate) fn preferences(&self, user: UserId) -> Preferences {
        Preferences {
            user,
            language: Some(Language::Ja),
            theme: Theme::Dark,
            density: Density::Compact,
            shortcuts: false,
            start_dismissed: true,
            changed_at: self.now(),
        }
    }

    pub(crate) fn view(&self, owner: UserId, name: &str, shared_with: Option<Role>) -> SavedView {
        SavedView {
            id: self.id(),
            owner,
            page: "/accounts".to_owned(),
            name: name.parse().expect("valid"),
            query: "?state=active".to_owned(),
            shared_with: shared_with.map(Into::into),
            created_at: self.now(),
            changed_at: self.now(),
        }
    }
}

#[test]
fn an_authenticator_counts_from_its_first_code_and_takes_no_step_twice() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let (first, second) = (world.totp(user), world.totp(user));
        let work = world.begin().await;
        let factors = work.totp_factors();
        factors.start(first.clone()).await.expect("inserts");
        assert_eq!(factors.confirmed(user).await, Ok(None));
        assert_eq!(factors.take_step(first.id, 9).await, Ok(false), "it does not count yet");
        assert_eq!(factors.confirm(user, first.id, 7).await, Ok(true));
        world.commit(work).await;
        let work = world.begin().await;
        assert_eq!(work.totp_factors().confirm(user, first.id, 7).await, Ok(false), "once");
        work.rollback().await.expect("given up");
        let work = world.begin().await;
        let factors = work.totp_factors();
        factors.start(second.clone()).await.expect("inserts");
        assert_eq!(factors.unconfirmed(user).await, Ok(Some(second.clone())));
        assert_eq!(factors.confirm(user, second.id, 20).await, Ok(true));
        assert_eq!(factors.take_step(second.id, 20).await, Ok(false), "replayed");
        assert_eq!(factors.take_step(second.id, 19).await, Ok(false), "older");
        assert_eq!(factors.take_step(second.id, 21).await, Ok(true));
        assert_eq!(factors.take_step(second.id, 21).await, Ok(false), "replayed");
        world.commit(work).await;
        let counts = world.store.read().totp_factors().confirmed(user).await.expect("reads");
        let counts = counts.expect("one counts");
        assert_eq!((counts.id, counts.last_step), (second.id, 21));
        assert_eq!(counts.confirmed_at, Some(world.now()));
        let work = world.begin().await;
        assert_eq!(work.totp_factors().purge(world.in_an_hour()).await, Ok(0), "it counts");
        work.totp_factors().start(world.totp(user)).await.expect("inserts");
        assert_eq!(work.totp_factors().purge(world.in_an_hour()).await, Ok(1), "it waits");
        assert_eq!(work.totp_factors().delete_of_user(user).await, Ok(1));
    });
}

#[test]
fn a_recovery_code_is_used_once() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let work = world.begin().await;
        let codes = work.recovery_codes();
        codes.replace(user, (1..=3).map(|n| world.recovery_code(user, n))).await.expect("inserts");
        assert_eq!(codes.use_up(user, Hash([2; 32])).await, Ok(true));
        assert_eq!(codes.use_up(user, Hash([2; 32])).await, Ok(false));
        assert_eq!(codes.use_up(user, Hash([9; 32])).await, Ok(false));
        assert_eq!(codes.use_up(world.id(), Hash([1; 32])).await, Ok(false), "somebody else's");
        assert_eq!(codes.left(user).await, Ok(2));
        codes.replace(user, [world.recovery_code(user, 4)]).await.expect("inserts");
        assert_eq!(codes.use_up(user, Hash([1; 32])).await, Ok(false), "void");
        assert_eq!(codes.left(user).await, Ok(1));
    });
}

#[test]
fn a_pending_sign_in_is_finished_once_or_forgotten() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let (one, other) = (world.pending(user, 1), world.pending(user, 2));
        let work = world.begin().await;
        let pending = work.pending_sign_ins();
        pending.insert(one.clone()).await.expect("inserts");
        pending.insert(other.clone()).await.expect("inserts");
        pending.fail(one.id).await.expect("counts");
        pending.fail(one.id).await.expect("counts");
        let found = pending.find_by_token(Hash([1; 32])).await;
        assert_eq!(found, Ok(Some(PendingSignIn { failures: 2, ..one.clone() })));
        assert_eq!(pending.delete(one.id).await, Ok(true));
        assert_eq!(pending.delete(one.id).await, Ok(false));
        world.commit(work).await;
        world.clock.advance(Duration::from_secs(3601));
        let work = world.begin().await;
        assert_eq!(work.pending_sign_ins().purge(world.now()).await, Ok(1));
    });
}

#[test]
fn a_passkey_is_known_by_its_authenticators_id() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let one = world.passkey(user, 1);
        // Of one instant, ids are in no order.
        world.clock.advance(Duration::from_millis(1));
        let other = world.passkey(user, 2);
        let work = world.begin().await;
        let passkeys = work.passkeys();
        passkeys.insert(one.clone()).await.expect("inserts");
        passkeys.insert(other.clone()).await.expect("inserts");
        assert_eq!(passkeys.count_of_user(user).await, Ok(2));
        assert_eq!(passkeys.find_by_credential(&[2; 32]).await, Ok(Some(other.clone())));
        assert_eq!(passkeys.find_by_credential(&[3; 32]).await, Ok(None));
        let name = "Phone".parse().expect("valid");
        assert_eq!(passkeys.rename(one.id, &name).await, Ok(true));
        let used = serde_json::json!({ "counter": 7 });
        passkeys.used(one.id, used.clone()).await.expect("updates");
        let last_used_at = Some(world.now());
        let now = Passkey { name, credential: used, last_used_at, ..one.clone() };
        assert_eq!(passkeys.of_user(user, 9).await, Ok(vec![now, other.clone()]));
        assert_eq!(passkeys.delete(one.id).await, Ok(true));
        assert_eq!(passkeys.delete(one.id).await, Ok(false));
        let twice = passkeys.insert(Passkey { id: world.id(), ..other }).await;
        assert_eq!(twice, Err(StoreError::Conflict { what: Unique::Passkey }));
    });
}

#[test]
fn an_identity_is_an_issuer_and_a_subject() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let (one, other) = (world.identity(user, "1"), world.identity(user, "2"));
        let work = world.begin().await;
        let identities = work.identities();
        identities.insert(one.clone()).await.expect("inserts");
        identities.insert(other).await.expect("inserts");
        identities.used(&one.issuer, "1").await.expect("updates");
        let found = identities.find(&one.issuer, "1").await;
        assert_eq!(found, Ok(Some(Identity { last_used_at: Some(world.now()), ..one.clone() })));
        assert_eq!(identities.find("https://other.example.jp", "1").await, Ok(None));
        assert_eq!(identities.of_user(user).await.expect("reads").len(), 2);
        assert_eq!(
            identities.find_by_id(one.id).await.expect("reads").map(|it| it.user),
            Some(user)
        );
        assert_eq!(identities.delete(one.id).await, Ok(true));
        assert_eq!(identities.delete(one.id).await, Ok(false));
        assert_eq!(identities.find(&one.issuer, "1").await, Ok(None));
        let twice = Identity { subject: "2".to_owned(), ..one };
        let twice = identities.insert(twice).await;
        assert_eq!(twice, Err(StoreError::Conflict { what: Unique::Identity }));
    });
}

#[test]
fn what_a_role_needs_is_remembered() {
    on_both(async |world| {
        world.with_sample().await;
        let work = world.begin().await;
        let rules = work.sign_in_rules();
        assert_eq!(rules.needs_second_factor(Role::Administrator.into()).await, Ok(false));
        rules.set_second_factor(Role::Administrator.into(), true).await.expect("writes");
        rules.set_second_factor(Role::PasswordUser.into(), true).await.expect("writes");
        rules.set_second_factor(Role::PasswordUser.into(), false).await.expect("writes");
        assert_eq!(rules.needs_second_factor(Role::Administrator.into()).await, Ok(true));
        assert_eq!(rules.roles_with_second_factor().await, Ok(vec![Role::Administrator.into()]));
    });
}

#[test]
fn a_session_says_what_it_was_proved_with() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let session = LoginSession {
            id: world.id(),
            user,
            token_hash: Hash([1; 32]),
            created_at: world.now(),
            last_seen_at: world.now(),
            expires_at: world.in_an_hour(),
            address: None,
            client: None,
            methods: None,
            proved_at: None,
        };
        let work = world.begin().await;
        work.login_sessions().insert(session.clone()).await.expect("inserts");
        let methods = vec![ProofMethod::Password, ProofMethod::Totp];
        work.login_sessions().prove(session.id, methods.clone()).await.expect("updates");
        let found = work.login_sessions().of_user(user).await.expect("reads").remove(0);
        let proved_at = Some(world.now());
        assert_eq!(found, LoginSession { methods: Some(methods), proved_at, ..session.clone() });
        assert!(found.has_second_factor() && !session.has_second_factor());
    });
}

#[test]
fn preferences_and_views_are_kept_for_their_people() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let other = world.user("bob");
        let work = world.begin().await;
        work.users().insert(other.clone()).await.expect("inserts");
        let preferences = world.preferences(user);
        work.preferences().put(preferences.clone()).await.expect("writes");
        let preferences = Preferences { language: None, shortcuts: true, ..preferences };
        work.preferences().put(preferences.clone()).await.expect("writes");
        assert_eq!(work.preferences().find(user).await, Ok(Some(preferences)));
        assert_eq!(work.preferences().find(other.id).await, Ok(None));

        let views = work.saved_views();
        let (mine, shared) =
            (world.view(user, "b", None), world.view(user, "a", Some(Role::PasswordUser)));
        views.insert(mine.clone()).await.expect("inserts");
        views.insert(shared.clone()).await.expect("inserts");
        assert_eq!(views.of_owner(user, 9).await, Ok(vec![shared.clone(), mine.clone()]));
        assert_eq!(views.of_owner(user, 1).await.expect("reads").len(), 1);
        let seen = views.shared_with(Role::PasswordUser.into(), other.id, 9).await;
        assert_eq!(seen, Ok(vec![shared.clone()]));
        let own = views.shared_with(Role::PasswordUser.into(), user, 9).await;
        assert_eq!(own, Ok(Vec::new()), "one's own are not among the others'");

        // One view of a page to begin with, also one that somebody else shares.
        let first =
            |user, view: &SavedView| DefaultView { user, page: view.page.clone(), view: view.id };
        views.put_default(first(user, &mine)).await.expect("writes");
        views.put_default(first(user, &shared)).await.expect("writes");
        views.put_default(first(other.id, &shared)).await.expect("writes");
        assert_eq!(views.defaults_of(user, 9).await, Ok(vec![first(user, &shared)]));
        views.delete_default(user, mine.id).await.expect("is another one");
        assert_eq!(views.defaults_of(user, 9).await.expect("reads").len(), 1);
        views.delete_default(user, shared.id).await.expect("deletes");
        assert_eq!(views.defaults_of(user, 9).await, Ok(Vec::new()));
        let changed = SavedView { query: "?q=x".to_owned(), shared_with: None, ..shared };
        views.update(changed.clone()).await.expect("writes");
        assert_eq!(views.find(changed.id).await, Ok(Some(changed.clone())));
        assert_eq!(views.delete(changed.id).await, Ok(true));
        assert_eq!(views.delete(changed.id).await, Ok(false));
        assert_eq!(
            views.defaults_of(other.id, 9).await,
            Ok(Vec::new()),
            "it is gone with the view"
        );
        assert!(matches!(views.update(changed).await, Err(StoreError::Stale { .. })));
        let twice = views.insert(world.view(user, "b", None)).await;
        assert_eq!(twice, Err(StoreError::Conflict { what: Unique::ViewName }));
    });
}
