//! A gateway in front of the site: its real program, paired with the real
//! server.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use xtask::bench::Process;

use crate::Stage;
use crate::site::{Site, free_ports, last_lines};

/// How long it may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that runs.
pub(crate) struct Gateway {
    child: Option<Child>,
    program: PathBuf,
    folder: PathBuf,
    /// The port of the agent plane.
    pub(crate) agents_port: u16,
}

impl Gateway {
    /// Starts one, pairs it with the site, and waits until it relays. All agents
    /// come from one address here, so the limits per address are raised.
    pub(crate) async fn start(stage: &Stage, site: &Site) -> Result<Self> {
        let folder = stage.scratch.path().join("gateway");
        fs::create_dir(&folder)?;
        let [agents_port, private_port] = free_ports()?;
        // Debug quoting is TOML's: both escape `"` and `\`.
        let settings = format!(
            "state_dir = {:?}\n[listen]\nagents = \"127.0.0.1:{agents_port}\"\n\
             private = \"127.0.0.1:{private_port}\"\npass_through = \"off\"\n[log]\n\
             level = \"warn\"\n",
            folder.join("state")
        );
        fs::write(folder.join("gateway.toml"), settings)?;
        let program = stage.programs.join("sekisho-gateway");
        let mut gateway = Self { child: None, program, folder, agents_port };
        gateway.run()?;
        gateway.until("it answers", |status| status["pid"].is_u64()).await?;
        raise_limits(site).await?;
        let pairing = gateway.said(&["pair", "--json"])?;
        let wanted = json!({
            "pairing": pairing["pairing_string"], "name": "dmz-1",
            "public": [{ "address": format!("127.0.0.1:{agents_port}") }],
        });
        site.api().await?.post("/gateways", &wanted).await?;
        gateway.await_service().await?;
        Ok(gateway)
    }

    fn run(&mut self) -> Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut setpriv = Command::new("setpriv");
        // It ends with us, however we end.
        setpriv.args(["--pdeathsig", "KILL", "--"]).arg(&self.program).arg("--config");
        setpriv.arg(self.folder.join("gateway.toml")).arg("run");
        let child = setpriv
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("the gateway cannot be started")?;
        self.child = Some(child);
        Ok(())
    }

    /// Ends it without a chance to tidy up, and starts it again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.kill()?;
        self.run()
    }

    fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Waits until it relays, with a certificate.
    pub(crate) async fn await_service(&self) -> Result<()> {
        self.until("it serves", |status| {
            status["serving"] == true && status["status"]["certificate"]["names"].is_array()
        })
        .await
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        let deadline = SystemClock.elapsed() + PATIENCE;
        while !self.said(&["status", "--json"]).is_ok_and(|status| is_so(&status)) {
            if SystemClock.elapsed() > deadline {
                bail!("in vain for {} s: {what}\n{}", PATIENCE.as_secs(), self.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// How many waits it holds.
    pub(crate) fn parked(&self) -> Result<f64> {
        let status = self.said(&["status", "--json"])?;
        status["status"]["parked"].as_f64().context("the gateway does not say what it holds")
    }

    fn said(&self, words: &[&str]) -> Result<Value> {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.join("gateway.toml")).args(words);
        let output = command.output()?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Its process.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.as_ref().map_or(0, Child::id))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("gateway.log")
    }

    /// The end of its log.
    pub(crate) fn log(&self) -> String {
        last_lines(&self.log_path())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // May fail only because it has ended already.
        let _ = self.kill();
    }
}

async fn raise_limits(site: &Site) -> Result<()> {
    let mut api = site.api().await?;
    let mut settings = api.get("/gateway-settings").await?;
    let (version, mut limits) = (settings["version"].clone(), settings["limits"].take());
    let much = json!({ "per_1000_s": 1_000_000, "burst": 100_000 });
    for rate in ["handshakes_per_address", "enrolment_per_address", "enrolment"] {
        limits[rate] = much.clone();
    }
    limits["connections_per_address"] = json!(100_000);
    api.patch("/gateway-settings", &version.to_string(), &json!({ "limits": limits })).await?;
    Ok(())
}
