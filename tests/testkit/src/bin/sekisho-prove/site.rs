//! A site of its own: the server's program on loopback, in a scratch folder, an
//! administrator, and a gateway that is paired with it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_model::rng::{SystemRng, random_bytes};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::api::{Address, Api};

/// How long the server may take to start.
const SOON: Duration = Duration::from_secs(60);

/// The name by which all is reached.
pub(crate) const NAME: &str = "localhost";

/// See the module. Dropping it ends the server.
pub(crate) struct Site {
    child: Option<Child>,
    folder: tempfile::TempDir,
    api_port: u16,
    address: Address,
    token: String,
}

impl Site {
    /// Creates a site and starts its server.
    pub(crate) async fn start(programs: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sekisho-prove-").tempdir()?;
        let free = || -> Result<(TcpListener, u16)> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            Ok((listener, port))
        };
        // Both are held at once, so that they differ.
        let (api, agents) = (free()?, free()?);
        let (api_port, agents_port) = (api.1, agents.1);
        drop((api, agents));
        // Debug quoting is TOML's: both escape `"` and `\`.
        let settings = format!(
            "data_dir = {:?}\npublic_name = \"{NAME}\"\n[log]\nlevel = \"warn\"\n[listen]\n\
             api = \"127.0.0.1:{api_port}\"\nagents = \"127.0.0.1:{agents_port}\"\n\
             [vault]\nkek_file = {:?}\n",
            folder.path().join("data"),
            folder.path().join("kek/kek")
        );
        fs::write(folder.path().join("server.toml"), settings)?;
        let program = programs.join("sekisho-server");
        let init = Command::new(&program)
            .args(["init", "--json", "--config"])
            .arg(folder.path().join("server.toml"))
            .output()
            .with_context(|| format!("there is no {}", program.display()))?;
        if !init.status.success() {
            bail!("init failed: {}", String::from_utf8_lossy(&init.stderr));
        }
        let shown: Value = serde_json::from_slice(&init.stdout)?;
        let ca_file = PathBuf::from(shown["ca_pem_path"].as_str().context("a CA file")?);
        let address = Address::new(api_port, &ca_file)?;
        let mut site = Self { child: None, folder, api_port, address, token: String::new() };
        site.serve(&program).await?;
        site.set_up(shown["setup_token"].as_str().context("a set-up token")?).await?;
        Ok(site)
    }

    async fn serve(&mut self, program: &Path) -> Result<()> {
        let log = fs::File::create(self.folder.path().join("server.log"))?;
        // It ends with us, however we end.
        let mut server = Command::new("setpriv");
        server.args(["--pdeathsig", "KILL", "--"]).arg(program).args(["run", "--config"]);
        server.arg(self.folder.path().join("server.toml"));
        server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        self.child = Some(server.spawn().context("the server cannot be started")?);
        let began = SystemClock.elapsed();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.api_port)).await.is_err() {
            let ended = self.child.as_mut().map(Child::try_wait).transpose()?.flatten();
            if ended.is_some() || crate::since(began) > SOON {
                bail!("the server does not listen:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn set_up(&mut self, setup_token: &str) -> Result<()> {
        let password = data_encoding::BASE32_NOPAD.encode(&random_bytes::<20>(&SystemRng));
        let mut api = self.address.connect(None).await?;
        let first = json!({
            "token": setup_token, "name": "admin", "display_name": "Admin", "password": password,
        });
        api.post("/setup", &first).await?;
        let sign_in = json!({ "name": "admin", "password": password });
        let cookie = api.post_for_cookie("/session", &sign_in).await?;
        api.sign_in_with(&cookie);
        let wanted = json!({ "name": "prove", "scopes": ["read", "write", "reveal"] });
        let token = api.post("/tokens", &wanted).await?;
        self.token = token["token"].as_str().context("a token")?.to_owned();
        Ok(())
    }

    /// A new connection to the API.
    pub(crate) async fn api(&self) -> Result<Api> {
        self.address.connect(Some(&self.token)).await
    }

    /// Pairs the gateway that printed this string; agents reach it on this port.
    /// All agents here come from one address: that is an office.
    pub(crate) async fn pair(&self, pairing: &str, agents_port: u16) -> Result<()> {
        let mut api = self.api().await?;
        let public = json!([{ "address": format!("{NAME}:{agents_port}") }]);
        let wanted = json!({ "pairing": pairing, "name": "dmz-1", "public": public });
        api.post("/gateways", &wanted).await?;
        let limits = json!({
            "connections": 20_000, "handshakes_per_s": 1_000, "enrolments_per_s": 1_000,
        });
        let office = json!({ "name": "here", "networks": ["127.0.0.0/8"], "limits": limits });
        api.post("/offices", &office).await?;
        Ok(())
    }

    /// An enrolment key for many devices that approves in advance.
    pub(crate) async fn key(&self) -> Result<String> {
        let wanted = json!({
            "label": "prove", "platform": "linux", "use": "window", "pre_approved": true,
        });
        let key = self.api().await?.post("/enrolment-keys", &wanted).await?;
        Ok(key["key"].as_str().context("a key")?.to_owned())
    }

    /// The end of the server's log.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // May fail only because it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
