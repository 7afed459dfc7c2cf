//! The cycle: enrol, discover, reset, reveal, log in, verify, audit; through the
//! gateway, and past no firewall.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};

use super::agent::Agent;
use super::client::{Client, text};
use super::host::{ACCOUNTS, Host, LOCKED, account};
use super::interrupt::Interrupt;
use super::outside::{self, Outside};
use super::place::Place;
use super::provider::{Provider, Tools};
use super::report::Report;
use super::server::{Server, named_url, write_secret};
use super::{Binaries, Way, control, random_password, wait_for};
use crate::console::Site;
use crate::networks::{GatewayMachine, Networks, Relay};
use crate::scratch_system::{Login, log_in};

/// The first administrator.
const ADMINISTRATOR: &str = "admin";

/// Everything that runs during the demo. The fields are dropped in this order.
pub(super) struct Stage {
    agent: Option<Agent>,
    host: Host,
    outside: Option<Outside>,
    server: Server,
    provider: Option<Provider>,
    /// The server's way to the provider, if it has its own network.
    _to_provider: Option<Relay>,
    client: Client,
    folder: PathBuf,
    administrator_password: String,
    password_file: PathBuf,
    account: Option<String>,
}

impl Stage {
    /// Starts the server and the scratch system with its accounts and sshd, with a
    /// gateway between them if the agent is to go that way, and, if its tools are
    /// given, an OpenID provider.
    pub(super) fn set_up(
        binaries: &Binaries,
        folder: &Path,
        tools: Option<&Tools>,
        way: Way,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let networks = match way {
            Way::Gateway => Some(networks()?),
            Way::Direct => None,
        };
        let took = Stopwatch::start();
        let place = networks.as_ref().map_or_else(Place::here, Place::lan)?;
        let start = |tools| Provider::start(tools, folder, &named_url(place.api_port()));
        let provider = tools.map(start).transpose()?;
        let to_provider = match (&networks, &provider) {
            (Some(networks), Some(provider)) => Some(way_to(provider, networks)?),
            (None, _) | (_, None) => None,
        };
        let settings = provider.as_ref().map_or("", |provider| provider.settings.as_str());
        let server = Server::start(binaries, &folder.join("server"), place, settings, interrupt)?;
        let client = Client::new(binaries, &server, &folder.join("cli"));
        let administrator_password = random_password();
        let password_file = folder.join("admin-password");
        write_secret(&password_file, &administrator_password)?;
        let (token, password) = (path(&server.setup_token_file)?, path(&password_file)?);
        client.run(&[
            "setup",
            "--token-file",
            token,
            "--user",
            ADMINISTRATOR,
            "--password-file",
            password,
        ])?;
        client.run(&["login", "--user", ADMINISTRATOR, "--password-file", password])?;
        let in_the_lan = if networks.is_some() { " in the LAN" } else { "" };
        took.done(&format!("server with SQLite{in_the_lan} at {}", server.url()));

        interrupt.check()?;
        let took = Stopwatch::start();
        let set_up = |networks| Outside::set_up(binaries, networks, &client, folder, interrupt);
        let outside = networks.map(set_up).transpose()?;
        if let Some(outside) = &outside {
            took.done(&outside.description()?);
        }

        interrupt.check()?;
        let took = Stopwatch::start();
        let host = Host::start(folder)?;
        took.done(&host.description());

        Self {
            agent: None,
            host,
            outside,
            server,
            provider,
            _to_provider: to_provider,
            client,
            folder: folder.to_owned(),
            administrator_password,
            password_file,
            account: None,
        }
        .with_agent(binaries)
    }

    fn with_agent(mut self, binaries: &Binaries) -> Result<Self> {
        let took = Stopwatch::start();
        let key = self.client.json(&[
            "keys",
            "create",
            "--platform",
            "linux",
            "--pre-approved",
            "demo host",
        ])?;
        let (network, server) = match &self.outside {
            Some(outside) => {
                GatewayMachine::name_to(&self.host.system)?;
                (Some(&outside.networks.internet), GatewayMachine::public_address())
            }
            None => (None, format!("127.0.0.1:{}", self.server.agents_port())),
        };
        let agent = Agent::enrol_and_start(
            binaries,
            &self.host.system,
            network,
            &server,
            text(&key, "key"),
            &self.folder.join("agent.log"),
        )?;
        self.agent = Some(agent);
        took.done(match network {
            Some(_) => "agent on the internet enrolled through the gateway with a one-time key",
            None => "agent enrolled with a one-time key and started",
        });
        Ok(self)
    }

    /// The cycle; what was seen is noted in `report` step by step.
    pub(super) fn play(&mut self, report: &mut Report, interrupt: &Interrupt) -> Result<()> {
        self.wait_for_approval(interrupt)?;
        report.enrolled = true;

        let took = Stopwatch::start();
        let account = self.wait_for_accounts(interrupt)?;
        report.discovered = true;
        took.done("accounts discovered");
        self.account = Some(account.clone());
        if let Some(outside) = &self.outside {
            let took = Stopwatch::start();
            let devices = self.client.items(&["devices", "list"])?;
            report.via_gateway =
                !devices.is_empty() && devices.iter().all(|device| outside.brought(device));
            took.verdict(
                report.via_gateway,
                "the server's own record: the device came through the gateway",
            );
        }

        let (user, _) = ACCOUNTS[0];
        self.host.check()?;
        interrupt.check()?;
        let took = Stopwatch::start();
        self.client.run(&["reset", &account, "--wait"])?;
        report.reset_ms = Some(took.elapsed_ms());
        took.done(&format!("password of {user} reset through a sealed, signed order"));

        let revealed = self.client.json(&["reveal", &account, "--reason", "demo"])?;
        let new_password = revealed["values"][0]["value"].as_str().unwrap_or_default();
        if new_password.is_empty() {
            bail!("reveal gave no value");
        }
        interrupt.check()?;
        let took = Stopwatch::start();
        report.ssh_new_ok = log_in(&self.host.sshd, user, new_password)? == Login::In;
        took.verdict(report.ssh_new_ok, "the revealed password logs in over SSH");
        let took = Stopwatch::start();
        report.ssh_old_refused = self.host.refuses_former()?;
        took.verdict(report.ssh_old_refused, "the former password is refused");

        if let Some(outside) = &self.outside {
            interrupt.check()?;
            let took = Stopwatch::start();
            report.dmz_to_lan_blocked = outside.keeps_the_dmz_out()?;
            let what = "DMZ → LAN: the firewall refuses 8383 and 8443, which answer in the LAN";
            took.verdict(report.dmz_to_lan_blocked, what);
        }

        interrupt.check()?;
        let took = Stopwatch::start();
        let verified = self.client.json(&["verify", &account, "--wait"])?;
        report.verified = says_in_sync(&verified);
        took.verdict(report.verified, "the agent verified the password: in sync");

        let took = Stopwatch::start();
        let audit = self.client.json(&["audit", "verify"])?;
        let lines = audit["lines"].as_u64().unwrap_or(0);
        report.audit_ok = audit["intact"].as_bool() == Some(true) && lines > 0;
        took.verdict(report.audit_ok, &format!("audit chain of {lines} lines is intact"));
        Ok(())
    }

    /// An error when server, gateway or agent has ended.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.server.check_alive()?;
        self.outside.as_mut().map_or(Ok(()), Outside::check_alive)?;
        self.agent.as_mut().map_or(Ok(()), Agent::check_alive)
    }

    /// The ends of all logs, for when something went wrong.
    pub(super) fn logs(&self) -> String {
        let mut logs = format!("── server\n{}\n", self.server.log());
        if let Some(outside) = &self.outside {
            logs.push_str(&format!("── gateway\n{}\n", outside.log()));
        }
        if let Some(agent) = &self.agent {
            logs.push_str(&format!("── agent\n{}\n", agent.log()));
        }
        logs + "──"
    }

    /// Shows the site to a browser, which may end the server and start it again.
    pub(super) fn while_visited(
        &mut self,
        interrupt: &Interrupt,
        look: impl FnOnce(&Site<'_>) -> Result<()>,
    ) -> Result<()> {
        let control = self.folder.join("control");
        fs::create_dir(&control).with_context(|| control.display().to_string())?;
        let url = self.server.url();
        let (server, password_file) = (&mut self.server, self.password_file.as_path());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let obeyed = scope.spawn(|| control::obey(server, &control, &done, interrupt));
            let looked = look(&Site {
                url,
                user: ADMINISTRATOR,
                password_file,
                account: account(),
                control: &control,
            });
            done.store(true, Ordering::SeqCst);
            let obeyed = obeyed.join().unwrap_or_else(|_| bail!("the server's part panicked"));
            // What the browser saw says more.
            looked.and(obeyed)
        })
    }

    /// Where it is, how to sign in, and what to try next.
    pub(super) fn summary(&self) -> String {
        let (user, _) = ACCOUNTS[0];
        let account = self.account.as_deref().unwrap_or("ACCOUNT");
        let ssh = format!(
            "ssh -p {} -o UserKnownHostsFile={} {user}@127.0.0.1",
            self.host.sshd.port(),
            self.host.sshd.known_hosts().display()
        );
        // A provider sends browsers back to the server's name.
        let url = match self.provider {
            Some(_) => self.server.named_url(),
            None => self.server.url(),
        };
        let mut lines = vec![
            format!("console   {url}/"),
            format!("sign-in   {ADMINISTRATOR}  {}", self.administrator_password),
            format!("CA        {}", self.server.ca_file.display()),
            format!("logs      {}", self.folder.display()),
        ];
        if let Some(Provider { people_file, .. }) = &self.provider {
            lines.push(format!("Demo ID   its people: {}", people_file.display()));
        }
        let mut next = vec![
            format!("alias sekisho={}", self.client.alias()),
            "sekisho accounts list".to_owned(),
            format!("sekisho reveal {account} --reason 'trying it out'"),
            ssh,
            "sekisho audit verify".to_owned(),
        ];
        if self.outside.is_some() {
            next.push(format!("sekisho gateways show {}", outside::NAME));
        }
        format!(
            "{}\nTry next, in another terminal:\n  {}\n\nCtrl-C ends it and removes everything.",
            boxed(&lines),
            next.join("\n  ")
        )
    }

    fn wait_for_approval(&mut self, interrupt: &Interrupt) -> Result<()> {
        wait_for("the approved device", Duration::from_secs(30), interrupt, || {
            let devices = self.client.items(&["devices", "list"])?;
            let approved = devices.iter().any(|device| text(device, "state") == "approved");
            Ok(approved.then_some(()))
        })
    }

    /// The id of the account to reset, once all accounts are there.
    fn wait_for_accounts(&mut self, interrupt: &Interrupt) -> Result<String> {
        wait_for("the accounts of the scratch system", Duration::from_secs(90), interrupt, || {
            if let Some(agent) = &mut self.agent {
                agent.check_alive()?;
            }
            let found = self.client.items(&["accounts", "list", "--all"])?;
            let id = |name: &str| {
                found.iter().find(|item| text(item, "name") == name).map(|item| text(item, "id"))
            };
            let complete =
                ACCOUNTS.iter().all(|(name, _)| id(name).is_some()) && id(LOCKED).is_some();
            Ok(if complete { id(ACCOUNTS[0].0).map(str::to_owned) } else { None })
        })
    }
}

/// The networks, with a line that says so.
fn networks() -> Result<Networks> {
    let took = Stopwatch::start();
    let networks = outside::networks()?;
    took.done("internet, DMZ and LAN; the firewall lets nothing from the DMZ into the LAN");
    Ok(networks)
}

/// A server in the LAN reaches the provider where browsers do: at its port of
/// loopback.
fn way_to(provider: &Provider, networks: &Networks) -> Result<Relay> {
    let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), provider.port);
    Relay::start(Some(&networks.lan), provider.port, None, to)
}

/// Whether the answer to a verify says `in_sync`, in the order or around it.
fn says_in_sync(answer: &serde_json::Value) -> bool {
    match answer {
        serde_json::Value::String(word) => word == "in_sync",
        serde_json::Value::Object(fields) => fields.values().any(says_in_sync),
        serde_json::Value::Array(items) => items.iter().any(says_in_sync),
        _ => false,
    }
}

/// How long a step takes, and the line that says so.
pub(super) struct Stopwatch(Duration);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(SystemClock.elapsed())
    }

    fn elapsed_ms(&self) -> u64 {
        let elapsed = SystemClock.elapsed().saturating_sub(self.0);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn done(&self, what: &str) {
        self.verdict(true, what);
    }

    fn verdict(&self, good: bool, what: &str) {
        let sign = if good { "ok " } else { "NOT" };
        println!("demo: {:>6} ms  {sign}  {what}", self.elapsed_ms());
    }
}

/// The lines in a frame.
pub(super) fn boxed(lines: &[String]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let edge = "─".repeat(width + 2);
    let rows: Vec<String> = lines.iter().map(|line| format!("│ {line:<width$} │")).collect();
    format!("┌{edge}┐\n{}\n└{edge}┘", rows.join("\n"))
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is no UTF-8", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_fits_its_lines() {
        let lines = ["ab".to_owned(), "abcd".to_owned()];
        assert_eq!(boxed(&lines), "┌──────┐\n│ ab   │\n│ abcd │\n└──────┘");
    }

    #[test]
    fn only_the_word_in_sync_is_in_sync() {
        let answer = |text: &str| serde_json::from_str(text).expect("valid JSON");
        assert!(says_in_sync(&answer(r#"{"order":{"state":"committed","result":"in_sync"}}"#)));
        assert!(!says_in_sync(&answer(r#"{"result":"out_of_sync","in_sync":"no"}"#)));
    }
}
