//! `bench agent`: what one idle agent takes.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use sekisho_model::clock::{Clock as _, SystemClock};
use xtask::bench::{AgentArgs, Aim, Wire};

use crate::host::Host;
use crate::site::Site;
use crate::{Stage, say, seconds_since};

/// A day, in seconds.
const DAY_S: f64 = 86_400.0;

const MB: f64 = 1_000_000.0;

/// The accounts of the host.
const ACCOUNTS: usize = 10;

pub(crate) async fn run(stage: &Stage, args: &AgentArgs) -> Result<()> {
    let minutes = if args.day { 24 * 60 } else { args.minutes };
    let watch_s = if args.common.quick { 20 } else { minutes * 60 };
    let mut report = stage.report("agent", args.common.quick)?;
    let site = Site::start(stage, None).await?;
    let accounts: Vec<String> = (0..ACCOUNTS).map(|number| format!("svc-{number:02}")).collect();
    let host = Host::start(stage, &site, &accounts).await?;
    host.account_ids(&site, &accounts).await?;
    // It reports the discovery and goes to wait.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let joining = Wire::look(site.agents_port)?.in_all();

    say(&format!("watching an idle agent for {watch_s} s"));
    let (began, cpu) = (SystemClock.elapsed(), host.cpu()?);
    let wire = Wire::look(site.agents_port)?;
    let mut largest = 0;
    let end = began + Duration::from_secs(watch_s);
    let mut said = began;
    while let Some(left) = end.checked_sub(SystemClock.elapsed()).filter(|left| !left.is_zero()) {
        largest = largest.max(host.process()?.rss_bytes()?);
        if SystemClock.elapsed().saturating_sub(said) > Duration::from_secs(60) {
            said = SystemClock.elapsed();
            say(&format!("{:.0} s of the watch are left", left.as_secs_f64()));
        }
        tokio::time::sleep(left.min(Duration::from_secs(5))).await;
    }
    let (wall_s, cpu_s) = (seconds_since(began), (host.cpu()? - cpu).as_secs_f64());
    let carried = Wire::look(site.agents_port)?.since(&wire);
    anyhow::ensure!(carried.connections == 1, "the agent's connection did not last");

    let binary = fs::metadata(stage.programs.join("sekisho-agent")).context("the agent")?.len();
    let per_day = carried.with_headers_bytes as f64 / wall_s * DAY_S;
    let per_day = per_day + joining.with_headers_bytes as f64;
    report.aimed("rss_bytes", "most memory (RSS)", largest as f64, "B", Aim::AtMost(15.0 * MB));
    report.aimed("cpu_percent", "CPU, of one core", cpu_s / wall_s * 100.0, "%", Aim::AtMost(0.1));
    report.aimed("binary_bytes", "program", binary as f64, "B", Aim::AtMost(10.0 * MB));
    report.figure("bytes_per_day", "bytes on the wire per day", per_day, "B");
    report.figure("watched_s", "watched for", wall_s, "s");
    report.remark(
        "an agent in a session, with a wait parked at the server; CPU time by its control group, \
         memory looked at every 5 s",
    );
    report.remark(
        "bytes: counted by the kernel, with 52 bytes of headers for each segment; the rate of the \
         watch times 86,400, and one new connection with Hello and discovery a day",
    );
    report.finish(args.common.json.as_deref())
}
