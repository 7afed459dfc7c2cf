//! `bench reveal`: passwords revealed per second, each on record and on disk
//! before it is answered, beside what the disk itself can do.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;
use xtask::bench::{Aim, RevealArgs, median, percentile};

use crate::api::Api;
use crate::host::feed;
use crate::site::Site;
use crate::{Stage, first_line, random_password, say, seconds_since};

/// How many accounts are asked for in turn.
const ACCOUNTS: usize = 50;

pub(crate) async fn run(stage: &Stage, args: &RevealArgs) -> Result<()> {
    let quick = args.common.quick;
    let rounds = if quick { 2 } else { args.rounds };
    let round = Duration::from_secs(if quick { 1 } else { 5 });
    let mut report = stage.report("reveal", quick)?;
    let version = first_line(Command::new("sqlite3").arg("--version"))?;
    report.version("sqlite3 (the raw inserts)", version.split(' ').next().unwrap_or_default());

    let site = Site::start(stage, None).await?;
    let accounts = accounts(&site).await?;
    let mut clients = Vec::new();
    for _ in 0..args.clients {
        clients.push(site.api().await?);
    }
    // What is made at first use, is made now.
    let (mut clients, _) = reveals(clients, &accounts, Duration::from_secs(1)).await?;
    let line_bytes = line_bytes(&site.database())?;
    let (mut per_s, mut raw_per_s, mut latencies, mut cpu_s) = (vec![], vec![], vec![], vec![]);
    for number in 1..=rounds {
        let (began, cpu) = (SystemClock.elapsed(), site.process().cpu()?);
        let (same, taken) = reveals(clients, &accounts, round).await?;
        let wall_s = seconds_since(began);
        clients = same;
        per_s.push(taken.len() as f64 / wall_s);
        cpu_s.push((site.process().cpu()? - cpu).as_secs_f64() / taken.len().max(1) as f64);
        latencies.extend(taken);
        raw_per_s.push(raw_inserts(stage.scratch.path(), line_bytes, round)?);
        say(&format!(
            "round {number} of {rounds}: {:.0} reveals/s, {:.0} raw inserts/s",
            per_s[number - 1],
            raw_per_s[number - 1]
        ));
    }
    let ratios: Vec<f64> = per_s.iter().zip(&raw_per_s).map(|(ours, raw)| ours / raw).collect();
    report.figure("reveal_per_s", "reveals", median(&per_s), "/s");
    report.figure("raw_insert_per_s", "raw inserts, one per transaction", median(&raw_per_s), "/s");
    report.aimed("ratio", "the first over the second", median(&ratios), "", Aim::AtLeast(0.5));
    report.figure("p50_ms", "a reveal takes, median", percentile(&mut latencies, 0.5), "ms");
    report.figure(
        "p99_ms",
        "a reveal takes, 99th percentile",
        percentile(&mut latencies, 0.99),
        "ms",
    );
    report.figure("cpu_s_per_reveal", "server CPU per reveal", median(&cpu_s), "s");
    report.figure("row_bytes", "an audit line, which is also the raw row", line_bytes as f64, "B");
    report.remark(format!(
        "medians of {rounds} rounds of {} s, ours and the peer's one after the other; {} clients, \
         each with a kept HTTPS connection and a token; SQLite in WAL with synchronous=FULL for \
         both, in the same folder",
        round.as_secs(),
        args.clients
    ));
    report.remark(
        "the raw inserts are those of `sqlite3` reading SQL: one writer, one row, one commit",
    );
    report.finish(args.common.json.as_deref())
}

/// Accounts with a password that was typed in: revealing needs no agent.
async fn accounts(site: &Site) -> Result<Vec<String>> {
    let mut api = site.api().await?;
    let wanted = json!({ "name": "bench-host", "platform": "linux", "dns_name": "bench.example" });
    let resource = api.post("/resources", &wanted).await?;
    let resource = resource["id"].as_str().context("a resource")?.to_owned();
    let mut ids = Vec::new();
    for number in 0..ACCOUNTS {
        let wanted = json!({ "name": format!("svc-{number:02}") });
        let account = api.post(&format!("/resources/{resource}/accounts"), &wanted).await?;
        let id = account["id"].as_str().context("an account")?.to_owned();
        let typed = json!({ "value": random_password(), "reason": "bench" });
        api.put(&format!("/accounts/{id}/password"), &typed).await?;
        ids.push(id);
    }
    Ok(ids)
}

/// Every client reveals until the time is up; how long each reveal took, in
/// milliseconds.
async fn reveals(
    clients: Vec<Api>,
    accounts: &[String],
    round: Duration,
) -> Result<(Vec<Api>, Vec<f64>)> {
    let end = SystemClock.elapsed() + round;
    let mut asking: JoinSet<Result<(Api, Vec<f64>)>> = JoinSet::new();
    for (number, mut api) in clients.into_iter().enumerate() {
        let mut paths: Vec<String> =
            accounts.iter().map(|account| format!("/accounts/{account}/reveal")).collect();
        let turn = number * 7 % paths.len();
        paths.rotate_left(turn);
        asking.spawn(async move {
            let mut taken = Vec::new();
            let reason = json!({ "reason": "incident 4711, restart of the backup service" });
            for path in paths.iter().cycle() {
                let began = SystemClock.elapsed();
                if began >= end {
                    break;
                }
                let answer = api.post(path, &reason).await?;
                anyhow::ensure!(answer["values"][0]["value"].is_string(), "nothing was revealed");
                taken.push(seconds_since(began) * 1000.0);
            }
            Ok((api, taken))
        });
    }
    let (mut clients, mut all) = (Vec::new(), Vec::new());
    while let Some(done) = asking.join_next().await {
        let (api, taken) = done??;
        clients.push(api);
        all.extend(taken);
    }
    Ok((clients, all))
}

/// How many bytes the newest audit lines hold, in the middle.
fn line_bytes(database: &Path) -> Result<usize> {
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg("-readonly").arg(database).arg(
        "select avg(length(chain) + 24 + length(actor) + length(origin) + length(event) + \
         length(previous) + length(hash)) from (select * from audit_lines order by seq desc limit 20)",
    );
    let mean: f64 = first_line(&mut sqlite)?.parse().context("the length of audit lines")?;
    Ok(mean.round() as usize)
}

/// Rows of this size, one INSERT and one commit each, until the time is up:
/// how many per second.
fn raw_inserts(folder: &Path, row_bytes: usize, round: Duration) -> Result<f64> {
    let database = folder.join("raw.db");
    let row = "x".repeat(row_bytes.saturating_sub(8));
    let batch = 200;
    let mut script = String::new();
    for _ in 0..batch {
        writeln!(script, "INSERT INTO lines (line) VALUES ('{row}');")?;
    }
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(&database).arg(
        "PRAGMA journal_mode = WAL; \
         CREATE TABLE IF NOT EXISTS lines (seq INTEGER PRIMARY KEY, line TEXT NOT NULL)",
    );
    feed(&mut sqlite, b"")?;
    let began = SystemClock.elapsed();
    let mut inserted = 0;
    // One process for a share of the round, so that starting it costs little.
    let share = round.as_secs_f64() / 5.0;
    let mut batches = 1;
    while seconds_since(began) < round.as_secs_f64() {
        let at = SystemClock.elapsed();
        let mut sqlite = Command::new("sqlite3");
        sqlite.args(["-batch", "-cmd", "PRAGMA synchronous = FULL"]).arg(&database);
        feed(&mut sqlite, script.repeat(batches).as_bytes())?;
        inserted += batch * batches;
        let per_batch = seconds_since(at) / batches as f64;
        batches = ((share / per_batch) as usize).max(1);
    }
    Ok(inserted as f64 / seconds_since(began))
}
