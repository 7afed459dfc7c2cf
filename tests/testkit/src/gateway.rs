//! A gateway: the real program in a scratch folder, on free ports of loopback.
//!
//! It is paired through the server's REST API, as an administrator does it; how
//! a request gets there is the caller's. Nothing of it outlives the value.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing that a gateway does by itself takes longer.
const SOON: Duration = Duration::from_secs(70);

/// Who dials whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The server dials the gateway: the default.
    ServerDials,
    /// The classic direction: the gateway dials the server's agent plane there.
    GatewayDials(String),
}

/// A gateway that was started.
pub struct Gateway {
    name: String,
    program: PathBuf,
    child: Option<Child>,
    folder: TempDir,
    /// Where agents reach it.
    pub agents: SocketAddr,
    /// Where server, pairing and status reach it.
    pub private: SocketAddr,
    /// Where TLS passes through, while the server says so.
    pub pass_through: SocketAddr,
}

impl Gateway {
    /// A gateway of this program that runs and belongs to nobody yet.
    pub fn start_new(program: &Path, name: &str) -> Self {
        let prefix = "sekisho-gateway-";
        let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a scratch folder");
        let [agents, private, pass_through] = free_addresses();
        let settings = format!(
            "state_dir = {:?}\nworkers = 2\n[listen]\nagents = \"{agents}\"\n\
             private = \"{private}\"\npass_through = \"{pass_through}\"\n\
             [log]\nlevel = \"info,sekisho_gateway=trace\"\n",
            folder.path().join("state"),
        );
        fs::write(folder.path().join("gateway.toml"), settings).expect("settings");
        let (program, child) = (program.to_owned(), None);
        let mut gateway =
            Self { name: name.to_owned(), program, child, folder, agents, private, pass_through };
        gateway.start();
        gateway
    }

    /// What it is called at its site.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts it on the ports it had, and waits until it answers its own commands.
    pub fn start(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("the gateway's log");
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&self.program)
            .arg("--config")
            .arg(self.settings_path())
            .arg("run")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        self.child = Some(command.spawn().expect("the gateway starts"));
        self.until("a gateway that answers", |gateway| {
            let child = gateway.child.as_mut().expect("started above");
            let ended = child.try_wait().expect("our child");
            assert!(ended.is_none(), "the gateway ended: {}", gateway.log());
            gateway.status().get("pid").is_some()
        });
    }

    /// Ends it without a chance to tidy up.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the gateway runs");
        child.kill().expect("our child");
        child.wait().expect("our child");
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the gateway runs").id()
    }

    /// The string that makes it one of a site.
    pub fn pairing_string(&self) -> String {
        let printed = self.run(&["pair", "--json"]);
        let printed: Value = serde_json::from_str(&printed).expect("JSON");
        printed["pairing_string"].as_str().expect("a string").to_owned()
    }

    /// Pairs it by [`Self::pairing_string`]: `post` brings a body to a path of the
    /// server's API and hands back the answer.
    pub fn pair(
        &self,
        direction: &Direction,
        pairing_string: &str,
        post: impl FnOnce(&str, &Value) -> Value,
    ) -> Value {
        let mut body = json!({
            "pairing": pairing_string,
            "name": self.name,
            "public": [{ "address": self.agents.to_string() }],
        });
        if let Direction::GatewayDials(server) = direction {
            body["dial"] = json!(server);
        }
        post("/api/v1/gateways", &body)
    }

    /// Waits until it serves agents, with a certificate.
    pub fn await_service(&mut self) {
        let own = self.agents.ip().to_string();
        self.until("a gateway that serves", |gateway| {
            let status = gateway.status();
            let names = status["status"]["certificate"]["names"].as_array().cloned();
            status["serving"] == true && names.unwrap_or_default().contains(&json!(own))
        });
    }

    /// What `sekisho-gateway status` says.
    pub fn status(&self) -> Value {
        // Who is not well ends with an exit code that says so.
        let output = self.command(&["status", "--json"]).output().expect("it starts");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// A number of its status: `connections`, `parked`, `relayed`, `handshakes` …
    pub fn number(&self, name: &str) -> u64 {
        self.status()["status"][name].as_u64().unwrap_or_default()
    }

    /// How often it has refused something for this reason.
    pub fn refused(&self, reason: &str) -> u64 {
        let status = self.status();
        let refused = status["status"]["refused"].as_array().cloned().unwrap_or_default();
        let of = refused.iter().find(|one| one[0] == reason);
        of.and_then(|one| one[1].as_u64()).unwrap_or_default()
    }

    /// Looks until it is so.
    #[track_caller]
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let deadline = SystemClock.elapsed() + SOON;
        while !is_so(self) {
            assert!(
                SystemClock.elapsed() < deadline,
                "{what}: not seen within {} s; {}: {}",
                SOON.as_secs(),
                self.name,
                self.status()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A verb with its settings; it must succeed. Its standard output.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.settings_path()).args(arguments).stdin(Stdio::null());
        command
    }

    /// Its memory on disk, its settings and its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its memory on disk.
    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("gateway.log")
    }

    fn settings_path(&self) -> PathBuf {
        self.folder.path().join("gateway.toml")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint_log(&self.name, &self.log());
        }
        if let Some(mut child) = self.child.take() {
            // Both may fail only because it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A gateway is on another machine than its server: it has another address.
const OWN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Ports that nobody uses at the moment.
fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let held: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((OWN, 0)).expect("a free port on loopback"));
    held.map(|listener| listener.local_addr().expect("a bound port has an address"))
}

#[expect(clippy::print_stderr, reason = "the runner shows it under the test that failed")]
fn eprint_log(of: &str, log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    eprintln!("── {of}\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
}
