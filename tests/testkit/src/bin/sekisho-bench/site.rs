//! A site of its own: the server's real process, on loopback, in a scratch
//! folder.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use xtask::bench::{CpuGroup, Process};

use crate::api::{Address, Api};
use crate::{Stage, random_password};

/// A running site.
pub(crate) struct Site {
    child: Option<Child>,
    program: PathBuf,
    folder: PathBuf,
    group: Option<CpuGroup>,
    api_port: u16,
    /// The port of the agent plane.
    pub(crate) agents_port: u16,
    metrics_port: u16,
    address: Address,
    token: String,
}

impl Site {
    /// Creates a site and starts its server; makes an administrator and a
    /// token. In a group, the server's CPU time is counted with what else is
    /// in it.
    pub(crate) async fn start(stage: &Stage, group: Option<CpuGroup>) -> Result<Self> {
        let folder = stage.scratch.path().join("site");
        fs::create_dir(&folder)?;
        let [api_port, agents_port, metrics_port] = free_ports()?;
        // Debug quoting is TOML's: both escape `"` and `\`.
        let settings = format!(
            "data_dir = {:?}\npublic_name = \"localhost\"\n[log]\nlevel = \"warn\"\n[listen]\n\
             api = \"127.0.0.1:{api_port}\"\nagents = \"127.0.0.1:{agents_port}\"\n\
             metrics = \"127.0.0.1:{metrics_port}\"\n[vault]\nkek_file = {:?}\n",
            folder.join("data"),
            folder.join("kek/kek")
        );
        fs::write(folder.join("server.toml"), settings)?;
        let program = stage.programs.join("sekisho-server");
        let init = Command::new(&program)
            .args(["init", "--json", "--config"])
            .arg(folder.join("server.toml"))
            .output()?;
        if !init.status.success() {
            bail!("init failed: {}", String::from_utf8_lossy(&init.stderr));
        }
        let shown: Value = serde_json::from_slice(&init.stdout)?;
        let ca_file = PathBuf::from(shown["ca_pem_path"].as_str().context("a CA file")?);
        let mut site = Self {
            child: None,
            program,
            folder,
            group,
            api_port,
            agents_port,
            metrics_port,
            address: Address::new(api_port, &ca_file)?,
            token: String::new(),
        };
        site.serve().await?;
        site.set_up(shown["setup_token"].as_str().context("a set-up token")?).await?;
        Ok(site)
    }

    async fn set_up(&mut self, setup_token: &str) -> Result<()> {
        let password = random_password();
        let mut api = self.address.connect(None).await?;
        let first = json!({
            "token": setup_token, "name": "admin", "display_name": "Admin", "password": password,
        });
        api.post("/setup", &first).await?;
        fs::write(self.password_file(), &password)?;
        let sign_in = json!({ "name": "admin", "password": password });
        let cookie = api.post_for_cookie("/session", &sign_in).await?;
        api.sign_in_with(&cookie);
        let wanted = json!({ "name": "bench", "scopes": ["read", "write", "reveal"] });
        let token = api.post("/tokens", &wanted).await?;
        self.token = token["token"].as_str().context("a token")?.to_owned();
        Ok(())
    }

    /// A new connection to the API, with a token for everything.
    pub(crate) async fn api(&self) -> Result<Api> {
        self.address.connect(Some(&self.token)).await
    }

    /// An enrolment key that approves in advance.
    pub(crate) async fn key(&self, window: bool) -> Result<String> {
        let mut api = self.api().await?;
        let wanted = json!({
            "label": "bench", "platform": "linux", "use": if window { "window" } else { "once" },
            "pre_approved": true,
        });
        let key = api.post("/enrolment-keys", &wanted).await?;
        Ok(key["key"].as_str().context("a key")?.to_owned())
    }

    /// Starts the server on the ports it had, and waits until it listens.
    pub(crate) async fn serve(&mut self) -> Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path())?;
        let mut server = Command::new("setpriv");
        // It ends with us, however we end.
        server.args(["--pdeathsig", "KILL", "--"]).arg(&self.program).args(["run", "--config"]);
        server.arg(self.folder.join("server.toml"));
        let mut server = match &self.group {
            Some(group) => group.command(&server),
            None => server,
        };
        let child = server
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("the server cannot be started")?;
        self.child = Some(child);
        let deadline = SystemClock.elapsed() + Duration::from_secs(60);
        for port in [self.api_port, self.agents_port] {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
                let ended = self.child.as_mut().map(Child::try_wait).transpose()?.flatten();
                if ended.is_some() || SystemClock.elapsed() > deadline {
                    bail!("the server does not listen:\n{}", self.log());
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Ok(())
    }

    /// Ends the server without a chance to tidy up.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// The server's process.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.as_ref().map_or(0, Child::id))
    }

    /// CPU time of everything in the site's group so far.
    pub(crate) fn group_cpu(&self) -> Result<Duration> {
        self.group.as_ref().context("the site has no group")?.cpu()
    }

    /// Where agents reach it.
    pub(crate) fn agents(&self) -> String {
        format!("127.0.0.1:{}", self.agents_port)
    }

    /// Where people reach it with a browser.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.api_port)
    }

    /// The file with the password of the administrator, `admin`.
    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("data/sekisho.db")
    }

    /// The sum of all samples of a metric whose labels contain this text.
    pub(crate) async fn metric(&self, name: &str, labels: &str) -> Result<f64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.metrics_port)).await?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let samples = answer.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '{'])) && line.contains(labels)
        });
        Ok(samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The end of the server's log.
    pub(crate) fn log(&self) -> String {
        last_lines(&self.log_path())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // May fail only because it has ended already.
        let _ = self.kill();
    }
}

/// The end of a log.
pub(crate) fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// Different ports on loopback that nobody uses at the moment.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
