//! What must be true: at every moment, and at the end.

use sekisho_model::account::{Knowledge, SecretState};
use sekisho_model::order::{Operation, OrderState};
use sekisho_seal::escrow::{self, SealedEscrow};
use sekisho_server::secrets;
use sekisho_store::{Access, OrderFilter, Page, SecretVersion, StoreError};
use sekisho_wire::cbor;

use crate::Broken;
use crate::host::Password;
use crate::world::{Ask, World};

/// Versions looked through.
const VERSIONS: u64 = 200;

impl World<'_> {
    /// The promise, at this moment: what works on each host is known, and shown
    /// for what it is; no order was applied twice; one open reset an account.
    pub(crate) async fn check(&mut self) -> Result<(), Broken> {
        self.power.hold(true);
        let checked = self.check_held().await;
        self.power.hold(false);
        checked
    }

    async fn check_held(&mut self) -> Result<(), Broken> {
        for endpoint in &self.endpoints {
            if let Some(order) = endpoint.host.applied_twice().first() {
                return Err(Broken::AppliedTwice(format!("order {order} was applied twice")));
            }
        }
        if self.server.is_none() {
            // Nobody can be shown anything. It is looked at when one is there.
            return Ok(());
        }
        for account in 0..self.accounts.len() {
            self.check_account(account).await?;
        }
        Ok(())
    }

    async fn check_account(&self, account: usize) -> Result<(), Broken> {
        let works = self.password(account);
        let orders = self.open_resets(account).await.map_err(Broken::store)?;
        if orders.len() > 1 {
            return Err(Broken::other(format!("{} resets are open at once", orders.len())));
        }
        let found = self.version_of(account, &works).await?;
        let Some(found) = found else {
            if works.by_hand || (self.amnesia && self.is_in_escrow(account, &works)) {
                return Ok(());
            }
            let name = &self.accounts[account].name;
            return Err(Broken::Lost(format!("nobody knows the password of {name}")));
        };
        let shown = match found.state {
            SecretState::Current | SecretState::Indeterminate => true,
            SecretState::Candidate => {
                let mut open = orders.iter();
                open.any(|order| order.candidate_version == Some(found.id))
            }
            SecretState::Superseded | SecretState::Rejected => false,
        };
        if shown || works.reverted || works.by_hand || self.amnesia {
            return Ok(());
        }
        Err(Broken::Lost(format!(
            "the password of {} is shown as {}: {}",
            self.accounts[account].name, found.state, found.evidence
        )))
    }

    /// After everything was healed: what is shown as current works, or is shown
    /// not to; and a reset mends that.
    pub(crate) async fn check_end(&mut self) -> Result<(), Broken> {
        self.check().await?;
        for account in 0..self.accounts.len() {
            if self.is_doubtful(account).await.map_err(Broken::store)? {
                // A check that was withdrawn or that waited too long: shown as
                // it is, and the next check settles it.
                self.carry_out(account, Ask::Verify).await?;
            }
            if self.is_settled(account).await? {
                continue;
            }
            let works = self.password(account);
            if !works.by_hand && !works.reverted {
                let name = self.accounts[account].name.clone();
                return Err(Broken::Lost(format!("the current password of {name} does not work")));
            }
            self.mend(account).await?;
        }
        self.check().await?;
        let server = self.server.as_ref().ok_or_else(|| Broken::other("no server"))?;
        let reader = server.app.store.read();
        for chain in reader.audit().chains().await.map_err(Broken::store)? {
            if let Err(broken) = reader.audit().verify(&chain).await.map_err(Broken::store)? {
                return Err(Broken::other(format!("the audit chain is broken: {broken:?}")));
            }
        }
        Ok(())
    }

    /// Somebody changed it, or the host went back: a check shows that, and a
    /// reset mends it.
    async fn mend(&mut self, account: usize) -> Result<(), Broken> {
        let name = self.accounts[account].name.clone();
        let known = self.row(account).await.map_err(Broken::store)?;
        if known.is_some_and(|row| row.current_version.is_some()) {
            self.carry_out(account, Ask::Verify).await?;
            let knowledge = self.knowledge(account).await.map_err(Broken::store)?;
            if knowledge != Some(Knowledge::OutOfSync) && !self.is_settled(account).await? {
                return Err(Broken::Lost(format!(
                    "the password of {name} does not work and is shown as {knowledge:?}"
                )));
            }
        }
        self.carry_out(account, Ask::Reset).await?;
        if self.is_settled(account).await? {
            return Ok(());
        }
        Err(Broken::other(format!("a reset does not mend the password of {name}")))
    }

    /// Whether the current version is the one that works and nothing is open.
    async fn is_settled(&self, account: usize) -> Result<bool, Broken> {
        let works = self.password(account);
        let row = self.row(account).await.map_err(Broken::store)?;
        let Some(row) = row else { return Ok(false) };
        let versions = self.versions(account).await.map_err(Broken::store)?;
        for version in &versions {
            let is_current = row.current_version == Some(version.id);
            if is_current != (version.state == SecretState::Current) {
                return Err(Broken::other(format!(
                    "version {} is {} and current_version is {:?}",
                    version.id, version.state, row.current_version
                )));
            }
            if matches!(version.state, SecretState::Candidate | SecretState::Indeterminate) {
                return Err(Broken::other(format!(
                    "version {} is still {} and nothing is open: {}",
                    version.id, version.state, version.evidence
                )));
            }
        }
        let current = versions.iter().find(|version| row.current_version == Some(version.id));
        Ok(match current {
            Some(current) => self.is(current, &works)?,
            // Nothing was ever told, nothing was ever set.
            None => works.by_hand,
        })
    }

    async fn is_doubtful(&self, account: usize) -> Result<bool, StoreError> {
        let versions = self.versions(account).await?;
        Ok(versions.iter().any(|version| version.state == SecretState::Indeterminate))
    }

    fn password(&self, account: usize) -> Password {
        let at = &self.accounts[account];
        self.endpoints[at.host].host.password(&at.name)
    }

    async fn knowledge(&self, account: usize) -> Result<Option<Knowledge>, StoreError> {
        let Some(server) = &self.server else { return Ok(None) };
        let Some(row) = self.row(account).await? else { return Ok(None) };
        let id = row.id;
        let known = server.app.store.read().accounts().knowledge(&[row]).await?;
        Ok(known.get(&id).copied())
    }

    async fn versions(&self, account: usize) -> Result<Vec<SecretVersion>, StoreError> {
        let Some(server) = &self.server else { return Ok(Vec::new()) };
        let id = self.accounts[account].id;
        server.app.store.read().secret_versions().newest(id, VERSIONS).await
    }

    async fn open_resets(&self, account: usize) -> Result<Vec<sekisho_store::Order>, StoreError> {
        let Some(server) = &self.server else { return Ok(Vec::new()) };
        let open = OrderFilter {
            account: Some(self.accounts[account].id),
            operation: Some(Operation::Reset),
            states: OrderState::open().collect(),
            ..OrderFilter::default()
        };
        Ok(server.app.store.read().orders().list(&open, &Page::first(4)).await?.items)
    }

    /// The version whose value this is.
    async fn version_of(
        &self,
        account: usize,
        works: &Password,
    ) -> Result<Option<SecretVersion>, Broken> {
        for version in self.versions(account).await.map_err(Broken::store)? {
            if self.is(&version, works)? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    fn is(&self, version: &SecretVersion, works: &Password) -> Result<bool, Broken> {
        let Some(server) = &self.server else { return Ok(false) };
        let value = secrets::open_version(&server.app, version)
            .map_err(|error| Broken::other(format!("a value cannot be opened: {error}")))?;
        Ok(value == works.value)
    }

    /// Whether the agent keeps it, sealed to the recovery key.
    fn is_in_escrow(&self, account: usize, works: &Password) -> bool {
        let at = &self.accounts[account];
        let disk = self.endpoints[at.host].disk.disk().snapshot();
        let Some(device) = self.devices[at.host] else { return false };
        let Some(server) = &self.server else { return false };
        let site = server.app.keys.site();
        use sekisho_platform::disk::Disk as _;
        let names = disk.list("escrow").unwrap_or_default();
        names.iter().any(|name| {
            let bytes = disk.read(&format!("escrow/{name}")).ok().flatten().unwrap_or_default();
            let sealed: Option<SealedEscrow> = cbor::decode(&bytes, escrow::MAX_ESCROW_BYTES).ok();
            let opened = sealed.and_then(|sealed| {
                escrow::open(&sealed, &self.site.recovery_key, site, device).ok()
            });
            opened.is_some_and(|opened| opened.value.0 == works.value)
        })
    }
}
