//! What people do while the gateway is evil.

use std::sync::Arc;
use std::time::Duration;

use sekisho_agent::enrol::{self, EnrolError};
use sekisho_agent::state::State;
use sekisho_model::device::{DeviceState, KeyUse, Platform};
use sekisho_model::id::{EnrolmentKeyId, UserId};
use sekisho_model::rng::random_bytes;
use sekisho_model::user::Role;
use sekisho_model::{Clock as _, Secret};
use sekisho_policy::action::{ApproveDevice, BlockDevice};
use sekisho_policy::{Facts, Subject, decide};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_server::{devices, keys, secrets};
use sekisho_store::{Access as _, Device, EnrolmentKey};
use sekisho_wire::enrolment::HostFacts;

use super::gateway::EvilTeeth;
use super::schedule::EvilStep;
use super::{Case, one_in};
use crate::Broken;
use crate::world::Ask;

impl Case<'_> {
    pub(super) async fn step(&mut self, step: &EvilStep) -> Result<(), Broken> {
        self.world.pass(Duration::from_secs(1));
        match step {
            // Nobody is there yet.
            EvilStep::Plain(step)
                if step.host(&self.world.accounts) == Some(self.new)
                    && !self.is_enrolled(self.new) => {}
            EvilStep::Plain(step) => self.world.step(*step).await?,
            EvilStep::Feel(mood) => self.gateway.feel(mood.clone()),
            EvilStep::Act(times) => {
                for _ in 0..*times {
                    self.gateway.act().await;
                }
            }
            EvilStep::Enrol { use_kind, pre_approved } => {
                self.enrol(*use_kind, *pre_approved).await?;
            }
            EvilStep::Rehome => self.rehome().await?,
            EvilStep::Approve => self.approve(self.new).await?,
            EvilStep::ResetNew => {
                let new = self.new;
                let account = self.world.accounts.iter().position(|at| at.host == new);
                if let Some(account) = account {
                    self.world.ask(account, Ask::Reset).await?;
                }
            }
            EvilStep::Block(host) => self.block(*host).await?,
            EvilStep::Unblock(host) => self.unblock(*host).await?,
            EvilStep::Rotate(kind) => self.rotate(*kind).await?,
        }
        self.world.after().await?;
        self.notice_new().await?;
        if self.teeth == EvilTeeth::TalkativeAgent {
            self.gossip();
        }
        if self.teeth == EvilTeeth::CarelessServer && one_in(&self.rng, 3) {
            self.approve_carelessly().await?;
        }
        Ok(())
    }

    pub(super) fn is_enrolled(&self, host: usize) -> bool {
        let state = State::new(Arc::new(self.world.endpoints[host].disk.clone()));
        state.enrolled().is_ok()
    }

    /// A new key for somebody's hosts.
    async fn key(
        &mut self,
        owner: UserId,
        use_kind: KeyUse,
        pre_approved: bool,
    ) -> Result<Option<EnrolmentKeyText>, Broken> {
        let Some(app) = self.world.app().await? else { return Ok(None) };
        let now = app.clock.now();
        let id = EnrolmentKeyId::at(now, app.rng.as_ref());
        let secret = Secret::new(random_bytes::<32>(app.rng.as_ref()).to_vec());
        let place = secrets::enrolment_key_place(&id);
        let sealed = secrets::seal(&app, place, &secret);
        let (sealed, vault_key_version) =
            sealed.map_err(|error| Broken::other(error.to_string()))?;
        let hours = match use_kind {
            KeyUse::Once => 1,
            KeyUse::Window => 24,
        };
        let row = EnrolmentKey {
            id,
            sealed_secret: Some(sealed),
            vault_key_version,
            use_kind,
            platform: Platform::Linux,
            owner,
            label: "sim".parse().expect("a label"),
            pre_approved,
            created_by: owner,
            created_at: now,
            expires_at: now.plus(Duration::from_secs(hours * 3600)),
            uses: 0,
            last_used_at: None,
            last_used_by: None,
            identity_hash: None,
            revoked_at: None,
            office: None,
        };
        let adding = async {
            let work = app.store.begin(&self.world.context()).await?;
            work.enrolment_keys().insert(row).await?;
            work.commit_unaudited("the simulator's").await.map(drop)
        };
        match self.world.power.run(adding).await {
            Err(_) => return Ok(None),
            Ok(added) => added.map_err(Broken::store)?,
        }
        self.secrets.push(secret.clone());
        Ok(Some(EnrolmentKeyText { id, secret, pin: app.keys.pin() }))
    }

    /// Root on the new host enrols it.
    pub(super) async fn enrol(
        &mut self,
        use_kind: KeyUse,
        pre_approved: bool,
    ) -> Result<(), Broken> {
        if self.is_enrolled(self.new) {
            return Ok(());
        }
        let owner = self.world.site.owner;
        let Some(key) = self.key(owner, use_kind, pre_approved).await? else { return Ok(()) };
        self.new_is_wanted = true;
        *self.enrolments.entry(key.id).or_default() += 1;
        self.approves_in_advance |= pre_approved;
        let endpoint = &self.world.endpoints[self.new];
        let state = State::new(Arc::new(endpoint.disk.clone()));
        let server = "gateway:8383".parse().expect("an address");
        let over = (&endpoint.network, &server);
        let enrolled =
            enrol::enrol_over(over, &key, None, &state, facts(), endpoint.rng.as_ref()).await;
        self.world.note(|| format!("    {:?}", enrolled.as_ref().map(|it| it.state)));
        if let Ok(outcome) = enrolled {
            let device = outcome.enrolled.device;
            self.world.devices[self.new] = Some(device);
            self.world.touched[self.new] = true;
        }
        Ok(())
    }

    /// Root on the new host moves it to another owner: while nobody at the server
    /// knows its passwords, so that nothing of the former owner's is on it.
    async fn rehome(&mut self) -> Result<(), Broken> {
        let endpoint = &self.world.endpoints[self.new];
        let mut names = endpoint.host.names().into_iter();
        let is_unknown = names.all(|name| endpoint.host.password(&name).by_hand);
        if !self.is_enrolled(self.new) || !is_unknown {
            return Ok(());
        }
        let owner = match one_in(&self.rng, 2) {
            true => self.world.site.owner,
            false => self.world.site.other,
        };
        let Some(key) = self.key(owner, KeyUse::Window, true).await? else { return Ok(()) };
        *self.moves.entry(key.id).or_default() += 1;
        let endpoint = &self.world.endpoints[self.new];
        let state = State::new(Arc::new(endpoint.disk.clone()));
        let rng = endpoint.rng.as_ref();
        let moved: Result<_, EnrolError> =
            enrol::rehome_over(&endpoint.network, &key, None, &state, facts(), rng).await;
        self.world.note(|| format!("    {moved:?}"));
        Ok(())
    }

    /// The row of a host's device, if the server has one, and lives to say it.
    pub(super) async fn device(&self, host: usize) -> Result<Option<Device>, Broken> {
        self.world.power.run(self.row(host)).await.unwrap_or(Ok(None))
    }

    /// The same, also of a server that has just died.
    async fn row(&self, host: usize) -> Result<Option<Device>, Broken> {
        let Some(server) = &self.world.server else { return Ok(None) };
        let reader = server.app.store.read();
        reader.devices().find_by_identity(&self.identities[host]).await.map_err(Broken::store)
    }

    async fn approve(&mut self, host: usize) -> Result<(), Broken> {
        let Some(app) = self.world.app().await? else { return Ok(()) };
        let Some(device) = self.device(host).await? else { return Ok(()) };
        let context = self.world.context();
        let granted = decide(&self.administrator(), ApproveDevice, Facts::of_site(device));
        let granted = granted.expect("an administrator may");
        let approved = self.world.power.run(devices::approve(&app, &context, granted)).await;
        self.world.note(|| format!("    {:?}", approved.map(|it| it.map(|it| it.state).ok())));
        self.stands(host).await
    }

    async fn block(&mut self, host: usize) -> Result<(), Broken> {
        let Some(app) = self.world.app().await? else { return Ok(()) };
        let Some(device) = self.device(host).await? else { return Ok(()) };
        let context = self.world.context();
        let granted = decide(&self.administrator(), BlockDevice, Facts::of_site(device));
        let granted = granted.expect("an administrator may");
        let blocking = devices::block(&app, &context, granted, "sim".to_owned());
        // When it dies here, it is looked at what came of it.
        let _ = self.world.power.run(blocking).await;
        self.stands(host).await
    }

    pub(super) async fn unblock(&mut self, host: usize) -> Result<(), Broken> {
        let Some(app) = self.world.app().await? else { return Ok(()) };
        let Some(device) = self.device(host).await? else { return Ok(()) };
        if device.state == DeviceState::Blocked {
            let context = self.world.context();
            let granted = decide(&self.administrator(), BlockDevice, Facts::of_site(device));
            let granted = granted.expect("an administrator may");
            let _ = self.world.power.run(devices::unblock(&app, &context, granted)).await;
        }
        self.approve(host).await
    }

    /// Somebody has decided about a host: that is what counts from now on.
    async fn stands(&mut self, host: usize) -> Result<(), Broken> {
        self.world.power.hold(true);
        let device = self.row(host).await;
        self.world.power.hold(false);
        let (since, before) = (self.world.clock.now(), self.standing[host]);
        let Some(device) = device? else { return Ok(()) };
        let state = device.state;
        let since = before.filter(|before| before.state == state).map_or(since, |it| it.since);
        self.standing[host] = Some(super::Standing { state, since });
        Ok(())
    }

    async fn rotate(&mut self, kind: keys::Replaced) -> Result<(), Broken> {
        let Some(app) = self.world.app().await? else { return Ok(()) };
        let ring = app.vault.ring();
        let rotating = async {
            let (clock, rng) = (app.clock.as_ref(), &app.rng);
            if let Err(error) = keys::rotate(&app.store, &ring, kind, true, clock, rng).await {
                return Ok(Some(error.to_string()));
            }
            app.keys.reload(&app.store, &ring).await?;
            anyhow::Ok(None)
        };
        match self.world.power.run(rotating).await {
            Ok(Ok(refused)) => {
                self.world.note(|| format!("    {refused:?}"));
                Ok(())
            }
            Ok(Err(error)) => Err(Broken::other(format!("keys cannot be read: {error:#}"))),
            Err(_) => Ok(()),
        }
    }

    fn administrator(&self) -> Subject {
        Subject::with_role(self.world.site.owner, Role::Administrator)
    }

    /// A device is approved, and nobody has said so.
    async fn approve_carelessly(&mut self) -> Result<(), Broken> {
        let Some(device) = self.device(self.new).await? else { return Ok(()) };
        let Some(server) = &self.world.server else { return Ok(()) };
        let careless = async {
            let work = server.app.store.begin(&self.world.context()).await?;
            let version = device.version;
            let device = Device { state: DeviceState::Approved, ..device };
            work.devices().update(device, version).await?;
            work.commit_unaudited("a lock that is broken on purpose").await.map(drop)
        };
        careless.await.map_err(Broken::store)
    }

    /// An agent says too much.
    fn gossip(&mut self) {
        let host = &self.world.endpoints[0].host;
        let Some(set) = host.set().pop() else { return };
        let said = [b"the password is ", set.value.expose()].concat();
        self.seen.push(data_encoding::BASE64.encode(&said).into_bytes());
    }
}

fn facts() -> HostFacts {
    HostFacts {
        host_name: "new-1".to_owned(),
        dns_name: "new-1".parse().ok(),
        system: "sim".to_owned(),
        kernel: "sim".to_owned(),
        architecture: "sim".to_owned(),
        machine: "new-1".to_owned(),
    }
}
