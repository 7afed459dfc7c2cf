//! What is measured: a proxy that runs, seen from outside.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_gatewaykit::Server;
use sekisho_model::clock::{Clock as _, SystemClock};
use xtask::bench::Process;

/// How long a program may take to be ready.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A program that ends when this is dropped, or its starter ends.
pub(crate) struct Running {
    child: Child,
    signal: &'static str,
}

impl Running {
    /// Starts it; its errors go to `log`. It gets this signal when we end.
    pub(crate) fn start(
        command: &Command,
        log: &Path,
        output: Stdio,
        signal: &'static str,
    ) -> Result<Self> {
        let mut guarded = Command::new("setpriv");
        guarded.args(["--pdeathsig", signal, "--"]);
        guarded.arg(command.get_program()).args(command.get_args());
        let child = guarded
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(fs::File::create(log)?)
            .spawn()
            .with_context(|| format!("{:?} cannot be started", command.get_program()))?;
        Ok(Self { child, signal })
    }

    /// A double of this program itself, and the port that it prints.
    pub(crate) fn double(words: &[&str], log: &Path) -> Result<(Self, u16)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words);
        let mut running = Self::start(&command, log, Stdio::piped(), "KILL")?;
        let output = running.child.stdout.take().context("a pipe from it")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let said = || format!("{words:?}: {}", fs::read_to_string(log).unwrap_or_default());
        Ok((running, line.trim().parse().with_context(said)?))
    }

    /// Its process.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // All may fail only because it has ended already. Who has workers ends
        // them when it is asked to end, not when it is killed.
        if self.signal == "TERM" {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A proxy that runs.
pub(crate) struct Peer {
    /// Where agents reach it.
    pub(crate) address: SocketAddr,
    /// All its processes.
    pub(crate) processes: Vec<Process>,
    /// What ends with it.
    pub(crate) _running: Running,
    /// The server that has dialled it, if that is the way.
    pub(crate) _server: Option<Server>,
}

impl Peer {
    /// User and system time of its processes so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        self.processes.iter().map(|process| process.cpu()).sum()
    }

    /// Its resident memory, in bytes.
    pub(crate) fn rss_bytes(&self) -> Result<u64> {
        self.processes.iter().map(|process| process.rss_bytes()).sum()
    }
}

/// The processes that a process has started.
pub(crate) fn children(parent: Process) -> Result<Vec<Process>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // One may end meanwhile.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let of = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        if of == Some(parent.0.to_string().as_str()) {
            children.push(Process(pid));
        }
    }
    Ok(children)
}

/// A port on loopback that nobody uses at the moment.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// An address on loopback.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Looks until there is something.
pub(crate) fn until<T>(what: &str, log: &Path, mut look: impl FnMut() -> Option<T>) -> Result<T> {
    let deadline = SystemClock.elapsed() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if SystemClock.elapsed() > deadline {
            let log = fs::read_to_string(log).unwrap_or_default();
            bail!("in vain for {} s: {what}\n{log}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
