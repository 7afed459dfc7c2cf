//! How a case ends: all that was planned is called off, people do what the
//! documents say, and time passes until nothing is under way.

use std::time::Duration;

use sekisho_model::order::OrderState;
use sekisho_server::recovery::{self, RecoveryError};
use sekisho_store::{Access, OrderFilter, Page};

use crate::power::Died;
use crate::world::{Ask, World};
use crate::{Broken, Teeth};

/// Waits between the rounds of healing: what is tried again later comes up.
const ROUNDS_S: [u64; 16] = [
    0, 0, 61, 61, 301, 301, 901, 901, 3_601, 3_601, 21_601, 21_601, 21_601, 21_601, 21_601, 21_601,
];

/// Turns of an agent within a round, at most.
const TURNS: u32 = 8;

impl World<'_> {
    /// All that was planned is called off, everything is started, people do
    /// what the documents say, time passes until nothing is under way.
    pub(crate) async fn heal(&mut self) -> Result<(), Broken> {
        self.note(|| "healing".to_owned());
        self.power.restore();
        for endpoint in &self.endpoints {
            endpoint.disk.heal();
            endpoint.host.heal();
            endpoint.network.heal();
        }
        if let Some(gateway) = &self.gateway {
            gateway.stop();
        }
        self.start().await?;
        for (round, wait) in ROUNDS_S.into_iter().enumerate() {
            self.pass(Duration::from_secs(wait + 1));
            self.note(|| format!("  round {round}"));
            for host in 0..self.endpoints.len() {
                if !self.touched[host] {
                    continue;
                }
                self.release(host).await?;
                for _ in 0..TURNS {
                    if self.work(host).await? {
                        break;
                    }
                    self.release(host).await?;
                    self.pass(Duration::from_secs(1));
                }
            }
            self.sweep().await?;
            let recovered = self.recover().await?;
            if !recovered && self.is_quiet().await? {
                return Ok(());
            }
        }
        Err(Broken::other("orders are still open after everything was healed"))
    }

    /// An administrator looks at a copied device and keeps the one there is.
    async fn release(&mut self, host: usize) -> Result<(), Broken> {
        let Some(device) = self.devices[host] else { return Ok(()) };
        let Some(app) = self.app().await? else { return Ok(()) };
        let reader = app.store.read();
        let row = reader.devices().find(device).await.map_err(Broken::store)?;
        let Some(row) = row.filter(|row| row.suspension.is_some()) else { return Ok(()) };
        self.note(|| "    an administrator keeps the copied device".to_owned());
        let released = async {
            let work = app.store.begin(&self.context()).await?;
            let version = row.version;
            let row = sekisho_store::Device { suspension: None, ..row };
            work.devices().update(row, version).await?;
            work.commit_unaudited("there is no command for it yet").await.map(drop)
        };
        released.await.map_err(Broken::store)
    }

    /// The operator ends a recovery once every agent was there again.
    async fn recover(&mut self) -> Result<bool, Broken> {
        let Some(app) = self.app().await? else { return Ok(false) };
        let site = app.store.read().site().find().await.map_err(Broken::store)?;
        if site.is_none_or(|site| site.recovery_reason.is_none()) {
            self.amnesia = false;
            return Ok(false);
        }
        for host in 0..self.endpoints.len() {
            if self.devices[host].is_none() {
                continue;
            }
            self.endpoints[host].end_session();
            self.pass(Duration::from_secs(1));
            self.work(host).await?;
        }
        if self.teeth == Teeth::ForgetfulOperator {
            let work = app.store.begin(&self.context()).await.map_err(Broken::store)?;
            work.site().end_recovery().await.map_err(Broken::store)?;
            work.commit_unaudited("a test").await.map(drop).map_err(Broken::store)?;
            return Ok(true);
        }
        let context = self.context();
        let recovering = recovery::recover(&app, &context, &self.site.recovery_key);
        match self.power.run(recovering).await {
            Ok(Ok(recovered)) => {
                self.note(|| format!("    {recovered:?}"));
                if recovered.keys_replaced_in.is_none() && recovered.skipped == 0 {
                    // Before any host was asked: nothing may be called worthless.
                    self.amnesia = false;
                    self.check().await?;
                }
                Ok(true)
            }
            Ok(Err(RecoveryError::NotInRecovery)) | Err(Died) => Ok(true),
            Ok(Err(error)) => Err(Broken::other(format!("the recovery failed: {error}"))),
        }
    }

    async fn is_quiet(&mut self) -> Result<bool, Broken> {
        let Some(app) = self.app().await? else { return Ok(false) };
        let open = OrderFilter { states: OrderState::open().collect(), ..OrderFilter::default() };
        let open = app.store.read().orders().list(&open, &Page::first(8)).await;
        let open = open.map_err(Broken::store)?.items;
        let shown: Vec<_> = open.iter().map(|order| (order.operation, order.state)).collect();
        self.note(|| format!("    open: {shown:?}"));
        Ok(open.is_empty())
    }

    /// A healthy reset or check from asking to its end.
    pub(crate) async fn carry_out(&mut self, account: usize, what: Ask) -> Result<(), Broken> {
        self.pass(Duration::from_secs(1));
        self.touched[self.accounts[account].host] = true;
        self.ask(account, what).await?;
        self.heal().await
    }
}
