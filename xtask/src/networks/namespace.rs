//! A network of its own.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// For a connection that nobody answers: longer than the kernel holds back a
/// message of the firewall when it has sent several, which is a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// A network namespace. It ends with the last value that knows it.
#[derive(Clone)]
pub struct Namespace(Arc<Holder>);

/// What keeps a namespace: a process inside that reads a pipe to its end.
struct Holder {
    child: Child,
    lifeline: Option<ChildStdin>,
}

/// What became of a try to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Somebody answered.
    Yes,
    /// The firewall said that it is forbidden.
    Forbidden,
    /// Nobody answered, or nobody is there.
    No(String),
}

impl Namespace {
    /// Makes one, in which there is nothing yet.
    ///
    /// # Errors
    /// When the kernel gives none.
    pub(super) fn start() -> Result<Self> {
        let mut child = Command::new("unshare")
            .args(["--net", "--", "bash", "-c", "echo ready; exec cat > /dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at our terminal is no reason for it to end before we do.
            .process_group(0)
            .spawn()
            .context("`unshare` could not be started")?;
        let lifeline = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let network = Self(Arc::new(Holder { child, lifeline }));
        let mut first_line = String::new();
        BufReader::new(stdout.context("it has no output")?).read_line(&mut first_line)?;
        if first_line.trim_end() != "ready" {
            let mut why = String::new();
            stderr.context("it has no output")?.read_to_string(&mut why)?;
            bail!("the kernel gives no network namespace: {}", why.trim());
        }
        Ok(network)
    }

    /// A process inside.
    pub(super) fn process(&self) -> u32 {
        self.0.child.id()
    }

    /// The same command, but in this network. Streams are set afterwards.
    pub fn enter(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.arg(format!("--net={}", self.path().display())).arg("--");
        inside.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// Does something on a thread that is in this network: sockets that are made
    /// there stay in it.
    ///
    /// # Errors
    /// When the kernel refuses.
    ///
    /// # Panics
    /// When `work` does.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| self.move_thread().map(|()| work()));
            inside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Moves this thread into the network, for the rest of its life.
    pub(super) fn move_thread(&self) -> Result<()> {
        let path = self.path();
        let namespace = fs::File::open(&path).with_context(|| path.display().to_string())?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
            .context("the kernel lets nobody into the network namespace")
    }

    /// Tries to connect from here, and hangs up.
    ///
    /// # Errors
    /// When it cannot be tried.
    pub fn reach(&self, to: SocketAddr) -> Result<Reached> {
        let tried = self.within(|| TcpStream::connect_timeout(&to, PATIENCE))?;
        Ok(match tried {
            Ok(_) => Reached::Yes,
            // Only a firewall says so here: each host knows a way to every other.
            Err(error) if error.kind() == io::ErrorKind::HostUnreachable => Reached::Forbidden,
            Err(error) => Reached::No(error.to_string()),
        })
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/ns/net", self.process()))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Both may fail only because it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
