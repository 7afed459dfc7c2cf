//! An empty site and a host whose agent waits for its key: the beginning that a
//! newcomer has.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Result, bail};
use sekisho_model::device::in_fours;

use super::agent::Agent;
use super::flow::{Stopwatch, boxed};
use super::host::{HOST, Host, account};
use super::interrupt::Interrupt;
use super::place::Place;
use super::server::{Server, write_secret};
use super::{Binaries, wait_for};
use crate::console::NewSite;

/// What enrolment keys begin with.
const KEY_PREFIX: &str = "sekisho-ek1-";

/// Where a script that walks the wizard leaves the enrolment key, and finds the
/// fingerprint of the device that enrolled with it.
const KEY_FILE: &str = "enrolment-key";
const FINGERPRINT_FILE: &str = "fingerprint";

/// A server without an administrator, and a host without an agent. The fields are
/// dropped in this order.
pub(super) struct Beginning {
    agent: Option<Agent>,
    host: Host,
    server: Server,
    folder: PathBuf,
    recovery_key_file: PathBuf,
}

impl Beginning {
    /// Starts both. `settings` are the server's, beside those it always has.
    pub(super) fn set_up(
        binaries: &Binaries,
        folder: &Path,
        settings: &str,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let took = Stopwatch::start();
        let server =
            Server::start(binaries, &folder.join("server"), Place::here()?, settings, interrupt)?;
        let recovery_key_file = folder.join("recovery-key");
        write_secret(&recovery_key_file, &server.recovery_key)?;
        took.done(&format!("empty server with SQLite at {}", server.named_url()));
        interrupt.check()?;
        let took = Stopwatch::start();
        let host = Host::start(folder)?;
        took.done(&host.description());
        Ok(Self { agent: None, host, server, folder: folder.to_owned(), recovery_key_file })
    }

    /// Enrols the host's agent with a key, and returns the fingerprint that it
    /// shows there.
    fn enrol(&mut self, binaries: &Binaries, key: &str) -> Result<String> {
        let server = format!("localhost:{}", self.server.agents_port());
        let log = self.folder.join("agent.log");
        let agent = Agent::enrol_and_start(binaries, &self.host.system, None, &server, key, &log)?;
        let fingerprint = agent.fingerprint(binaries, &self.host.system)?;
        self.agent = Some(agent);
        Ok(fingerprint)
    }

    /// Runs `walk`, and plays the host beside it.
    pub(super) fn while_walked(
        &mut self,
        binaries: &Binaries,
        interrupt: &Interrupt,
        walk: impl FnOnce(&NewSite<'_>) -> Result<()>,
    ) -> Result<()> {
        let done = AtomicBool::new(false);
        let (url, account, folder) = (self.server.named_url(), account(), self.folder.clone());
        let (token, key) = (self.server.setup_token_file.clone(), self.recovery_key_file.clone());
        std::thread::scope(|scope| {
            let played = scope.spawn(|| self.play_host(binaries, &done, interrupt));
            let walked = walk(&NewSite {
                url,
                setup_token_file: &token,
                recovery_key_file: &key,
                host_folder: &folder,
                account,
            });
            done.store(true, Ordering::SeqCst);
            let played = played.join().unwrap_or_else(|_| bail!("the host's part panicked"));
            // What the browser saw says more than what the host missed.
            walked.and(played)
        })
    }

    /// Plays the host while a script walks the wizard: enrols with the key that
    /// the script leaves in a file.
    fn play_host(
        &mut self,
        binaries: &Binaries,
        done: &AtomicBool,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let file = self.folder.join(KEY_FILE);
        let limit = Duration::from_secs(300);
        let key = wait_for("the enrolment key", limit, interrupt, || {
            if done.load(Ordering::SeqCst) {
                bail!("the walk ended before it had an enrolment key");
            }
            let text = fs::read_to_string(&file).unwrap_or_default();
            Ok(text.ends_with('\n').then(|| text.trim().to_owned()))
        })?;
        let fingerprint = self.enrol(binaries, &key)?;
        write_secret(&self.folder.join(FINGERPRINT_FILE), &format!("{fingerprint}\n"))
    }

    /// What a person needs to walk the wizard.
    fn summary(&self) -> String {
        let token = fs::read_to_string(&self.server.setup_token_file).unwrap_or_default();
        let lines = [
            format!("open           {}/setup", self.server.named_url()),
            format!("set-up token   {token}"),
            format!("recovery key   {}", self.server.recovery_key),
            format!("CA             {}", self.server.ca_file.display()),
            format!("logs           {}", self.folder.display()),
        ];
        format!(
            "{}\nThe browser warns: the certificate is of the demo's own authority.\n\
             A real `init` shows token and recovery key once, and so does this.\n\n\
             The host \"{}\" has no agent yet. When the wizard shows the enrolment key, paste it \
             here\nand press Enter: the host then does what the command in the wizard \
             does.\n\nCtrl-C ends it and removes everything.",
            boxed(&lines),
            HOST
        )
    }

    /// Stays up until Ctrl-C, and enrols with the keys that are pasted.
    pub(super) fn stay(&mut self, binaries: &Binaries, interrupt: &Interrupt) -> Result<()> {
        println!("{}", self.summary());
        let (typed, lines) = mpsc::sync_channel(1);
        // Ends with the process: nothing can be taken back from a read of a terminal.
        std::thread::spawn(move || {
            for line in BufReader::new(std::io::stdin()).lines().map_while(Result::ok) {
                if typed.send(line).is_err() {
                    return;
                }
            }
        });
        while !interrupt.came() {
            self.server.check_alive()?;
            if let Some(agent) = &mut self.agent {
                agent.check_alive()?;
            }
            match lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => self.typed(binaries, &line),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        }
        Ok(())
    }

    /// A line at the terminal; a key that does not work is said and may be followed
    /// by another.
    fn typed(&mut self, binaries: &Binaries, line: &str) {
        let Some(key) = pasted_key(line) else {
            if !line.trim().is_empty() {
                println!("demo: that is no enrolment key; it begins with {KEY_PREFIX}");
            }
            return;
        };
        if self.agent.is_some() {
            println!("demo: the host has its agent already");
            return;
        }
        match self.enrol(binaries, key) {
            Ok(fingerprint) => println!(
                "demo: the agent of \"{}\" is enrolled and runs; its fingerprint is\n  {}",
                HOST,
                in_fours(&fingerprint)
            ),
            Err(error) => println!("demo: {error:#}"),
        }
    }
}

/// The key in what somebody pasted, which may be more than the key.
fn pasted_key(line: &str) -> Option<&str> {
    line.split(|c: char| c.is_whitespace() || c == '\'' || c == '"')
        .find(|word| word.starts_with(KEY_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_what_was_pasted() {
        assert_eq!(pasted_key(" sekisho-ek1-abc \n"), Some("sekisho-ek1-abc"));
        assert_eq!(pasted_key("echo 'sekisho-ek1-abc' | x"), Some("sekisho-ek1-abc"));
        assert_eq!(pasted_key("sekisho_setup_abc"), None);
        assert_eq!(pasted_key(""), None);
    }
}
