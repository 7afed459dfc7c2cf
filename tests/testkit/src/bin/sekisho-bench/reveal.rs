//! `bench reveal`: passwords revealed per second, each on record and on disk
//! before it is answered, beside what the disk itself can do.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;
use xtask::bench::{Aim, RevealArgs, median, percentile};

use crate::api::Api;
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
    let mut raw = RawInserts::open(stage.scratch.path(), line_bytes)?;
    raw.run(Duration::from_secs(1))?;
    let (mut per_s, mut raw_per_s, mut latencies, mut cpu_s) = (vec![], vec![], vec![], vec![]);
    for number in 1..=rounds {
        let (began, cpu) = (SystemClock.elapsed(), site.process().cpu()?);
        let (same, taken) = reveals(clients, &accounts, round).await?;
        let wall_s = seconds_since(began);
        clients = same;
        per_s.push(taken.len() as f64 / wall_s);
        cpu_s.push((site.process().cpu()? - cpu).as_secs_f64() / taken.len().max(1) as f64);
        latencies.extend(taken);
        raw_per_s.push(raw.run(round)?);
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

/// The peer: one `sqlite3` with one connection, as long as the bench runs, so
/// that its write-ahead log is as warm as the server's.
struct RawInserts {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    batch: String,
}

/// Rows that are sent to it at a time.
const BATCH: usize = 200;

impl RawInserts {
    /// Opens a database of its own in `folder`, for rows of this size.
    fn open(folder: &Path, row_bytes: usize) -> Result<Self> {
        let mut child = Command::new("sqlite3")
            .arg("-batch")
            .arg(folder.join("raw.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("`sqlite3` cannot be started")?;
        let mut input = child.stdin.take().context("a pipe to it")?;
        let output = BufReader::new(child.stdout.take().context("a pipe from it")?).lines();
        input.write_all(
            b"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;\n\
              CREATE TABLE lines (seq INTEGER PRIMARY KEY, line TEXT NOT NULL);\n",
        )?;
        let row = "x".repeat(row_bytes.saturating_sub(8));
        let mut batch = String::new();
        for _ in 0..BATCH {
            writeln!(batch, "INSERT INTO lines (line) VALUES ('{row}');")?;
        }
        batch.push_str("SELECT 'done';\n");
        Ok(Self { child, input, output, batch })
    }

    /// One INSERT and one commit after the other until the time is up: how
    /// many per second.
    fn run(&mut self, round: Duration) -> Result<f64> {
        let began = SystemClock.elapsed();
        let mut inserted = 0;
        while seconds_since(began) < round.as_secs_f64() {
            self.input.write_all(self.batch.as_bytes())?;
            loop {
                let line = self.output.next().context("`sqlite3` has ended")??;
                if line == "done" {
                    break;
                }
            }
            inserted += BATCH;
        }
        Ok(inserted as f64 / seconds_since(began))
    }
}

impl Drop for RawInserts {
    fn drop(&mut self) {
        // Both may fail only because it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
