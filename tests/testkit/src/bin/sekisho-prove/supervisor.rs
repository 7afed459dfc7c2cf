//! What systemd does for the gateway: starts it, hears which process is the main
//! one (`MAINPID=`), and when that one has ended, ends everything of the service
//! and starts the program that is installed then (`Restart=always`).

use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sekisho_siege::Program;

/// How often it is looked whether the main process is there.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// `RestartSec=` of the unit.
const RESTART: Duration = Duration::from_secs(1);

/// A gateway under supervision. Dropping it ends the gateway.
pub(crate) struct Supervisor {
    program: Arc<Mutex<Program>>,
    main: Arc<AtomicU32>,
    restarts: Arc<AtomicU32>,
    done: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the gateway.
    pub(crate) fn start(program: Program) -> Result<Self> {
        let path = program.path("notify");
        let socket = UnixDatagram::bind(&path).context("the socket of the supervisor")?;
        socket.set_read_timeout(Some(LOOK_EVERY))?;
        let path = path.to_str().context("a path in UTF-8")?.to_owned();
        let supervisor = Self {
            program: Arc::new(Mutex::new(program)),
            main: Arc::default(),
            restarts: Arc::default(),
            done: Arc::default(),
            threads: Vec::new(),
        };
        supervisor.begin(&path)?;
        supervisor.supervise(socket, path)
    }

    /// The main process.
    pub(crate) fn main(&self) -> u32 {
        self.main.load(Ordering::SeqCst)
    }

    /// How often it had to be started again.
    pub(crate) fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::SeqCst)
    }

    /// Does something with the installed program.
    pub(crate) fn with<T>(&self, what: impl FnOnce(&mut Program) -> T) -> T {
        what(&mut self.program.lock().expect("no holder panics"))
    }

    fn begin(&self, notify: &str) -> Result<()> {
        let pid = self.with(|program| program.start(&[("NOTIFY_SOCKET", notify)]))?;
        self.main.store(pid, Ordering::SeqCst);
        Ok(())
    }

    fn supervise(mut self, socket: UnixDatagram, notify: String) -> Result<Self> {
        let (main, done) = (self.main.clone(), self.done.clone());
        self.threads.push(std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !done.load(Ordering::SeqCst) {
                let Ok(read) = socket.recv(&mut buffer) else { continue };
                if let Some(pid) = main_pid(&buffer[..read]) {
                    main.store(pid, Ordering::SeqCst);
                }
            }
        }));
        let (program, main) = (self.program.clone(), self.main.clone());
        let (restarts, done) = (self.restarts.clone(), self.done.clone());
        self.threads.push(std::thread::spawn(move || {
            while !done.load(Ordering::SeqCst) {
                std::thread::sleep(LOOK_EVERY);
                if is_alive(main.load(Ordering::SeqCst)) {
                    continue;
                }
                // A word that it said last may still be on its way.
                std::thread::sleep(LOOK_EVERY * 2);
                if is_alive(main.load(Ordering::SeqCst)) || done.load(Ordering::SeqCst) {
                    continue;
                }
                let mut program = program.lock().expect("no holder panics");
                program.kill();
                std::thread::sleep(RESTART);
                match program.start(&[("NOTIFY_SOCKET", &notify)]) {
                    Ok(pid) => main.store(pid, Ordering::SeqCst),
                    Err(error) => eprintln!("the gateway could not be started again: {error:#}"),
                }
                restarts.fetch_add(1, Ordering::SeqCst);
            }
        }));
        Ok(self)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.done.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
        self.with(Program::kill);
    }
}

/// Which process says that it is the main one.
fn main_pid(said: &[u8]) -> Option<u32> {
    let said = std::str::from_utf8(said).ok()?;
    said.lines().find_map(|line| line.strip_prefix("MAINPID="))?.parse().ok()
}

/// Whether a process is there and not only waiting to be reaped.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The processes that this one started and that live.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let listed = listed.unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).filter(|p| is_alive(*p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_process_is_the_one_that_is_named_as_it() {
        assert_eq!(main_pid(b"MAINPID=4711"), Some(4711));
        assert_eq!(main_pid(b"READY=1\nMAINPID=12\nSTATUS=x"), Some(12));
        assert_eq!(main_pid(b"STATUS=MAINPID=12"), None);
        assert_eq!(main_pid(b"WATCHDOG=1"), None);
    }

    #[test]
    fn who_is_there_is_told_from_who_is_not() {
        assert!(is_alive(std::process::id()) && !is_alive(u32::MAX));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("it starts");
        assert!(children(std::process::id()).contains(&child.id()) || is_alive(child.id()));
        child.kill().expect("ours");
        while is_alive(child.id()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.wait().expect("ours");
    }
}
