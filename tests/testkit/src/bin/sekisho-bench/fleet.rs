//! `bench fleet`: what a server takes for many agents, and how fast it wakes
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_testkit::fleet::{ACCOUNT, Fleet, Plan};
use serde_json::json;
use tokio::task::JoinSet;
use xtask::bench::{Aim, FleetArgs, Wire, percentile};

use crate::api::Api;
use crate::gateway::Gateway;
use crate::site::Site;
use crate::{Stage, say, seconds_since};

/// A day, in seconds.
const DAY_S: f64 = 86_400.0;

/// How many agents begin per second before anything is measured: few enough
/// that none has to try twice.
const BEGIN_PER_S: u32 = 120;

/// Wake-ups per second, while everybody else waits.
const WAKES_PER_S: u32 = 20;

/// The default watch: longer than a wait, which is 240 s. A third of the agents
/// fetch in it, as in any five minutes of a day.
const IDLE_S: u64 = 300;

/// An agent renews its certificate every ten days or so; what that carries is
/// about what an enrolment does.
const RENEWALS_PER_DAY: f64 = 0.1;

pub(crate) async fn run(stage: &Stage, args: &FleetArgs) -> Result<()> {
    let quick = args.common.quick;
    let agents = if quick { args.agents.min(200) } else { args.agents };
    let wakes = if quick { 40 } else { 1_000 }.min(agents);
    let idle_s = args.idle_s.unwrap_or(if quick { 20 } else { IDLE_S });
    let mut report = stage.report("fleet", quick)?;
    report.figure("agents", "agents", agents as f64, "");

    let site = Site::start(stage, None).await?;
    let gateway = match args.gateway {
        true => Some(Gateway::start(stage, &site).await?),
        false => None,
    };
    let mut way = Way { site, gateway };
    let (fleet, enrolled_in_s) = enrol(&way, agents).await?;
    report.figure("enrol_per_s", "enrolments", agents as f64 / enrolled_in_s, "/s");

    // What the enrolments left in the server's memory is not the fleet's.
    say("starting the server anew, so that its memory is that of a fresh one");
    way.begin_anew().await?;
    warm_up(&way.site).await?;
    let (before_bytes, gateway_before) = way.rss_bytes()?;
    let began = SystemClock.elapsed();
    fleet.start();
    await_waiting(&way, agents, Duration::from_secs(120 + agents as u64 / 20)).await?;
    report.figure(
        "join_s",
        "time until all wait, at 120 new ones per second",
        seconds_since(began),
        "s",
    );
    let carried = Wire::look(way.port())?.in_all();
    let joining_bytes = carried.with_headers_bytes as f64 / carried.connections.max(1) as f64;

    tokio::time::sleep(Duration::from_secs(5)).await;
    let (with_bytes, gateway_with) = way.rss_bytes()?;
    let per_agent = with_bytes.saturating_sub(before_bytes) as f64 / agents as f64;
    report.aimed(
        "rss_per_agent_bytes",
        "server memory (RSS) per waiting agent",
        per_agent,
        "B",
        Aim::AtMost(40_000.0),
    );
    report.figure(
        "server_rss_bytes",
        "server memory (RSS) with all waiting",
        with_bytes as f64,
        "B",
    );

    if args.gateway {
        report.figure(
            "gateway_rss_per_agent_bytes",
            "gateway memory (RSS) per waiting agent",
            gateway_with.saturating_sub(gateway_before) as f64 / agents as f64,
            "B",
        );
    }

    let idle = watch(&way, idle_s).await?;
    let label = "server CPU per 1,000 waits, everything idle agents do included";
    // A watch that saw the waits of few says nothing of their cost.
    if idle.waits < agents as f64 / 2.0 {
        report.too_short_for("cpu_s_per_1000_waits", label);
    } else {
        report.figure("cpu_s_per_1000_waits", label, idle.cpu_s / idle.waits * 1000.0, "s");
    }
    report.figure(
        "idle_cpu_percent",
        "server CPU with all idle, of one core",
        idle.cpu_s / idle.wall_s * 100.0,
        "%",
    );

    if args.gateway {
        report.figure(
            "gateway_idle_cpu_percent",
            "gateway CPU with all idle, of one core",
            idle.gateway_cpu_s / idle.wall_s * 100.0,
            "%",
        );
    }

    let mut latencies = wake(&way.site, &fleet, wakes).await?;
    let p50 = percentile(&mut latencies, 0.5);
    report.figure(
        "wake_p50_ms",
        "wake-up, from the request for an order to the agent's start, median",
        p50,
        "ms",
    );
    let p99 = percentile(&mut latencies, 0.99);
    report.aimed("wake_p99_ms", "the same, 99th percentile", p99, "ms", Aim::AtMost(1000.0));

    let storm = restart(&mut way, agents).await?;
    report.figure(
        "reconnect_all_s",
        "time until all wait again after the server was killed",
        storm.took_s,
        "s",
    );
    report.figure("reconnect_refused", "calls the server refused meanwhile", storm.refused, "");
    report.figure("reconnect_hellos", "new sessions meanwhile", storm.hellos, "");
    let peak = way.site.process().peak_rss_bytes()?;
    report.figure(
        "reconnect_peak_rss_bytes",
        "most server memory (RSS) meanwhile",
        peak as f64,
        "B",
    );

    if args.gateway {
        report.figure(
            "gateway_reconnect_all_s",
            "time until all wait again after the gateway was killed",
            restart_gateway(&mut way, agents).await?,
            "s",
        );
        report.remark(
            "agents reach the server through a gateway, which holds their waits: the memory of \
             waiting agents is the gateway's, and a server that was killed finds them where they were",
        );
    }

    let per_day = idle.bytes_per_agent_s * DAY_S + joining_bytes * (1.0 + RENEWALS_PER_DAY);
    report.aimed(
        "bytes_per_agent_day",
        "bytes on the wire per agent and day",
        per_day,
        "B",
        Aim::AtMost(600_000.0),
    );
    report.figure(
        "joining_bytes",
        "of these once: TLS, Hello, first fetch, discovery",
        joining_bytes,
        "B",
    );
    remarks(&mut report, &idle, idle_s, wakes);
    drop(fleet);
    report.finish(args.common.json.as_deref())
}

fn remarks(report: &mut xtask::bench::Report, idle: &Idle, idle_s: u64, wakes: usize) {
    report.remark(format!(
        "idle watch: {idle_s} s, {:.0} waits ended and {:.0} fetches were made in it; {} of the \
         connections were there at both ends",
        idle.waits, idle.fetches, idle.connections
    ));
    report.remark(
        "bytes: counted by the kernel in the clients' sockets, both ways, with 52 bytes of IP and \
         TCP headers for each segment; the idle rate times 86,400, and once a day a new \
         connection with Hello and discovery, and a tenth of that for the certificate",
    );
    report.remark(format!(
        "wake-ups: {wakes} resets of different hosts at {WAKES_PER_S}/s, from before the request \
         was sent, so the commit and its fsync are in it, to the call of the account backend"
    ));
    report.remark(
        "the agents run in one process on the same cores as the server, with the product's own \
         loop, TLS, seals and journal, a disk in memory and account tools that answer at once",
    );
}

/// How agents reach the server.
struct Way {
    site: Site,
    gateway: Option<Gateway>,
}

impl Way {
    /// The port that agents dial.
    fn port(&self) -> u16 {
        self.gateway.as_ref().map_or(self.site.agents_port, |gateway| gateway.agents_port)
    }

    /// Starts everything anew, as it is after a while.
    async fn begin_anew(&mut self) -> Result<()> {
        self.site.kill()?;
        self.site.serve().await?;
        if let Some(gateway) = &mut self.gateway {
            gateway.restart()?;
            gateway.await_service().await?;
        }
        Ok(())
    }

    /// Memory of the server and of the gateway.
    fn rss_bytes(&self) -> Result<(u64, u64)> {
        let gateway = self.gateway.as_ref().map(|gateway| gateway.process().rss_bytes());
        Ok((self.site.process().rss_bytes()?, gateway.transpose()?.unwrap_or(0)))
    }

    /// CPU time of the server and of the gateway.
    fn cpu(&self) -> Result<(Duration, Duration)> {
        let gateway = self.gateway.as_ref().map(|gateway| gateway.process().cpu());
        Ok((self.site.process().cpu()?, gateway.transpose()?.unwrap_or_default()))
    }

    /// How many agents wait.
    async fn waiting(&self) -> f64 {
        let waiting = match &self.gateway {
            Some(gateway) => gateway.parked(),
            None => self.site.metric("sekisho_agents_waiting", "").await,
        };
        // It may not listen yet.
        waiting.unwrap_or(0.0)
    }

    /// What the log of who holds the agents ends with.
    fn log(&self) -> String {
        self.gateway.as_ref().map_or_else(|| self.site.log(), Gateway::log)
    }
}

async fn enrol(way: &Way, agents: usize) -> Result<(Fleet, f64)> {
    let key = way.site.key(true).await?;
    let plan = Plan {
        server: format!("127.0.0.1:{}", way.port()).parse()?,
        key: Arc::new(EnrolmentKeyText::parse(&key)?),
        agents,
        threads: 2,
        begin_per_s: Some(BEGIN_PER_S),
    };
    say(&format!("enrolling {agents} agents"));
    let began = SystemClock.elapsed();
    let fleet = tokio::task::spawn_blocking(move || {
        Fleet::enrol(&plan, |done| {
            if done % 500 == 0 {
                say(&format!("{done} enrolled after {:.0} s", seconds_since(began)));
            }
        })
    })
    .await??;
    Ok((fleet, seconds_since(began)))
}

/// A request of each kind, so that what is made at first use is there before
/// the memory is looked at.
async fn warm_up(site: &Site) -> Result<()> {
    let mut api = site.api().await?;
    for _ in 0..20 {
        api.get("/accounts?limit=10").await?;
        api.get("/orders?limit=10").await?;
    }
    drop(api);
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(())
}

/// Waits until so many agents wait and nothing is left to be done.
async fn await_waiting(way: &Way, agents: usize, limit: Duration) -> Result<()> {
    let began = SystemClock.elapsed();
    let mut said = began;
    loop {
        let waiting = way.waiting().await;
        if waiting >= agents as f64 {
            return Ok(());
        }
        let now = SystemClock.elapsed();
        if now.saturating_sub(began) > limit {
            bail!(
                "only {waiting} of {agents} agents wait after {} s:\n{}",
                limit.as_secs(),
                way.log()
            );
        }
        if now.saturating_sub(said) > Duration::from_secs(5) {
            said = now;
            say(&format!("{waiting} of {agents} wait after {:.0} s", seconds_since(began)));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What happened while nothing happened.
struct Idle {
    wall_s: f64,
    cpu_s: f64,
    gateway_cpu_s: f64,
    waits: f64,
    fetches: f64,
    bytes_per_agent_s: f64,
    connections: usize,
}

async fn watch(way: &Way, idle_s: u64) -> Result<Idle> {
    say(&format!("watching the idle fleet for {idle_s} s"));
    let site = &way.site;
    let calls =
        |route: &'static str| async move { site.metric("sekisho_agent_calls_total", route).await };
    let (waits, fetches) = (calls("/agent/v1/wait").await?, calls("/agent/v1/fetch").await?);
    let wire = Wire::look(way.port())?;
    let (began, before) = (SystemClock.elapsed(), way.cpu()?);
    let end = began + Duration::from_secs(idle_s);
    while let Some(left) = end.checked_sub(SystemClock.elapsed()).filter(|left| !left.is_zero()) {
        say(&format!("{:.0} s of the watch are left", left.as_secs_f64()));
        tokio::time::sleep(left.min(Duration::from_secs(60))).await;
    }
    let cpu = way.cpu()?;
    let wall_s = seconds_since(began);
    let carried = Wire::look(way.port())?.since(&wire);
    let rate = carried.with_headers_bytes as f64 / carried.connections.max(1) as f64 / wall_s;
    Ok(Idle {
        wall_s,
        cpu_s: (cpu.0 - before.0).as_secs_f64(),
        gateway_cpu_s: (cpu.1 - before.1).as_secs_f64(),
        waits: calls("/agent/v1/wait").await? - waits,
        fetches: calls("/agent/v1/fetch").await? - fetches,
        bytes_per_agent_s: rate,
        connections: carried.connections,
    })
}

/// Gives resets to hosts, one each and evenly in time, and returns how long
/// each took to begin, in milliseconds.
async fn wake(site: &Site, fleet: &Fleet, wakes: usize) -> Result<Vec<f64>> {
    say("reading the accounts");
    let mut accounts: BTreeMap<String, String> = BTreeMap::new();
    for account in site.api().await?.items("/accounts").await? {
        if account["name"] == ACCOUNT {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            accounts.insert(text(&account["resource"]["name"]), text(&account["id"]));
        }
    }
    say(&format!("waking {wakes} of {} agents at {WAKES_PER_S}/s", accounts.len()));
    fleet.notebook().take();
    let step = accounts.len() / wakes.max(1);
    let chosen: Vec<(usize, String)> = (0..wakes)
        .map(|wake| {
            let agent = wake * step.max(1);
            let id = accounts.get(&Fleet::host_name(agent));
            Ok((agent, id.with_context(|| format!("agent {agent} has no account"))?.clone()))
        })
        .collect::<Result<_>>()?;
    let mut sent: BTreeMap<usize, Duration> = BTreeMap::new();
    let mut idle: Vec<Api> = Vec::new();
    let mut asking: JoinSet<Result<(usize, Duration, Api)>> = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / WAKES_PER_S);
    for (agent, account) in chosen {
        pace.tick().await;
        while let Some(done) = asking.try_join_next() {
            let (agent, at, api) = done??;
            sent.insert(agent, at);
            idle.push(api);
        }
        let mut api = match idle.pop() {
            Some(api) => api,
            None => site.api().await?,
        };
        asking.spawn(async move {
            let at = SystemClock.elapsed();
            api.post(&format!("/accounts/{account}/reset"), &json!({ "reason": "bench" })).await?;
            Ok((agent, at, api))
        });
    }
    while let Some(done) = asking.join_next().await {
        let (agent, at, _) = done??;
        sent.insert(agent, at);
    }
    let mut latencies = Vec::with_capacity(wakes);
    let deadline = SystemClock.elapsed() + Duration::from_secs(60);
    while latencies.len() < wakes {
        for began in fleet.notebook().take() {
            let at = sent.get(&began.agent).context("an agent began what nobody asked for")?;
            latencies.push(began.at.saturating_sub(*at).as_secs_f64() * 1000.0);
        }
        if SystemClock.elapsed() > deadline {
            bail!("only {} of {wakes} agents began their order", latencies.len());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(latencies)
}

/// How a fleet came back.
struct Storm {
    took_s: f64,
    refused: f64,
    hellos: f64,
}

async fn restart(way: &mut Way, agents: usize) -> Result<Storm> {
    say("killing the server and starting it again");
    way.site.kill()?;
    way.site.serve().await?;
    let began = SystemClock.elapsed();
    if let Some(gateway) = &way.gateway {
        gateway.await_service().await?;
    }
    await_waiting(way, agents, Duration::from_secs(600)).await?;
    let (took_s, site) = (seconds_since(began), &way.site);
    let all = site.metric("sekisho_agent_calls_total", "").await?;
    let good = site.metric("sekisho_agent_calls_total", "status=\"200\"").await?;
    let hellos = site.metric("sekisho_agent_calls_total", "/agent/v1/hello").await?;
    Ok(Storm { took_s, refused: all - good, hellos })
}

/// How long the agents of a gateway that was killed take to come back.
async fn restart_gateway(way: &mut Way, agents: usize) -> Result<f64> {
    say("killing the gateway and starting it again");
    let gateway = way.gateway.as_mut().context("there is one")?;
    gateway.restart()?;
    let began = SystemClock.elapsed();
    await_waiting(way, agents, Duration::from_secs(600)).await?;
    Ok(seconds_since(began))
}
