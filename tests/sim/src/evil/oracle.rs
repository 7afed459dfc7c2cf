//! What must be true, whatever the gateway does.

use std::path::Path;

use sekisho_agent::state::State;
use sekisho_model::Clock as _;
use sekisho_model::device::DeviceState;
use sekisho_model::order::Operation;
use sekisho_server::app::SharedApp;
use sekisho_server::secrets;
use sekisho_store::{
    Access as _, AccountFilter, AuditFilter, Device, DeviceFilter, Hash, MAX_PAGE, Order,
    OrderFilter, Page,
};
use std::sync::Arc;

use super::canary::Canaries;
use super::{Case, Standing};
use crate::Broken;
use crate::site::AccountAt;

/// Numbers of the events that are counted.
const ENROLLED: u16 = 610;
const MOVED: u16 = 619;
const REVERTED: u16 = 622;
const CLONED: u16 = 623;
const UNANSWERED: u16 = 511;

fn wrong(what: impl Into<String>) -> Broken {
    Broken::Wrong(what.into())
}

impl Case<'_> {
    /// What there was before the case.
    pub(super) async fn remember(&mut self) -> Result<(), Broken> {
        let Some(server) = &self.world.server else { return Ok(()) };
        let reader = server.app.store.read();
        for order in orders(&server.app).await? {
            self.receipts_before.extend(order.receipt_hash.map(|Hash(hash)| hash));
        }
        for device in self.world.devices.iter().flatten() {
            let live = reader.device_sessions().live(*device).await.map_err(Broken::store)?;
            self.sessions_before.extend(live.map(|session| session.id));
        }
        Ok(())
    }

    /// The server may know the new host, whatever the host itself was told; and
    /// what accounts it has.
    pub(super) async fn notice_new(&mut self) -> Result<(), Broken> {
        self.world.power.hold(true);
        let noticed = self.notice_new_held().await;
        self.world.power.hold(false);
        noticed
    }

    async fn notice_new_held(&mut self) -> Result<(), Broken> {
        let Some(device) = self.device(self.new).await? else { return Ok(()) };
        if self.standing[self.new].is_none() {
            if device.state == DeviceState::Approved && !self.approves_in_advance {
                return Err(wrong("a device was approved, and no key and nobody said so"));
            }
            let since = self.world.clock.now();
            self.standing[self.new] = Some(Standing { state: device.state, since });
        }
        let Some(resource) = device.resource else { return Ok(()) };
        if self.new_resource.replace(resource).is_some_and(|before| before != resource) {
            self.world.endpoints[self.new].host.become_unknown();
        }
        let Some(server) = &self.world.server else { return Ok(()) };
        let filter = AccountFilter { resource: Some(resource), ..AccountFilter::default() };
        let reader = server.app.store.read();
        let found = reader.accounts().search(&filter, &Page::first(MAX_PAGE)).await;
        let found = found.map_err(Broken::store)?.items;
        let (new, accounts) = (self.new, &mut self.world.accounts);
        accounts.retain(|at| at.host != new || found.iter().any(|row| row.id == at.id));
        for row in found {
            if accounts.iter().all(|at| at.id != row.id) {
                self.accounts.insert(row.id, (new, row.name.clone()));
                accounts.push(AccountAt { id: row.id, host: new, name: row.name });
            }
        }
        Ok(())
    }

    pub(super) fn accounts_of(&self, host: usize) -> usize {
        self.world.accounts.iter().filter(|at| at.host == host).count()
    }

    /// At every moment.
    pub(super) async fn check(&mut self) -> Result<(), Broken> {
        self.world.power.hold(true);
        let checked = self.check_held().await;
        self.world.power.hold(false);
        checked?;
        self.world.check().await
    }

    async fn check_held(&mut self) -> Result<(), Broken> {
        self.seen.extend(self.gateway.take_seen());
        let Some(server) = &self.world.server else { return Ok(()) };
        let app = server.app.clone();
        let site = app.store.read().site().find().await.map_err(Broken::store)?;
        if let Some(reason) = site.and_then(|site| site.recovery_reason) {
            return Err(wrong(format!("the site went into recovery: {reason}")));
        }
        let orders = orders(&app).await?;
        self.check_values(&app, &orders).await?;
        self.check_receipts(&orders)?;
        self.check_devices(&app, &orders).await
    }

    /// Every value that was set, was set because an order said so: to this host,
    /// for this account.
    async fn check_values(&self, app: &SharedApp, orders: &[Order]) -> Result<(), Broken> {
        for (host, endpoint) in self.world.endpoints.iter().enumerate() {
            for set in endpoint.host.set() {
                let named =
                    |problem: &str| wrong(format!("{} on host {host}: {problem}", set.name));
                let order = orders.iter().find(|order| Some(order.id) == set.order);
                let order = order.ok_or_else(|| named("set, and no order said so"))?;
                let about = order.account.and_then(|account| self.accounts.get(&account));
                if about != Some(&(host, set.name.clone())) {
                    return Err(named("set by an order that is about another account"));
                }
                let version = order.candidate_version.ok_or_else(|| named("no value to set"))?;
                let version = app.store.read().secret_versions().find(version).await;
                let version = version.map_err(Broken::store)?;
                let version = version.ok_or_else(|| named("a value that nobody has"))?;
                let value = secrets::open_version(app, &version);
                let value = value.map_err(|error| Broken::other(error.to_string()))?;
                if value != set.value {
                    return Err(named("set to another value than the order's"));
                }
            }
        }
        for order in orders {
            if order.operation == Operation::Reset && order.initiator.is_none() {
                return Err(wrong(format!("nobody asked for the reset {}", order.id)));
            }
        }
        Ok(())
    }

    /// What the server was told, was told by the agent.
    fn check_receipts(&self, orders: &[Order]) -> Result<(), Broken> {
        for order in orders {
            let Some(Hash(hash)) = order.receipt_hash else { continue };
            let mut said = self.world.endpoints.iter().zip(0..).filter(|(_, host)| {
                self.identity_of(*host).is_some_and(|device| device == order.device)
            });
            let is_theirs = said.any(|(endpoint, _)| endpoint.said.receipts.contains(&hash));
            if !is_theirs && !self.receipts_before.contains(&hash) {
                return Err(wrong(format!(
                    "a receipt of {} that its agent did not make",
                    order.id
                )));
            }
        }
        Ok(())
    }

    fn identity_of(&self, host: usize) -> Option<sekisho_model::id::DeviceId> {
        self.world.devices[host]
    }

    /// Every device is somebody's, and stands as people said.
    async fn check_devices(&self, app: &SharedApp, orders: &[Order]) -> Result<(), Broken> {
        let reader = app.store.read();
        let listed = reader.devices().list(&DeviceFilter::default(), &Page::first(MAX_PAGE)).await;
        for device in listed.map_err(Broken::store)?.items {
            let named = |problem: String| wrong(format!("device {}: {problem}", device.host));
            let mut identities = self.identities.iter();
            let host = identities.position(|identity| *identity == device.identity_spki.0);
            let host = host.ok_or_else(|| named("nobody's".to_owned()))?;
            if let Some(suspension) = device.suspension {
                return Err(named(format!("held back as {suspension:?}")));
            }
            let Some(standing) = self.standing[host] else { continue };
            if device.state != standing.state {
                return Err(named(format!("{}, and people said {}", device.state, standing.state)));
            }
            let live = reader.device_sessions().live(device.id).await.map_err(Broken::store)?;
            if let Some(session) = live {
                let said = &self.world.endpoints[host].said;
                let known = said.sessions.contains(&session.id)
                    || self.sessions_before.contains(&session.id);
                if !known {
                    return Err(named("in a session that its agent did not open".to_owned()));
                }
            }
            if standing.state == DeviceState::Blocked {
                self.check_blocked(app, &device, standing, orders).await?;
            }
        }
        Ok(())
    }

    /// A blocked device is given nothing and heard of no more.
    async fn check_blocked(
        &self,
        app: &SharedApp,
        device: &Device,
        standing: Standing,
        orders: &[Order],
    ) -> Result<(), Broken> {
        let named = |problem: &str| wrong(format!("blocked device {}: {problem}", device.host));
        let later = |at: Option<_>| at.is_some_and(|at| at > standing.since);
        if later(device.last_seen_at) {
            return Err(named("heard of"));
        }
        let mut theirs = orders.iter().filter(|order| order.device == device.id);
        if theirs.any(|order| later(order.delivered_at)) {
            return Err(named("given an order"));
        }
        let reader = app.store.read();
        if reader.device_sessions().live(device.id).await.map_err(Broken::store)?.is_some() {
            return Err(named("in a session"));
        }
        let issued = reader.device_certificates().newest(device.id, 1).await;
        let issued = issued.map_err(Broken::store)?;
        if later(issued.first().map(|certificate| certificate.issued_at)) {
            return Err(named("given a certificate"));
        }
        Ok(())
    }

    /// At the end: what is written down, and what was seen.
    pub(super) async fn check_end(&mut self) -> Result<(), Broken> {
        self.seen.extend(self.gateway.take_seen());
        let server = self.world.server.as_ref().ok_or_else(|| Broken::other("no server"))?;
        let app = server.app.clone();
        self.check_log(&app).await?;
        let canaries = self.canaries(&app).await?;
        match self.seen.iter().find_map(|bytes| canaries.find(bytes)) {
            Some(at) => {
                Err(Broken::Leaked(format!("a part of a secret, {at} bytes into a message")))
            }
            None => Ok(()),
        }
    }

    /// Nothing that somebody must have done was recorded more often than somebody
    /// did it.
    async fn check_log(&mut self, app: &SharedApp) -> Result<(), Broken> {
        let count = async |code: u16, about: String| {
            let filter =
                AuditFilter { codes: vec![code], event: Some(about), ..AuditFilter::default() };
            let lines = app.store.read().audit().list(&filter, &Page::first(MAX_PAGE)).await;
            lines.map(|lines| lines.items.len()).map_err(Broken::store)
        };
        for (asked, code, what) in
            [(&self.enrolments, ENROLLED, "enrolled"), (&self.moves, MOVED, "moved")]
        {
            for (key, times) in asked {
                let found = count(code, key.to_string()).await?;
                if found > *times as usize {
                    return Err(wrong(format!(
                        "a host was {what} {found} times with a key, and asked for {times} times"
                    )));
                }
            }
        }
        self.alarms = count(UNANSWERED, String::new()).await? as u64;
        for (code, what) in [(REVERTED, "put back"), (CLONED, "copied")] {
            if count(code, String::new()).await? > 0 {
                return Err(wrong(format!("a host was taken for one that was {what}")));
            }
        }
        Ok(())
    }

    /// Everything that nobody on the way may see.
    async fn canaries(&self, app: &SharedApp) -> Result<Canaries, Broken> {
        let other = |error: String| Broken::other(error);
        let reader = app.store.read();
        let mut secret: Vec<Vec<u8>> = vec![self.world.site.recovery_text.clone().into_bytes()];
        secret.extend(self.secrets.iter().map(|secret| secret.expose().to_vec()));
        for account in self.accounts.keys() {
            let versions = reader.secret_versions().newest(*account, 200).await;
            for version in versions.map_err(Broken::store)? {
                let value = secrets::open_version(app, &version);
                secret.push(value.map_err(|error| other(error.to_string()))?.expose().to_vec());
            }
        }
        for endpoint in &self.world.endpoints {
            let passwords = endpoint.host.names().into_iter();
            secret.extend(
                passwords.map(|name| endpoint.host.password(&name).value.expose().to_vec()),
            );
            let state = State::new(Arc::new(endpoint.disk.clone()));
            let identity = state.identity().map_err(|error| other(error.to_string()))?;
            secret.extend(identity.map(|key| private_half(key.pkcs8().expose())));
        }
        for key in reader.site_keys().list().await.map_err(Broken::store)? {
            let Some(sealed) = &key.sealed_private else { continue };
            let opened = secrets::open(app, secrets::site_key_place(&key.id), sealed);
            let opened = opened.map_err(|error| other(error.to_string()))?;
            secret.push(private_half(opened.expose()));
        }
        for device in self.world.devices.iter().flatten() {
            let sessions = reader.device_sessions().newest(*device, 100).await;
            for session in sessions.map_err(Broken::store)? {
                let place = secrets::session_place(&session.id);
                let opened = secrets::open(app, place, &session.sealed_keys);
                secret.push(opened.map_err(|error| other(error.to_string()))?.expose().to_vec());
            }
        }
        let kek: &Path = &self.world.site.kek;
        secret.push(std::fs::read(kek).map_err(|error| other(error.to_string()))?);
        Ok(Canaries::new(secret.iter().map(Vec::as_slice)))
    }
}

/// The number that is secret: a key in PKCS#8 holds its public half, too.
fn private_half(key: &[u8]) -> Vec<u8> {
    // ECPrivateKey (RFC 5915): version 1, then 32 bytes.
    let marker = [0x02, 0x01, 0x01, 0x04, 0x20];
    let at = key.windows(marker.len()).position(|window| window == marker);
    match at.and_then(|at| key.get(at + marker.len()..at + marker.len() + 32)) {
        Some(number) => number.to_vec(),
        None => key.to_vec(),
    }
}

async fn orders(app: &SharedApp) -> Result<Vec<Order>, Broken> {
    let all = OrderFilter::default();
    let page = app.store.read().orders().list(&all, &Page::first(MAX_PAGE)).await;
    Ok(page.map_err(Broken::store)?.items)
}
