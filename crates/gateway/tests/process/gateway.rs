//! A gateway in a folder of its own.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_model::clock::SystemClock;

/// How a program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    #[track_caller]
    pub(crate) fn refused_with(&self, part: &str) {
        assert_ne!(self.code, 0, "{self:?}");
        let said = format!("{}{}", self.stdout, self.stderr);
        assert!(said.contains(part), "no '{part}' in: {said}");
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) struct Gateway {
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Gateway {
    /// One that is installed and does not run; its data plane is the double.
    pub(crate) fn new() -> Self {
        Self::with_program(double())
    }

    /// One of this program.
    pub(crate) fn with_program(program: impl AsRef<Path>) -> Self {
        let gateway = Self { folder: tempfile::tempdir().expect("a folder"), child: None };
        gateway.write_copy("sekisho-gateway", program, "first");
        let text = format!(
            "state_dir = '{}'\nworkers = 1\n[listen]\nprivate = '127.0.0.1:0'\n\
             agents = '127.0.0.1:0'\npass_through = 'off'\n",
            gateway.state_dir().display()
        );
        std::fs::write(gateway.path("gateway.toml"), text).expect("written");
        gateway
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.path("state")
    }

    pub(crate) fn installed(&self) -> PathBuf {
        self.path("sekisho-gateway")
    }

    /// The double, with a word at its end.
    pub(crate) fn write_program(&self, name: &str, word: &str) -> PathBuf {
        self.write_copy(name, double(), word)
    }

    /// A program, with a word at its end.
    pub(crate) fn write_copy(&self, name: &str, from: impl AsRef<Path>, word: &str) -> PathBuf {
        let mut bytes = std::fs::read(from).expect("programs are built with the tests");
        bytes.extend_from_slice(format!("\nGATEWAY-WITHOUT-SERVER:{word}").as_bytes());
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.installed());
        command.current_dir(self.folder.path()).env_clear();
        command.arg("--config").arg(self.path("gateway.toml")).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).stdin(Stdio::null()).output().expect("it starts");
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Upgrades to a program with this word.
    pub(crate) fn upgrade(&self, word: &str, more: &[&str]) -> Ran {
        let file = self.write_program("next", word).display().to_string();
        let backups = self.path("backups").display().to_string();
        let arguments = ["upgrade", &file, "--backup-dir", &backups, "--drain", "1", "--json"];
        self.run(&[&arguments, more].concat())
    }

    pub(crate) fn start(&mut self) {
        let command = self.command(&["run"]);
        self.start_by(command);
    }

    /// Starts it without a settings file; that folder and addresses are the same.
    pub(crate) fn start_without_file(&mut self) {
        let mut command = Command::new(self.installed());
        command.current_dir(self.folder.path()).env_clear().arg("run");
        command.arg(format!("--set=state_dir={}", self.state_dir().display()));
        for set in ["workers=1", "listen.private=127.0.0.1:0", "listen.agents=127.0.0.1:0"] {
            command.arg(format!("--set={set}"));
        }
        self.start_by(command);
    }

    fn start_by(&mut self, mut command: Command) {
        let log = std::fs::File::create(self.path("log")).expect("made");
        self.child = Some(command.stdin(Stdio::null()).stderr(log).spawn().expect("it starts"));
        until("a gateway that answers", || self.status().get("pid").is_some().then_some(()));
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        self.run(&["status", "--json"]).json()
    }

    pub(crate) fn pid(&self) -> u32 {
        let pid = &self.status()["pid"];
        u32::try_from(pid.as_u64().expect("it runs")).expect("a process id")
    }

    pub(crate) fn agents(&self) -> SocketAddr {
        let status = self.status();
        status["listening"]["agents"][0].as_str().expect("an address").parse().expect("an address")
    }

    /// Kills the process that was started first.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("ours");
            child.wait().expect("ours");
        }
    }

    /// Waits until the process that was started first has ended by itself.
    pub(crate) fn wait(&mut self) -> i32 {
        let mut child = self.child.take().expect("it was started");
        let status = until("the end of the former process", || child.try_wait().expect("ours"));
        status.code().unwrap_or(-1)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // A successor is nobody's child any more. The folder may be in a state
        // in which nothing is told.
        let said = self.run(&["status", "--json"]).stdout;
        let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        if let Some(pid) = said["pid"].as_u64() {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        self.kill();
    }
}

/// The program whose data plane needs no server.
fn double() -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    let debug = own.parent().and_then(Path::parent).expect("target/debug/deps");
    debug.join("examples/gateway_without_server")
}

/// Who answers agents there: process and word.
pub(crate) fn who_answers(at: SocketAddr) -> Option<(u32, String)> {
    let mut stream = TcpStream::connect(at).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (pid, word) = text.trim_end().split_once(' ')?;
    Some((pid.parse().ok()?, word.to_owned()))
}

/// Whether a process is there and not only waiting to be reaped.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Looks until there is an answer.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = SystemClock.elapsed() + Duration::from_secs(20);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(SystemClock.elapsed() < deadline, "{what}: not seen within 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}
