//! `bench console`: what a person waits for, in a real browser: the first load, the
//! rows of a long list, a change that somebody else makes.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;
use xtask::bench::{Aim, ConsoleArgs, median, percentile};

use crate::site::Site;
use crate::{Stage, say};

/// Clients that make the accounts.
const MAKERS: usize = 8;

/// Accounts that are made between two words about it.
const STEP: usize = 1_000;

/// What the browser saw: bytes gzipped, times in milliseconds.
#[derive(Deserialize)]
struct Seen {
    version: String,
    first_bytes: f64,
    all_bytes: f64,
    most_bytes: f64,
    most_path: String,
    opened: Vec<f64>,
    switched: Vec<f64>,
    answered: Vec<f64>,
    seen: Vec<f64>,
}

pub(crate) async fn run(stage: &Stage, args: &ConsoleArgs) -> Result<()> {
    let quick = args.common.quick;
    let accounts = if quick { args.accounts.min(1_000) } else { args.accounts };
    let (rounds, changes) = if quick { (3, 3) } else { (20, 100) };
    let mut report = stage.report("console", quick)?;
    let site = Site::start(stage, None).await?;
    fill(&site, accounts).await?;
    let seen = look(&stage.console, &site, rounds, changes)?;
    report.version("chromium", &seen.version);

    let kb = |bytes: f64| bytes / 1000.0;
    report.aimed(
        "first_load_kb",
        "scripts and styles until Home stands, gzip",
        kb(seen.first_bytes),
        "kB",
        Aim::AtMost(300.0),
    );
    report.figure("with_behind_kb", "with what is fetched behind it", kb(seen.all_bytes), "kB");
    report.aimed(
        "page_more_kb",
        "what the largest page adds",
        kb(seen.most_bytes),
        "kB",
        Aim::AtMost(150.0),
    );
    let (mut switched, mut opened) = (seen.switched, seen.opened);
    let switch = median(&switched);
    report.aimed(
        "rows_ms",
        "first rows of the accounts, from a click elsewhere, median",
        switch,
        "ms",
        Aim::AtMost(300.0),
    );
    report.figure(
        "rows_p95_ms",
        "the same, 95th percentile",
        percentile(&mut switched, 0.95),
        "ms",
    );
    report.figure(
        "rows_opened_ms",
        "first rows, the page opened by its address, median",
        percentile(&mut opened, 0.5),
        "ms",
    );
    let answered = median(&seen.answered);
    report.figure("answer_ms", "the server's answer alone, in the same browser", answered, "ms");
    report.figure("rows_ratio", "first rows over the answer", switch / answered, "");
    let mut changes_ms = seen.seen;
    let p50 = percentile(&mut changes_ms, 0.5);
    report.figure("change_p50_ms", "a change stands in an open list, median", p50, "ms");
    report.aimed(
        "change_p99_ms",
        "a change stands in an open list, 99th percentile",
        percentile(&mut changes_ms, 0.99),
        "ms",
        Aim::AtMost(1_000.0),
    );
    report.remark(format!(
        "{accounts} accounts on one resource, SQLite, loopback; {rounds} loads, {changes} changes; \
         the largest page is {}",
        seen.most_path
    ));
    report.remark("a change is timed from before it is asked for, so its commit is in it");
    report.finish(args.common.json.as_deref())
}

/// Makes the accounts, as an administrator's program would.
async fn fill(site: &Site, accounts: usize) -> Result<()> {
    let mut api = site.api().await?;
    let wanted = json!({ "name": "bench-host", "platform": "linux", "dns_name": "bench.example" });
    let resource = api.post("/resources", &wanted).await?;
    let path = format!("/resources/{}/accounts", resource["id"].as_str().context("a resource")?);
    let mut makers: JoinSet<Result<()>> = JoinSet::new();
    for maker in 0..MAKERS {
        let (mut api, path) = (site.api().await?, path.clone());
        makers.spawn(async move {
            for number in (maker..accounts).step_by(MAKERS) {
                if number % STEP == 0 {
                    say(&format!("{number} of {accounts} accounts are there"));
                }
                api.post(&path, &json!({ "name": format!("svc-{number:05}") })).await?;
            }
            Ok(())
        });
    }
    while let Some(made) = makers.join_next().await {
        made??;
    }
    Ok(())
}

fn look(console: &Path, site: &Site, rounds: usize, changes: usize) -> Result<Seen> {
    say("a browser looks");
    let output = Command::new("node")
        .current_dir(console)
        .args(["e2e/measure.mjs", &rounds.to_string(), &changes.to_string()])
        .env("SEKISHO_URL", site.url())
        .env("SEKISHO_PASSWORD_FILE", site.password_file())
        .stderr(Stdio::inherit())
        .output()
        .context("`node` cannot be started")?;
    ensure!(output.status.success(), "the browser saw a fault; its words are above");
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(&text).with_context(|| format!("what the browser saw: {text}"))
}
