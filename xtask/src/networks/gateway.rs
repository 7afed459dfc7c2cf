//! The gateway's machine: a scratch system in the DMZ, and on it the gateway as
//! its package installs it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{AGENTS_PORT, GATEWAY, GATEWAY_NAME, Namespace, Networks, PRIVATE_PORT};
use crate::cmd;
use crate::scratch_system::ScratchSystem;

/// The host name of the machine.
const HOST: &str = "dmz";

/// The gateway's own user, who may do nothing else.
const USER: &str = "sekisho-gateway";

/// Where the program is, inside.
const PROGRAM: &str = "/run/sekisho/sekisho-gateway";

/// Makes the user, the folder of the gateway's memory and its settings, as the
/// package does. `$1`: the program, `$2`: where it is to be, `$3`: the user. On
/// standard input: the settings. The program may lie where only its owner may look;
/// what is mounted has a path of its own.
const INSTALL: &str = r#"
set -eu
state=/var/lib/sekisho-gateway
getent passwd "$3" > /dev/null || useradd --system --user-group --home-dir "$state" \
    --no-create-home --shell /usr/sbin/nologin "$3"
rm -rf "$state"
install -d -m 0700 -o "$3" -g "$3" "$state"
install -d -m 0755 "$(dirname "$2")" /etc/sekisho
install -m 0755 /dev/null "$2"
mount --bind "$1" "$2"
cat > /etc/sekisho/gateway.toml
chmod 0644 /etc/sekisho/gateway.toml
"#;

/// The machine, and the gateway while it runs. The program ends before its system.
pub struct GatewayMachine {
    running: Option<Child>,
    system: ScratchSystem,
    dmz: Namespace,
    log: PathBuf,
}

impl GatewayMachine {
    /// Sets the machine up in the DMZ, with its files below `folder`, which exists
    /// and is empty. The gateway does not run yet. `machine_id`: 32 hexadecimal
    /// digits.
    ///
    /// # Errors
    /// When not root, or when one of the system's tools refuses.
    pub fn install(
        program: &Path,
        networks: &Networks,
        folder: &Path,
        machine_id: &str,
    ) -> Result<Self> {
        let memory = folder.join("memory");
        fs::create_dir(&memory)?;
        let system = ScratchSystem::start(&memory, HOST, machine_id)?;
        let mut install = system.command("bash");
        install.args(["-ec", INSTALL, "install"]).arg(program).args([PROGRAM, USER]);
        cmd::feed_checked(&mut install, settings().as_bytes())?;
        let log = folder.join("gateway.log");
        Ok(Self { running: None, system, dmz: networks.dmz.clone(), log })
    }

    /// Where agents reach it: `host:port`.
    pub fn public_address() -> String {
        format!("{GATEWAY_NAME}:{AGENTS_PORT}")
    }

    /// Lets a host know the gateway's name, as DNS would.
    ///
    /// # Errors
    /// When its file of names cannot be written.
    pub fn name_to(system: &ScratchSystem) -> Result<()> {
        let line = format!("{GATEWAY} {GATEWAY_NAME}\n");
        let mut tee = system.command("tee");
        cmd::feed_checked(tee.args(["-a", "/etc/hosts"]), line.as_bytes()).map(drop)
    }

    /// Starts the gateway as its own user, without any privilege. It adds to its
    /// log.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let output = fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut run = self.system.command("setpriv");
        run.arg(format!("--reuid={USER}")).arg(format!("--regid={USER}")).args([
            "--init-groups",
            "--no-new-privs",
            "--inh-caps=-all",
            "--bounding-set=-all",
            // Another user than who asked for it first: asked for anew.
            "--pdeathsig=KILL",
            "--",
            PROGRAM,
            "run",
        ]);
        let child = self
            .dmz
            .enter(&run)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Ctrl-C is for us: it is we who stop the gateway.
            .process_group(0)
            .spawn()
            .context("the gateway could not be started")?;
        self.running = Some(child);
        Ok(())
    }

    /// Ends the gateway in the middle of whatever it does. Its ports are free
    /// afterwards.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<()> {
        self.check_alive()?;
        let mut child = self.running.take().context("the gateway does not run")?;
        // Our child entered the system for the gateway, and ends when that has ended.
        let entered = child.id();
        let gateway = fs::read_to_string(format!("/proc/{entered}/task/{entered}/children"))?;
        let mut kill = Command::new("bash");
        kill.args(["-c", r#"kill -KILL "$1""#, "kill", gateway.trim()]);
        cmd::feed_checked(&mut kill, b"")?;
        child.wait().map(drop).context("waiting for the killed gateway")
    }

    /// A verb of the gateway's command line, as its administrator calls it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.system.command(PROGRAM);
        command.args(args);
        self.dmz.enter(&command)
    }

    /// The string with which an administrator makes this gateway one of the site's.
    ///
    /// # Errors
    /// When the gateway gives none.
    pub fn pairing_string(&self) -> Result<String> {
        let printed = cmd::feed_checked(&mut self.command(&["pair", "--json"]), b"")?;
        // The output is not in the message: it holds a secret.
        let printed: Value = serde_json::from_str(&printed).context("what `pair` printed")?;
        let text = printed["pairing_string"].as_str().context("`pair` printed no string")?;
        Ok(text.to_owned())
    }

    /// What the gateway says of itself.
    ///
    /// # Errors
    /// When it says nothing that can be read.
    pub fn status(&self) -> Result<Value> {
        // Its exit code says whether agents are served, which stands in it, too.
        let output = cmd::feed(&mut self.command(&["status", "--json"]), b"")?;
        serde_json::from_slice(&output.stdout).with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("the gateway's status: {}", errors.trim_end())
        })
    }

    /// Whether agents can come: the gateway runs, its server is connected, and there
    /// is a certificate to show them.
    ///
    /// # Errors
    /// When the gateway has ended.
    pub fn serves_agents(&mut self) -> Result<bool> {
        self.check_alive()?;
        let status = self.status()?;
        Ok(status["serving"] == true && !status["status"]["certificate"].is_null())
    }

    /// Whose process the gateway is.
    ///
    /// # Errors
    /// When it does not run.
    pub fn user(&self) -> Result<String> {
        let socket = "/var/lib/sekisho-gateway/control.sock";
        let mut stat = self.system.command("stat");
        let user = cmd::feed_checked(stat.args(["--format=%U", socket]), b"")?;
        Ok(user.trim_end().to_owned())
    }

    /// An error with the end of its log once the gateway has ended.
    ///
    /// # Errors
    /// That one.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.running.as_mut().map(Child::try_wait).transpose()? {
            Some(None) => Ok(()),
            Some(Some(status)) => bail!("the gateway has ended: {status}\n{}", self.log()),
            None => bail!("the gateway does not run"),
        }
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for GatewayMachine {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // Both may fail only because it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The one setting that a gateway needs.
fn settings() -> String {
    let private = SocketAddr::new(GATEWAY, PRIVATE_PORT);
    format!("[listen]\nprivate = \"{private}\"\n")
}
