//! The process that is to take over.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::UnixStream;

use super::{CHANNEL, Go, Word};
use crate::lines::Lines;
use crate::run::Running;

/// How often it looks whether the server has come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long a request through this process may take.
const CHECK: Duration = Duration::from_secs(10);

/// The process before this one.
pub(crate) struct Predecessor {
    channel: std::os::unix::net::UnixStream,
}

impl Predecessor {
    /// The one that handed its sockets over, if there is one.
    pub(crate) fn find(inherited: &mut BTreeMap<String, OwnedFd>) -> anyhow::Result<Option<Self>> {
        let Some(file) = inherited.remove(CHANNEL) else { return Ok(None) };
        let channel = std::os::unix::net::UnixStream::from(file);
        channel.set_nonblocking(true).context("the former process")?;
        Ok(Some(Self { channel }))
    }

    /// Proves that this process does what a gateway does, and waits for the word
    /// to take over.
    ///
    /// # Errors
    /// When it does not, or the former process is gone: then this one must end.
    pub(crate) async fn prove(self, running: &Running) -> anyhow::Result<Proved> {
        let mut channel = Lines::new(UnixStream::from_std(self.channel)?);
        channel.say(&Word::Listening).await?;
        if let Err(error) = come_to_work(running, &mut channel).await {
            channel.say(&Word::Failed(format!("{error:#}"))).await?;
            return Err(error);
        }
        channel.say(&Word::Proved { version: crate::VERSION.to_owned() }).await?;
        match channel.hear::<Go>().await {
            Ok(Go::Go) => Ok(Proved { channel }),
            Err(_) => bail!("the former process went on by itself"),
        }
    }
}

/// A successor that may take over.
pub(crate) struct Proved {
    channel: Lines,
}

impl Proved {
    /// Tells the former process that agents are answered here.
    pub(crate) async fn took(mut self) -> anyhow::Result<()> {
        self.channel.say(&Word::Took).await.context("the former process has ended")
    }
}

async fn come_to_work(running: &Running, channel: &mut Lines) -> anyhow::Result<()> {
    let mut connected = false;
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let version = loop {
        tick.tick().await;
        if channel.is_gone() {
            bail!("the former process has ended");
        }
        let (links, status) = (running.plane.links(), running.plane.status());
        if links > 0 && !connected {
            connected = true;
            channel.say(&Word::Step("the server is connected".to_owned())).await?;
        }
        if let (Some(version), true) = (status.config_version, connected) {
            break version;
        }
    };
    channel.say(&Word::Step(format!("it works by configuration {version}"))).await?;
    if running.plane.status().certificate.is_none() {
        // As it was with the former process: agents cannot come in yet.
        let why = "there is no public certificate yet, so no request was sent through it";
        return Ok(channel.say(&Word::Step(why.to_owned())).await?);
    }
    let plane = running.plane.clone();
    let checked = tokio::task::spawn_blocking(move || plane.check_itself(CHECK)).await?;
    checked.map_err(|problem| anyhow::anyhow!("a request through it failed: {problem}"))?;
    let done = "a request went through it to the server and back".to_owned();
    Ok(channel.say(&Word::Step(done)).await?)
}
