//! A server on a real database in a scratch folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sekisho_model::account::SecretState;
use sekisho_model::clock::ManualClock;
use sekisho_model::device::{KeyUse, Platform};
use sekisho_model::event::{Actor, Origin};
use sekisho_model::gateway::{GatewayState, GatewayTls, LinkDirection, PublicAddress};
use sekisho_model::id::{
    AccountId, DeviceId, EnrolmentKeyId, GatewayId, OrderId, RequestId, SecretVersionId, UserId,
};
use sekisho_model::name::Label;
use sekisho_model::rng::{SeededRng, SystemRng, random_bytes};
use sekisho_model::user::{Role, UserState};
use sekisho_model::{Clock, Rng, Secret, Timestamp};
use sekisho_policy::action::{ApproveDevice, ManageAgent};
use sekisho_policy::{Facts, Subject, decide};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_seal::{escrow, recovery_key};
use sekisho_server::agent_management::{self, association, association::Wanted};
use sekisho_server::agents::Plane;
use sekisho_server::app::SharedApp;
use sekisho_server::config::Config;
use sekisho_server::http::Problem;
use sekisho_server::keys::{self, Replaced, RotateError, Rotated};
use sekisho_server::recovery::{self, Recovered};
use sekisho_server::shutdown::{Stopper, shutdown};
use sekisho_server::{devices, init, orders, run, secrets};
use sekisho_store::{
    Access, Account, Blob, Device, DeviceFilter, EnrolmentKey, Escrow, Gateway, Hash,
    OperationContext, Order, Page, PasswordHash, SecretVersion, User, folded,
};
use sekisho_wire::cbor;
use sekisho_wire::order::SecretBytes;

/// A server without listeners.
pub struct Server {
    app: SharedApp,
    plane: Arc<Plane>,
    clock: Arc<ManualClock>,
    rng: Arc<dyn Rng>,
    owner: UserId,
    folder: Arc<tempfile::TempDir>,
    recovery_key: String,
    _stopper: Stopper,
}

impl Server {
    /// A new site with one user, at a fixed time.
    pub async fn new() -> Self {
        Self::with(Arc::new(SystemRng)).await
    }

    /// A new site with ids and passwords that follow from a seed.
    pub async fn seeded(seed: u64) -> Self {
        Self::with(Arc::new(SeededRng::new(seed))).await
    }

    async fn with(rng: Arc<dyn Rng>) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a scratch folder"));
        let clock = Arc::new(ManualClock::new(
            "2026-01-31T09:00:00Z".parse::<Timestamp>().expect("a time"),
        ));
        let config = config(folder.path());
        let mut shown = Vec::new();
        init::init(&config, clock.clone(), rng.clone(), true, &mut shown)
            .await
            .expect("a site can be created");
        let shown: serde_json::Value = serde_json::from_slice(&shown).expect("JSON");
        let recovery_key = shown["recovery_key"].as_str().expect("shown once").to_owned();
        let mut server = Self::open(folder, clock, rng, None, recovery_key).await;
        server.owner = server.add_user("owner").await;
        server
    }

    /// The server dies and starts again on the same database. Sessions and
    /// orders are what the database says.
    pub async fn restart(self) -> Self {
        let Self { app, plane, clock, rng, owner, folder, recovery_key, _stopper } = self;
        drop((plane, _stopper));
        drop(app);
        Self::open(folder, clock, rng, Some(owner), recovery_key).await
    }

    /// A copy of everything the server has on disk, as of now.
    pub async fn backup(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a scratch folder");
        copy_folder(self.folder.path(), copy.path());
        copy
    }

    /// The server dies, and an old backup is put in its place.
    pub async fn restored_from(self, backup: tempfile::TempDir) -> Self {
        let Self { app, plane, clock, rng, owner, folder, recovery_key, _stopper } = self;
        drop((plane, app, folder, _stopper));
        Self::open(Arc::new(backup), clock, rng, Some(owner), recovery_key).await
    }

    /// The operator enters the recovery key.
    pub async fn recover(&self) -> Recovered {
        let key = recovery_key::parse(&self.recovery_key).expect("a key");
        recovery::recover(&self.app, &self.context(), &key).await.expect("recovers")
    }

    /// An administrator approves a device.
    pub async fn approve(&self, device: DeviceId) -> Device {
        let subject = Subject::with_role(self.owner, Role::Administrator);
        let device = devices::find(&self.app, device).await.expect("exists");
        let granted = decide(&subject, ApproveDevice, Facts::of_site(device)).expect("may");
        devices::approve(&self.app, &self.context(), granted).await.expect("approved")
    }

    /// The operator replaces a key of the site, and the server notices.
    ///
    /// # Errors
    /// Why nothing was published.
    pub async fn rotate(
        &self,
        kind: Replaced,
        without_backup: bool,
    ) -> Result<Rotated, RotateError> {
        let (app, ring) = (&self.app, self.app.vault.ring());
        let clock = self.clock.as_ref();
        let rotated =
            keys::rotate(&app.store, &ring, kind, without_backup, clock, &self.rng).await?;
        app.keys.reload(&app.store, &ring).await.expect("read anew");
        Ok(rotated)
    }

    /// A gateway that counts, which agents reach at this address. Nobody answers the
    /// server there.
    pub async fn add_gateway(&self, public: &str) {
        let name: Label = "dmz".parse().expect("a name");
        let (address, tls) = (public.to_owned(), GatewayTls::SiteCa);
        let row = Gateway {
            id: GatewayId::new(self.clock.as_ref(), self.rng.as_ref()),
            folded_name: folded(&name),
            name,
            state: GatewayState::Active,
            direction: LinkDirection::GatewayDials,
            address: public.to_owned(),
            agents: public.to_owned(),
            public: vec![PublicAddress { address, weight: 1, tls }],
            key_sha256: Hash([7; 32]),
            pass_through: false,
            pass_through_names: Vec::new(),
            dry_run: false,
            software: "0.1.0".to_owned(),
            link_major: 1,
            status: None,
            last_contact_at: None,
            paired_by: self.owner,
            paired_at: self.clock.now(),
            revoked_by: None,
            revoked_at: None,
            revoked_reason: None,
            version: 1,
        };
        let uow = self.app.store.begin(&self.context()).await.expect("begins");
        uow.gateways().insert(row).await.expect("stored");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
    }

    /// Why the site is in recovery, if it is.
    pub async fn recovery_reason(&self) -> Option<String> {
        let site = self.app.store.read().site().find().await.expect("read");
        site.and_then(|site| site.recovery_reason)
    }

    async fn open(
        folder: Arc<tempfile::TempDir>,
        clock: Arc<ManualClock>,
        rng: Arc<dyn Rng>,
        owner: Option<UserId>,
        recovery_key: String,
    ) -> Self {
        let app = run::open(config(folder.path()), clock.clone(), rng.clone())
            .await
            .expect("the site opens");
        let (stopper, watch) = shutdown();
        let plane = Arc::new(Plane::new(app.clone(), watch));
        let owner = owner.unwrap_or_else(|| UserId::new(clock.as_ref(), rng.as_ref()));
        Self { app, plane, clock, rng, owner, folder, recovery_key, _stopper: stopper }
    }

    /// The wired server.
    pub fn app(&self) -> &SharedApp {
        &self.app
    }

    /// Its agent plane.
    pub fn plane(&self) -> Arc<Plane> {
        self.plane.clone()
    }

    /// The clock of everything in the test.
    pub fn clock(&self) -> Arc<ManualClock> {
        self.clock.clone()
    }

    /// Its source of randomness.
    pub fn rng(&self) -> Arc<dyn Rng> {
        self.rng.clone()
    }

    /// The owner of everything in it.
    pub const fn owner(&self) -> UserId {
        self.owner
    }

    /// The recovery key, as it was shown once.
    pub fn recovery_key(&self) -> &str {
        &self.recovery_key
    }

    /// The folder with its database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Time passes.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A context in which the owner acts.
    pub fn context(&self) -> OperationContext {
        let request = RequestId::new(self.clock.as_ref(), self.rng.as_ref());
        OperationContext {
            actor: Actor::User(self.owner),
            origin: Origin { request, address: None },
            now: self.clock.now(),
        }
    }

    /// An enrolment key that approves in advance.
    pub async fn enrolment_key(&self) -> EnrolmentKeyText {
        self.enrolment_key_of(self.owner).await
    }

    /// An enrolment key of somebody that approves in advance.
    pub async fn enrolment_key_of(&self, owner: UserId) -> EnrolmentKeyText {
        self.key_of(owner, KeyUse::Once).await
    }

    /// The same, for as many uses as there are in an hour.
    pub async fn window_key_of(&self, owner: UserId) -> EnrolmentKeyText {
        self.key_of(owner, KeyUse::Window).await
    }

    async fn key_of(&self, owner: UserId, use_kind: KeyUse) -> EnrolmentKeyText {
        let id = EnrolmentKeyId::new(self.clock.as_ref(), self.rng.as_ref());
        let secret = random_bytes::<32>(self.rng.as_ref()).to_vec();
        let secret = Secret::new(secret);
        let (sealed, vault_key_version) =
            secrets::seal(&self.app, secrets::enrolment_key_place(&id), &secret).expect("seals");
        let now = self.clock.now();
        let row = EnrolmentKey {
            id,
            sealed_secret: Some(sealed),
            vault_key_version,
            use_kind,
            platform: Platform::Linux,
            owner,
            label: "test".parse().expect("a label"),
            pre_approved: true,
            created_by: owner,
            created_at: now,
            expires_at: now.plus(Duration::from_secs(3600)),
            uses: 0,
            last_used_at: None,
            last_used_by: None,
            identity_hash: None,
            revoked_at: None,
            office: None,
        };
        let uow = self.app.store.begin(&self.context()).await.expect("begins");
        uow.enrolment_keys().insert(row).await.expect("stored");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
        EnrolmentKeyText { id, secret, pin: self.app.keys.pin() }
    }

    /// The one account of that name.
    pub async fn account(&self, name: &str) -> Account {
        let reader = self.app.store.read();
        let filter = sekisho_store::AccountFilter::default();
        let page = sekisho_store::Page::first(200);
        let all = reader.accounts().search(&filter, &page).await.expect("accounts").items;
        all.into_iter().find(|account| account.name.as_str() == name).expect("discovered")
    }

    /// The one device of that host.
    pub async fn device(&self, host: &str) -> Device {
        let filter = DeviceFilter { prefix: Some(host.to_owned()), ..DeviceFilter::default() };
        let page = self.app.store.read().devices().list(&filter, &Page::first(2)).await;
        let [device] = <[Device; 1]>::try_from(page.expect("devices").items).expect("one");
        device
    }

    /// A device hands in an escrow that says what it likes, of a version that
    /// may be one of the account's.
    pub async fn hand_in(
        &self,
        device: DeviceId,
        account: &Account,
        version: Option<SecretVersionId>,
        value: &str,
    ) {
        let now = self.clock.now();
        let version = version.unwrap_or_else(|| SecretVersionId::at(now, self.rng.as_ref()));
        let escrow = escrow::Escrow {
            account: account.id,
            name: account.name.clone(),
            native_id: None,
            version,
            order: OrderId::at(now, self.rng.as_ref()),
            seq: 1,
            at: now,
            value: SecretBytes(Secret::from(value)),
        };
        let to = self.app.keys.recovery_keys().first().expect("one").key;
        let sealed = escrow::seal(&escrow, &to, self.app.keys.site(), device, self.rng.as_ref());
        let sealed = cbor::encode(&sealed.expect("sealed"));
        self.report(device, account.id, version, sealed).await;
    }

    /// A device hands in what nobody can open.
    pub async fn hand_in_unreadable(&self, device: DeviceId, account: &Account) {
        let version = SecretVersionId::at(self.clock.now(), self.rng.as_ref());
        self.report(device, account.id, version, b"not an escrow".to_vec()).await;
    }

    async fn report(
        &self,
        device: DeviceId,
        account: AccountId,
        version: SecretVersionId,
        sealed: Vec<u8>,
    ) {
        let uow = self.app.store.begin(&self.context()).await.expect("begins");
        let reported_at = uow.now();
        let sealed = Blob(sealed);
        let row =
            Escrow { device, version, account, seq: 1, sealed, reported_at, imported_at: None };
        uow.escrows().report(row).await.expect("kept");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
    }

    /// Asks for a reset.
    pub async fn request_reset(&self, name: &str) -> Order {
        // Ids of one millisecond have no order among themselves.
        self.clock.advance(Duration::from_secs(1));
        let account = self.account(name).await;
        orders::request_reset(&self.app, &self.context(), account, "test").await.expect("staged")
    }

    /// An order as it is now.
    pub async fn order(&self, id: OrderId) -> Order {
        self.app.store.read().orders().find(id).await.expect("read").expect("exists")
    }

    /// All orders, newest first.
    pub async fn orders(&self) -> Vec<Order> {
        let filter = sekisho_store::OrderFilter::default();
        let page = sekisho_store::Page::first(200);
        self.app.store.read().orders().list(&filter, &page).await.expect("orders").items
    }

    /// Every version of an account's password, with its value.
    pub async fn versions(&self, account: AccountId) -> Vec<(SecretVersion, Secret)> {
        let reader = self.app.store.read();
        let versions = reader.secret_versions().newest(account, 200).await.expect("versions");
        versions
            .into_iter()
            .map(|version| {
                let value = secrets::open_version(&self.app, &version).expect("opens");
                (version, value)
            })
            .collect()
    }

    /// The value the server shows as current.
    pub async fn current(&self, name: &str) -> Option<Secret> {
        let account = self.account(name).await;
        let current = account.current_version?;
        let versions = self.versions(account.id).await;
        let (version, value) = versions.into_iter().find(|(version, _)| version.id == current)?;
        assert_eq!(version.state, SecretState::Current, "the current version says so itself");
        Some(value)
    }

    /// The owner of an agent's resource dissociates it, or associates it again.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn associate(&self, agent: DeviceId, wanted: Wanted) -> Result<Device, Problem> {
        let subject = Subject::with_role(self.owner, Role::Administrator);
        let facts = agent_management::facts(&self.app, agent).await?;
        let granted = sekisho_policy::decide(&subject, ManageAgent, facts)?;
        association::change(&self.app, &self.context(), granted, wanted).await
    }

    /// Every device, by host name.
    pub async fn devices(&self) -> Vec<Device> {
        let filter = sekisho_store::DeviceFilter::default();
        let page = sekisho_store::Page::first(200);
        self.app.store.read().devices().list(&filter, &page).await.expect("devices").items
    }

    /// Whether the audit chain is intact.
    pub async fn audit_is_intact(&self) -> bool {
        let reader = self.app.store.read();
        for chain in reader.audit().chains().await.expect("chains") {
            if reader.audit().verify(&chain).await.expect("read").is_err() {
                return false;
            }
        }
        true
    }

    /// Another administrator.
    pub async fn add_user(&self, name: &str) -> UserId {
        let now = self.clock.now();
        let user = User {
            id: UserId::new(self.clock.as_ref(), self.rng.as_ref()),
            name: name.parse().expect("a name"),
            display_name: name.to_owned(),
            password_hash: PasswordHash("none".to_owned()),
            role: Role::Administrator.into(),
            state: UserState::Active,
            created_at: now,
            password_changed_at: now,
            version: 1,
        };
        let id = user.id;
        let uow = self.app.store.begin(&self.context()).await.expect("begins");
        uow.users().insert(user).await.expect("stored");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
        id
    }
}

/// The configuration of a server whose folder this is.
pub fn config(folder: &Path) -> Config {
    let kek = folder.join("kek");
    let data = folder.join("data");
    let text =
        format!("data_dir = {data:?}\npublic_name = \"localhost\"\n[vault]\nkek_file = {kek:?}\n");
    let file = folder.join("server.toml");
    std::fs::write(&file, text).expect("written");
    Config::load(Some(&file), &[], |_| None).expect("a valid configuration")
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("known").is_dir() {
            std::fs::create_dir(&target).expect("made");
            let mode = entry.metadata().expect("read").permissions();
            std::fs::set_permissions(&target, mode).expect("set");
            copy_folder(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
}
