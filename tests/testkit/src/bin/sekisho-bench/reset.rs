//! `bench reset`: orders from the request to the settled receipt, with real
//! accounts and the system's own tools, beside Ansible on the same host.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_testkit::fleet::{ACCOUNT, Fleet, Plan};
use serde_json::json;
use tokio::task::JoinSet;
use xtask::bench::{Aim, CpuGroup, Process, ResetArgs, median};

use crate::ansible::Ansible;
use crate::host::{Host, feed};
use crate::site::Site;
use crate::{Stage, random_password, say, seconds_since};

/// Requests at once; the host carries one order out at a time.
const AT_ONCE: usize = 8;

/// Hosts whose account tools answer at once, for the throughput of the rest.
const FAKE_HOSTS: usize = 200;

/// What some orders took.
struct Took {
    per_s: f64,
    cpu_s_per_order: f64,
}

pub(crate) async fn run(stage: &Stage, args: &ResetArgs) -> Result<()> {
    let quick = args.common.quick;
    let rounds = if quick { 1 } else { args.rounds };
    let count = if quick { args.accounts.min(5) } else { args.accounts };
    let mut report = stage.report("reset", quick)?;
    let accounts: Vec<String> = (0..count).map(|number| format!("svc-{number:02}")).collect();

    let site = Site::start(stage, Some(CpuGroup::new("server")?)).await?;
    let host = Host::start(stage, &site, &accounts).await?;
    let ids = host.account_ids(&site, &accounts).await?;
    let ansible = Ansible::prepare(stage, &host.system)?;
    report.version("ansible-core", &ansible.version()?);
    say("one round of each that is not counted");
    ours(&site, &host, &ids).await?;
    ansible.reset(&accounts)?;

    let (mut own, mut own_per_s, mut tools) = (vec![], vec![], vec![]);
    let (mut theirs, mut theirs_per_s, mut theirs_single) = (vec![], vec![], vec![]);
    for round in 1..=rounds {
        let took = ours(&site, &host, &ids).await?;
        own.push(took.cpu_s_per_order);
        own_per_s.push(took.per_s);
        let began = SystemClock.elapsed();
        theirs.push(ansible.reset(&accounts)?.as_secs_f64() / count as f64);
        theirs_per_s.push(count as f64 / seconds_since(began));
        tools.push(tools_alone(&host, &accounts)?);
        theirs_single.push(ansible.reset(&accounts[..1])?.as_secs_f64());
        let last = round - 1;
        say(&format!(
            "round {round} of {rounds}: CPU per reset {:.1} ms, Ansible {:.1} ms, the system's \
             tools alone {:.1} ms",
            own[last] * 1e3,
            theirs[last] * 1e3,
            tools[last] * 1e3
        ));
    }
    drop((host, ansible));
    let fake = fake_hosts(&site, if quick { 20 } else { FAKE_HOSTS }, rounds).await?;

    let (own, tools, theirs) = (median(&own), median(&tools), median(&theirs));
    report.figure("ours_per_s", "resets, one host", median(&own_per_s), "/s");
    report.figure("ansible_per_s", "Ansible, all accounts in one run", median(&theirs_per_s), "/s");
    report.figure("ours_cpu_s_per_order", "CPU per reset, both ends and the tools", own, "s");
    report.figure("os_tools_cpu_s_per_order", "of these chpasswd and unix_chkpwd", tools, "s");
    report.figure("ansible_cpu_s_per_order", "Ansible, CPU per reset, both ends", theirs, "s");
    let single = median(&theirs_single);
    report.figure("ansible_single_cpu_s_per_order", "Ansible, a run for one account", single, "s");
    report.aimed("cpu_ratio", "Ansible's CPU over ours", theirs / own, "", Aim::AtLeast(8.0));
    report.aimed(
        "cpu_ratio_without_os_tools",
        "Ansible's CPU over ours without the tools",
        theirs / (own - tools).max(1e-6),
        "",
        Aim::AtLeast(50.0),
    );
    report.figure("cpu_ratio_single", "for one account: Ansible's CPU over ours", single / own, "");
    report.figure("fake_per_s", "resets, account tools that answer at once", fake.per_s, "/s");
    report.figure(
        "fake_cpu_s_per_order",
        "the same, CPU per reset of server, agents and client",
        fake.cpu_s_per_order,
        "s",
    );
    report.remark(format!(
        "medians of {rounds} rounds of {count} accounts on one host, ours and the peer's one after \
         the other; CPU by control groups: server, agent, tools and client beside ansible-playbook, \
         ssh, sshd, python and usermod"
    ));
    report.remark(
        "ours hashes with the system's yescrypt, verifies and keeps journal, escrow and audit; \
         Ansible is set up as it is fastest (no facts, pipelining, one kept SSH connection), gets \
         ready hashes and verifies nothing",
    );
    report.finish(args.common.json.as_deref())
}

/// Resets every account once, and waits until all are settled.
async fn ours(site: &Site, host: &Host, accounts: &[String]) -> Result<Took> {
    let before = site.group_cpu()? + host.cpu()? + own_cpu()?;
    let began = SystemClock.elapsed();
    reset_all(site, accounts).await?;
    let wall_s = seconds_since(began);
    let cpu = site.group_cpu()? + host.cpu()? + own_cpu()? - before;
    let count = accounts.len() as f64;
    Ok(Took { per_s: count / wall_s, cpu_s_per_order: cpu.as_secs_f64() / count })
}

async fn reset_all(site: &Site, accounts: &[String]) -> Result<()> {
    let mut asking: JoinSet<Result<()>> = JoinSet::new();
    for lane in 0..AT_ONCE {
        let mut api = site.api().await?;
        let share: Vec<String> = accounts.iter().skip(lane).step_by(AT_ONCE).cloned().collect();
        asking.spawn(async move {
            let mut orders = Vec::new();
            for account in share {
                let wanted = json!({ "reason": "bench" });
                let order = api.post(&format!("/accounts/{account}/reset"), &wanted).await?;
                orders.push(order["id"].as_str().context("an order")?.to_owned());
            }
            for order in orders {
                let settled = api.get(&format!("/orders/{order}?wait_s=60")).await?;
                if settled["state"] != "committed" {
                    bail!("an order ended otherwise: {settled}");
                }
            }
            Ok(())
        });
    }
    while let Some(done) = asking.join_next().await {
        done??;
    }
    Ok(())
}

/// What the system's tools take for one reset: the change and the check.
fn tools_alone(host: &Host, accounts: &[String]) -> Result<f64> {
    let group = CpuGroup::new("tools")?;
    let mut input = String::new();
    for account in accounts {
        input.push_str(&format!("{account} {}\n", random_password()));
    }
    let script = r#"while read -r name password; do
        chpasswd <<< "$name:$password"
        printf '%s\0' "$password" | unix_chkpwd "$name" nonull
    done"#;
    let mut all = host.system.command("bash");
    all.args(["-euc", script]);
    feed(&mut group.command(&all), input.as_bytes()).context("the system's tools")?;
    Ok(group.cpu()?.as_secs_f64() / accounts.len() as f64)
}

/// The same orders for hosts whose account tools answer at once.
async fn fake_hosts(site: &Site, hosts: usize, rounds: usize) -> Result<Took> {
    say(&format!("{hosts} hosts with account tools that answer at once"));
    let key = site.key(true).await?;
    let plan = Plan {
        server: site.agents().parse()?,
        key: Arc::new(EnrolmentKeyText::parse(&key)?),
        agents: hosts,
        threads: 1,
        begin_per_s: None,
    };
    let fleet = tokio::task::spawn_blocking(move || Fleet::enrol(&plan, |_| {})).await??;
    fleet.start();
    let mut ids = Vec::new();
    let deadline = SystemClock.elapsed() + Duration::from_secs(120);
    while ids.len() < hosts {
        let found = site.api().await?.items("/accounts").await?;
        ids = found
            .iter()
            .filter(|account| account["name"] == ACCOUNT)
            .filter_map(|account| account["id"].as_str().map(str::to_owned))
            .collect();
        anyhow::ensure!(SystemClock.elapsed() < deadline, "the hosts were not discovered");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    reset_all(site, &ids).await?;
    let (mut per_s, mut cpu_s) = (vec![], vec![]);
    for _ in 0..rounds {
        let before = site.group_cpu()? + own_cpu()?;
        let began = SystemClock.elapsed();
        reset_all(site, &ids).await?;
        per_s.push(hosts as f64 / seconds_since(began));
        let cpu = site.group_cpu()? + own_cpu()? - before;
        cpu_s.push(cpu.as_secs_f64() / hosts as f64);
    }
    drop(fleet);
    Ok(Took { per_s: median(&per_s), cpu_s_per_order: median(&cpu_s) })
}

/// CPU time of this process: the client of the API.
fn own_cpu() -> Result<Duration> {
    Process(std::process::id()).cpu()
}
