//! `pair` and `unpair`.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::bail;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_wire::gateway::PAIRING_TTL_S;
use std::time::Duration;

use super::{Memory, complain, say};
use crate::control::{self, Ask, NotRunning};
use crate::pairing::{self, Moment};

pub(super) fn pair(memory: &Memory, again: bool, json: bool) -> anyhow::Result<()> {
    let Memory { config, state } = memory;
    if let Some(member) = state.membership()?
        && !again
    {
        bail!(
            "this gateway is paired already, as '{}'. To give it to another site or to pair it \
             anew, use `sekisho-gateway pair --again`: it goes on as it is until the new string is \
             used. If somebody may have had this machine's files, run `sekisho-gateway unpair` \
             first, so that it gets another key",
            member.name
        );
    }
    let now = Moment::read(&SystemClock)?;
    let text = pairing::begin(state, &config.pairing_address, now, &SystemRng)?;
    let string = text.to_text();
    let until = now.wall.plus(Duration::from_secs(PAIRING_TTL_S));
    if json {
        let value = serde_json::json!({
            "pairing_string": *string,
            "expires_at": until.to_string(),
            "address": text.address,
            "key_sha256": data_encoding::HEXLOWER.encode(&text.key_sha256),
        });
        say(&value.to_string());
    } else {
        say(&format!(
            "Pairing string, good until {until} (30 minutes) and for one use:\n\n{}\n\n\
             Next, as an administrator of the server, either\n  \
             in the console: Gateways > Pair a gateway, and paste the string, or\n  \
             on the command line: sekisho gateways pair NAME --public HOST:PORT\n\n\
             NAME is what you call this gateway, HOST:PORT where agents reach it.\n\
             The server then dials {}; a firewall between must let it. It is not the\n\
             other way round: nothing on this machine reaches the server.\n\
             Treat the string like a password. `sekisho-gateway status` shows the result.",
            string.as_str(),
            text.address
        ));
    }
    match control::ask(&config.state_dir, &Ask::Status) {
        Ok(_) => Ok(()),
        Err(error) if error.is::<NotRunning>() => {
            complain(
                "warning: the gateway does not run, so the server will reach nobody; start it \
                 with 'systemctl start sekisho-gateway'",
            );
            Ok(())
        }
        Err(error) => Err(error),
    }
}

pub(super) fn unpair(memory: &Memory, yes: bool) -> anyhow::Result<()> {
    let Memory { config, state } = memory;
    let Some(member) = state.membership()? else {
        state.forget_site()?;
        say("this gateway was not paired; its key and its open pairing, if any, are gone");
        control::look_again(&config.state_dir)?;
        return Ok(());
    };
    if !yes {
        confirm(&format!(
            "Forget the site of '{}'? Agents are refused from then on. Type yes: ",
            member.name
        ))?;
    }
    state.forget_site()?;
    let runs = control::look_again(&config.state_dir)?;
    say(&format!(
        "this gateway belongs to nobody now{}. At the server, revoke '{}' as well: sekisho \
         gateways revoke NAME --reason TEXT",
        if runs { ", and refuses all agents" } else { "" },
        member.name
    ));
    Ok(())
}

fn confirm(question: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; give --yes");
    }
    complain(question);
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was changed");
    }
    Ok(())
}
