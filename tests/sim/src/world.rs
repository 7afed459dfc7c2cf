//! A case: a site, what happens to it, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use sekisho_model::clock::ManualClock;
use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{DeviceId, RequestId};
use sekisho_model::rng::SeededRng;
use sekisho_model::{Clock, Rng, Secret};
use sekisho_server::agents::Plane;
use sekisho_server::app::SharedApp;
use sekisho_server::orders::{self, OrderError};
use sekisho_server::shutdown::{Stopper, shutdown};
use sekisho_store::{Access, Account, OperationContext, OrderFilter, Page, StoreError};
use sekisho_wire::route::RouteName;

use crate::database::{Backup, Database};
use crate::disk::SimDisk;
use crate::endpoint::{Endpoint, Snapshot, Turn};
use crate::evil::gateway::Gateway;
use crate::host::{Cut, Host};
use crate::network::Network;
use crate::power::{Died, Power};
use crate::schedule::Step;
use crate::site::{AccountAt, Site};
use crate::{Broken, Teeth};

/// A case while it runs.
pub(crate) struct World<'a> {
    pub(crate) site: &'a Site,
    pub(crate) database: &'a mut Database,
    pub(crate) power: Power,
    pub(crate) stage: usize,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) server: Option<Server>,
    pub(crate) endpoints: Vec<Endpoint>,
    /// The device of each host, once it has one.
    pub(crate) devices: Vec<Option<DeviceId>>,
    pub(crate) accounts: Vec<AccountAt>,
    /// What stands between agents and server, if something does.
    pub(crate) gateway: Option<Gateway>,
    pub(crate) teeth: Teeth,
    /// Hosts on which something happened; the agents of the others stay away.
    pub(crate) touched: Vec<bool>,
    snapshots: Vec<Option<Snapshot>>,
    backup: Option<Backup>,
    /// The server was put back and has not ended its recovery yet.
    pub(crate) amnesia: bool,
    pub(crate) faults: u64,
    /// What happened, for a person; `None`: nobody reads it.
    pub(crate) trace: Option<Vec<String>>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) app: SharedApp,
    _stopper: Stopper,
}

impl<'a> World<'a> {
    pub(crate) async fn new(
        site: &'a Site,
        database: &'a mut Database,
        power: Power,
        stage: usize,
        seed: u64,
        teeth: Teeth,
    ) -> Self {
        power.restore();
        database.reset(stage).await;
        let at = &site.stages[stage];
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(!seed));
        let mut endpoints = Vec::new();
        for host in &at.hosts {
            let disk = SimDisk::new(host.disk.snapshot(), teeth == Teeth::LyingDisk);
            let loses = (teeth == Teeth::LostReceipts).then_some(RouteName::Receipt);
            let network = Network::new(host.peer.clone(), power.clone(), loses);
            let clock = Arc::new(ManualClock::new(at.now));
            let accounts = Host::new(&host.passwords);
            if teeth == Teeth::LyingSync {
                accounts.lie();
            }
            endpoints.push(Endpoint::new(disk, accounts, network, clock, rng.clone()));
        }
        Self {
            site,
            database,
            power,
            stage,
            clock: Arc::new(ManualClock::new(at.now)),
            rng: rng.clone(),
            server: None,
            endpoints,
            devices: at.hosts.iter().map(|host| Some(host.device)).collect(),
            accounts: at.accounts.clone(),
            gateway: None,
            teeth,
            touched: vec![false; at.hosts.len()],
            snapshots: at.hosts.iter().map(|_| None).collect(),
            backup: None,
            amnesia: false,
            faults: 0,
            trace: None,
        }
    }

    /// One more host, whose agent is not enrolled yet.
    pub(crate) fn add(&mut self, endpoint: Endpoint) {
        self.endpoints.push(endpoint);
        self.devices.push(None);
        self.touched.push(true);
        self.snapshots.push(None);
    }

    /// One line for the trace.
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    /// One step, and what it found broken.
    pub(crate) async fn step(&mut self, step: Step) -> Result<(), Broken> {
        // Ids of one millisecond have no order among themselves.
        self.pass(Duration::from_secs(1));
        match step.host(&self.accounts) {
            Some(host) => self.touched[host] = true,
            // Every agent must come once more.
            None if matches!(step, Step::RestoreServer) => self.touched.fill(true),
            None => {}
        }
        match step {
            Step::Reset(account) => self.ask(account, Ask::Reset).await?,
            Step::Verify(account) => self.ask(account, Ask::Verify).await?,
            Step::Discover(host) => self.discover(host).await?,
            Step::Cancel(account) => self.cancel(account).await?,
            Step::Work(host) => {
                self.work(host).await?;
            }
            Step::Sweep => self.sweep().await?,
            Step::Wait(time) => self.pass(time),
            Step::KillServer(steps) => self.power.cut_after(steps),
            Step::StartServer => self.start().await?,
            Step::KillAgent(host) => {
                self.faults += 1;
                self.endpoints[host].kill();
            }
            Step::PowerOff(host, some) => self.power_off(host, some),
            Step::Disk(host, nth, event) => self.endpoints[host].disk.plan(nth, event),
            Step::CutAtChange(host, at, cut) => self.endpoints[host].host.cut_at(at, cut),
            Step::Refuse(host, class, happens) => {
                self.endpoints[host].host.refuse_next(class, happens);
            }
            Step::FailSync(host) => self.endpoints[host].host.fail_next_sync(),
            Step::Blind(host, checks) => self.endpoints[host].host.blind_for(checks),
            Step::Network(host, route, fault) => {
                self.endpoints[host].network.break_next(route, fault);
            }
            Step::Replay(host, nth) => {
                let arrived = self.endpoints[host].network.replay(nth).await;
                self.note(|| format!("    arrived: {arrived}"));
            }
            Step::DeliverLate(host) => {
                let arrived = self.endpoints[host].network.deliver_late().await;
                self.note(|| format!("    arrived: {arrived}"));
            }
            Step::ByHand(account) => self.by_hand(account),
            Step::AccountsChanged(host) => self.endpoints[host].host.change_files(),
            Step::EndSession(host) => self.endpoints[host].end_session(),
            Step::SetClock(host, seconds) => {
                self.faults += 1;
                let clock = &self.endpoints[host].clock;
                let by = Duration::from_secs(seconds.unsigned_abs());
                let now = clock.now();
                clock.set_wall(if seconds < 0 { now.minus(by) } else { now.plus(by) });
            }
            Step::Snapshot(host) => {
                self.snapshots[host] = Some(self.endpoints[host].snapshot());
            }
            Step::RestoreHost(host) => {
                if let Some(snapshot) = &self.snapshots[host] {
                    self.faults += 1;
                    let lies = self.teeth == Teeth::LyingDisk;
                    self.endpoints[host].restore(snapshot, lies);
                }
            }
            Step::RestoreDisk(host) => {
                if let Some(snapshot) = &self.snapshots[host] {
                    self.faults += 1;
                    let lies = self.teeth == Teeth::LyingDisk;
                    let forgives = self.teeth != Teeth::UnnoticedRollback;
                    self.endpoints[host].restore_disk(snapshot, lies, forgives);
                }
            }
            Step::Backup => {
                self.stop();
                self.backup = Some(self.database.backup(self.stage).await);
                self.start().await?;
            }
            Step::RestoreServer => {
                self.stop();
                if let Some(backup) = &self.backup {
                    self.faults += 1;
                    self.amnesia = true;
                    self.database.restore(self.stage, backup).await;
                }
                self.start().await?;
            }
        }
        self.after().await
    }

    /// What a step has left behind: a dead server, a failed one.
    pub(crate) async fn after(&mut self) -> Result<(), Broken> {
        for endpoint in &self.endpoints {
            self.faults += endpoint.disk.take_faults()
                + endpoint.host.take_faults()
                + endpoint.network.take_faults();
        }
        let mut failures: u64 =
            self.endpoints.iter().map(|endpoint| endpoint.network.take_failures()).sum();
        if let Some(gateway) = &self.gateway {
            failures += gateway.take_failures();
            let lines = gateway.take_trace();
            if let Some(trace) = &mut self.trace {
                trace.extend(lines);
            }
        }
        if self.power.is_off() {
            self.faults += 1;
            self.stop();
            self.note(|| "    the server died".to_owned());
        } else if failures > 0 {
            return Err(Broken::other("the server failed by itself"));
        }
        Ok(())
    }

    /// Time passes, everywhere.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        for endpoint in &self.endpoints {
            endpoint.clock.advance(time);
        }
    }

    fn stop(&mut self) {
        for endpoint in &self.endpoints {
            endpoint.network.lead_to(None);
        }
        if let Some(gateway) = &self.gateway {
            gateway.lead_to(None);
        }
        // First the disk, then the process: nothing is tidied up.
        self.database.die(self.stage, self.rng.as_ref());
        self.server = None;
        self.power.restore();
    }

    /// A server is started if there is none. It may die while it starts.
    pub(crate) async fn start(&mut self) -> Result<(), Broken> {
        if self.server.is_some() {
            return Ok(());
        }
        let clock: Arc<dyn Clock> = self.clock.clone();
        let opened = self.database.open(self.stage, &self.site.config, clock, self.rng.clone());
        match self.power.run(opened).await {
            Err(Died) => self.after().await,
            Ok(Err(error)) => Err(Broken::other(format!("the server does not start: {error:#}"))),
            Ok(Ok(app)) => {
                let (stopper, watch) = shutdown();
                let plane = Arc::new(Plane::new(app.clone(), watch));
                for endpoint in &self.endpoints {
                    endpoint.network.lead_to(Some(plane.clone()));
                }
                if let Some(gateway) = &self.gateway {
                    gateway.lead_to(Some((app.clone(), plane)));
                }
                self.server = Some(Server { app, _stopper: stopper });
                Ok(())
            }
        }
    }

    /// The operator starts a dead server sooner or later.
    pub(crate) async fn app(&mut self) -> Result<Option<SharedApp>, Broken> {
        self.start().await?;
        Ok(self.server.as_ref().map(|server| server.app.clone()))
    }

    pub(crate) fn context(&self) -> OperationContext {
        let now = self.clock.now();
        OperationContext {
            actor: Actor::User(self.site.owner),
            origin: Origin { request: RequestId::at(now, self.rng.as_ref()), address: None },
            now,
        }
    }

    pub(crate) async fn ask(&mut self, account: usize, what: Ask) -> Result<(), Broken> {
        let id = self.accounts[account].id;
        let Some(app) = self.app().await? else { return Ok(()) };
        let context = self.context();
        let asking = async {
            let row = app.store.read().accounts().find(id).await?;
            let row = row.ok_or(OrderError::AccountGone)?;
            match what {
                Ask::Reset => orders::request_reset(&app, &context, row, "sim").await,
                Ask::Verify => orders::request_verify(&app, &context, row, "sim").await,
            }
        };
        let asked = self.power.run(asking).await;
        self.told(asked.map(|asked| asked.map(|order| order.id.to_string())))
    }

    fn told(&mut self, asked: Result<Result<String, OrderError>, Died>) -> Result<(), Broken> {
        match asked {
            Err(Died) => Ok(()),
            Ok(Ok(order)) => {
                self.note(|| format!("    order {order}"));
                Ok(())
            }
            Ok(Err(error @ (OrderError::Store(_) | OrderError::Vault(_)))) => {
                Err(Broken::other(format!("the server failed by itself: {error}")))
            }
            Ok(Err(error)) => {
                self.note(|| format!("    refused: {error}"));
                Ok(())
            }
        }
    }

    async fn discover(&mut self, host: usize) -> Result<(), Broken> {
        let Some(device) = self.devices[host] else { return Ok(()) };
        let Some(app) = self.app().await? else { return Ok(()) };
        let context = self.context();
        let asking = async {
            let device = app.store.read().devices().find(device).await?;
            let Some(resource) = device.and_then(|device| device.resource) else {
                return Err(OrderError::NoDevice);
            };
            let resource = app.store.read().resources().find(resource).await?;
            let resource = resource.ok_or(OrderError::NoDevice)?;
            orders::request_discover(&app, &context, resource, "sim").await
        };
        let asked = self.power.run(asking).await;
        self.told(asked.map(|asked| asked.map(|order| order.id.to_string())))
    }

    async fn cancel(&mut self, account: usize) -> Result<(), Broken> {
        let id = self.accounts[account].id;
        let Some(app) = self.app().await? else { return Ok(()) };
        let context = self.context();
        let asking = async {
            let filter = OrderFilter { account: Some(id), ..OrderFilter::default() };
            let page = app.store.read().orders().list(&filter, &Page::first(1)).await?;
            match page.items.into_iter().next() {
                Some(order) => orders::cancel(&app, &context, order).await,
                None => Err(OrderError::AccountGone),
            }
        };
        let asked = self.power.run(asking).await;
        self.told(asked.map(|asked| asked.map(|order| order.id.to_string())))
    }

    pub(crate) async fn sweep(&mut self) -> Result<(), Broken> {
        let Some(app) = self.app().await? else { return Ok(()) };
        match self.power.run(orders::sweep::round(&app)).await {
            Ok(Err(error)) => Err(Broken::other(format!("the sweep failed: {error}"))),
            Ok(Ok(())) | Err(Died) => Ok(()),
        }
    }

    fn by_hand(&mut self, account: usize) {
        self.faults += 1;
        let AccountAt { host, name, .. } = &self.accounts[account];
        let mut bytes = [0; 6];
        self.rng.fill(&mut bytes);
        let value: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.endpoints[*host].host.set_by_hand(name, Secret::from(value.as_str()));
    }

    fn power_off(&mut self, host: usize, some: bool) {
        self.faults += 1;
        let endpoint = &mut self.endpoints[host];
        endpoint.kill();
        let disk = endpoint.disk.disk();
        if some {
            disk.crash_with(self.rng.as_ref());
        } else {
            disk.crash();
        }
        endpoint.disk.heal();
        endpoint.host.lose_unsynced(self.rng.as_ref());
    }

    /// A turn of an agent. Whether there was nothing left to do.
    pub(crate) async fn work(&mut self, host: usize) -> Result<bool, Broken> {
        let turn = self.endpoints[host].turn().await;
        self.note(|| format!("    {turn:?}"));
        let died = self.power.is_off();
        self.after().await?;
        match turn {
            Turn::Done => Ok(!died),
            Turn::Again(_) => Ok(false),
            Turn::Cut(Cut::Process) => {
                self.endpoints[host].kill();
                Ok(false)
            }
            Turn::Cut(Cut::Power) => {
                let mut coin = [0];
                self.rng.fill(&mut coin);
                self.power_off(host, coin[0] & 1 == 0);
                Ok(false)
            }
            Turn::Stuck(error) => Err(Broken::other(format!("the agent is stuck: {error}"))),
        }
    }

    /// An account's row.
    pub(crate) async fn row(&self, account: usize) -> Result<Option<Account>, StoreError> {
        match &self.server {
            Some(server) => {
                server.app.store.read().accounts().find(self.accounts[account].id).await
            }
            None => Ok(None),
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Reset,
    Verify,
}
