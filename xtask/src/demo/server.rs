//! A server of the demo's own, in a scratch folder: on free loopback ports, or in
//! a LAN.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::interrupt::Interrupt;
use super::place::Place;
use super::{Binaries, wait_for};
use crate::cmd;

/// A running server.
pub(super) struct Server {
    child: Child,
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    /// Where it runs.
    place: Place,
    /// The CA that its certificates chain to, as PEM.
    pub(super) ca_file: PathBuf,
    /// A file with the token that makes the first administrator.
    pub(super) setup_token_file: PathBuf,
    /// What opens its backups; a real server's is on paper only.
    pub(super) recovery_key: String,
}

/// What `init --json` prints.
#[derive(Deserialize)]
struct Initialised {
    setup_token: String,
    recovery_key: String,
    ca_pem_path: PathBuf,
}

impl Server {
    /// Creates a site in `folder` and starts its server in its place. `settings`
    /// stand below those that it always has, as TOML.
    pub(super) fn start(
        binaries: &Binaries,
        folder: &Path,
        place: Place,
        settings: &str,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let config = folder.join("server.toml");
        let always = configuration(folder, place.listeners());
        fs::write(&config, format!("{always}\n{settings}"))?;

        let mut init = Command::new(&binaries.server);
        init.args(["init", "--json", "--config"]).arg(&config);
        let printed = cmd::feed_checked(&mut init, b"")?;
        let initialised: Initialised =
            serde_json::from_str(&printed).context("reading what `sekisho-server init` printed")?;
        let setup_token_file = folder.join("setup-token");
        write_secret(&setup_token_file, &initialised.setup_token)?;

        let program = binaries.server.clone();
        let log = folder.join("server.log");
        let mut server = Self {
            child: spawn(&program, &config, &log, &place)?,
            program,
            config,
            log,
            place,
            ca_file: initialised.ca_pem_path,
            setup_token_file,
            recovery_key: initialised.recovery_key,
        };
        server.wait_until_listening(interrupt)?;
        Ok(server)
    }

    fn wait_until_listening(&mut self, interrupt: &Interrupt) -> Result<()> {
        wait_for("the server listening", Duration::from_secs(30), interrupt, || {
            self.check_alive()?;
            Ok(self.place.answers()?.then_some(()))
        })
    }

    /// Asks the program to end, as a service manager does.
    ///
    /// # Errors
    /// When it does not end within 30 seconds, or not well.
    pub(super) fn end(&mut self, interrupt: &Interrupt) -> Result<()> {
        self.check_alive()?;
        if !ask_to_end(&self.child) {
            bail!("the server cannot be sent SIGTERM");
        }
        let limit = Duration::from_secs(30);
        let status =
            wait_for("the server's end", limit, interrupt, || Ok(self.child.try_wait()?))?;
        if !status.success() {
            bail!("the server did not end well: {status}\n{}", last_lines(&self.log));
        }
        Ok(())
    }

    /// Ends the program in the middle of whatever it does, as a power failure does.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.check_alive()?;
        self.child.kill()?;
        self.child.wait().map(drop).context("waiting for the killed server")
    }

    /// Starts the program again after its end, on the same ports and data.
    ///
    /// # Errors
    /// When it still runs, or ends at once.
    pub(super) fn start_again(&mut self, interrupt: &Interrupt) -> Result<()> {
        if self.child.try_wait()?.is_none() {
            bail!("the server still runs");
        }
        self.child = spawn(&self.program, &self.config, &self.log, &self.place)?;
        self.wait_until_listening(interrupt)
    }

    /// Where people and programs reach it.
    pub(super) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.place.api_port())
    }

    /// The same by the server's name, without which browsers have no passkeys.
    pub(super) fn named_url(&self) -> String {
        named_url(self.place.api_port())
    }

    /// The port of its agent plane, where it runs.
    pub(super) fn agents_port(&self) -> u16 {
        let [_, agents, _] = self.place.listeners();
        agents.port()
    }

    /// The end of its log.
    pub(super) fn log(&self) -> String {
        last_lines(&self.log)
    }

    /// An error with the end of its log once it has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server has ended: {status}\n{}", last_lines(&self.log));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// A server on this machine, by its name.
pub(super) fn named_url(api_port: u16) -> String {
    format!("https://localhost:{api_port}")
}

/// Runs the server; it adds to its log.
fn spawn(program: &Path, config: &Path, log: &Path, place: &Place) -> Result<Child> {
    let output = fs::OpenOptions::new().create(true).append(true).open(log)?;
    // It ends with us, however we end.
    let mut run = Command::new("setpriv");
    run.args(["--pdeathsig", "TERM", "--"]).arg(program).args(["run", "--config"]).arg(config);
    place
        .enter(run)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        // Ctrl-C is for us: it is we who stop the server.
        .process_group(0)
        .spawn()
        .context("the server could not be started")
}

/// Whether a child that has not been waited for could be sent SIGTERM.
fn ask_to_end(child: &Child) -> bool {
    let pid = child.id().to_string();
    cmd::succeeds(Command::new("bash").args(["-c", r#"kill -TERM "$1""#, "stop", &pid]))
}

/// Asks a child to end, and insists after five seconds.
pub(super) fn stop(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    let asked = ask_to_end(child);
    for _ in 0..if asked { 100 } else { 0 } {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // Both may fail only because it has ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

fn configuration(folder: &Path, [api, agents, metrics]: [SocketAddr; 3]) -> String {
    // Debug quoting is TOML's: both escape `"` and `\`.
    format!(
        "data_dir = {:?}\n\
         public_name = \"localhost\"\n\n\
         [listen]\n\
         api = \"{api}\"\n\
         agents = \"{agents}\"\n\
         metrics = \"{metrics}\"\n\n\
         [vault]\n\
         kek_file = {:?}\n",
        folder.join("data"),
        folder.join("kek"),
    )
}

/// Writes a file that only its owner reads.
pub(super) fn write_secret(path: &Path, secret: &str) -> Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("creating {}", path.display()))?;
    file.write_all(secret.as_bytes())?;
    Ok(())
}

/// The end of a log, for the message that says why somebody should read it.
pub(super) fn last_lines(log: &Path) -> String {
    end_of(&fs::read_to_string(log).unwrap_or_default())
}

/// The end of what a log says.
pub(super) fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_toml_with_the_keys_of_the_server() {
        let text = configuration(Path::new("/tmp/a \"b\""), Place::Here([1, 2, 3]).listeners());
        let config: toml::Table = text.parse().expect("valid TOML");
        assert_eq!(config["listen"]["agents"].as_str(), Some("127.0.0.1:2"));
        assert_eq!(config["vault"]["kek_file"].as_str(), Some("/tmp/a \"b\"/kek"));
    }

    #[test]
    fn a_secret_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("scratch folder");
        let file = folder.path().join("token");
        write_secret(&file, "x").expect("written");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
