//! `sekisho-agent check`: names what is wrong, one line per condition.

use std::sync::Arc;

use sekisho_link::{
    Bootstrap as _, Endpoint, Link, LinkError, Proxy, ServerTime, Transport, UnverifiedLink,
};
use sekisho_model::Clock;
use sekisho_model::Rng;
use sekisho_model::rng::random_bytes;
use sekisho_platform::accounts::AccountBackend;
use sekisho_seal::message;
use sekisho_wire::route::RouteName;
use serde::Serialize;

use crate::config::Config;
use crate::state::{State, StateError};
use crate::ways::{Kind, Own, Way, Ways};

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was looked at.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, and what to do.
    pub detail: String,
}

fn line(name: &str, ok: bool, detail: impl Into<String>) -> Line {
    Line { name: name.to_owned(), ok, detail: detail.into() }
}

/// A clock further off than this is worth a warning.
const SKEW_WARNING_S: u64 = 300;

/// Looks at everything that must be right for the agent to work.
pub async fn check(
    config: &Config,
    state: &State,
    accounts: Arc<dyn AccountBackend>,
    clock: Arc<dyn Clock>,
    rng: &dyn Rng,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let readiness = tokio::task::spawn_blocking(move || accounts.readiness()).await;
    match readiness {
        Ok(checks) => {
            lines.extend(checks.into_iter().map(|c| line(c.name, c.ok, c.detail)));
        }
        Err(error) => lines.push(line("accounts", false, error.to_string())),
    }
    match state.identity() {
        Ok(Some(_)) => lines.push(line("key", true, "the identity key is there")),
        Ok(None) => lines.push(line("key", false, "no identity key; run `sekisho-agent enroll`")),
        Err(error) => lines.push(line("key", false, error.to_string())),
    }
    let enrolled = match state.enrolled() {
        Ok(enrolled) => enrolled,
        Err(error) => {
            lines.push(line("enrolment", false, error.to_string()));
            if let (StateError::NotEnrolled, Some(server)) = (&error, &config.server) {
                lines.push(reach(server, config).await);
            }
            return lines;
        }
    };
    lines.push(line("enrolment", true, format!("device {}", enrolled.device)));
    let trust = match state.trust(&enrolled.anchor) {
        Ok(trust) => trust,
        Err(error) => {
            lines.push(line("trust", false, error.to_string()));
            return lines;
        }
    };
    lines.push(line("trust", true, format!("trust bundle {}", trust.bundle().version)));
    let first = state.gateways_first();
    let ways = Ways::of(Own::new(config, &enrolled, &trust, &first), trust.bundle());
    let (mut reached, mut answers) = (Vec::new(), None);
    for way in ways.all() {
        let line = reach(&way.endpoint, config).await;
        answers = answers.or_else(|| line.ok.then_some(&way.endpoint));
        reached.push(line);
    }
    let went_through: Vec<bool> = reached.iter().map(|line| line.ok).collect();
    lines.extend(one_is_enough(&ways, reached));
    let Some(answers) = answers else { return lines };

    // The clock, by the server's signed answer.
    let time = ServerTime::new(clock);
    let nonce = random_bytes(rng);
    let signed = match UnverifiedLink::new(answers.clone()) {
        Ok(link) => link.through(config.proxy.clone()).time(&nonce).await,
        Err(error) => Err(error),
    };
    match signed.map(|signed| message::open_time(&signed, &trust, &nonce)) {
        Ok(Ok(answer)) => {
            time.learn(answer.time);
            let skew_s = time.skew().unwrap_or_default().as_secs();
            let detail = format!("this host's clock and the server's are {skew_s} s apart");
            lines.push(line("clock", skew_s <= SKEW_WARNING_S, detail));
        }
        Ok(Err(error)) => lines.push(line("clock", false, format!("the server's time: {error}"))),
        Err(error) => lines.push(line("clock", false, error.to_string())),
    }

    let mut tls_lines = Vec::new();
    for (way, _) in ways.all().iter().zip(went_through).filter(|(_, answers)| *answers) {
        tls_lines.push(match tls(way, config.proxy.clone(), time.clone()).await {
            Ok(()) => line("tls", true, tls_is_right(way)),
            Err(error) => line("tls", false, error.to_string()),
        });
    }
    lines.extend(one_is_enough(&ways, tls_lines));
    lines.push(match state.certificate() {
        Ok(Some(certificate)) => {
            line("certificate", true, format!("valid until {}", certificate.not_after))
        }
        Ok(None) => {
            line("certificate", false, "none yet: an administrator must approve this device")
        }
        Err(error) => line("certificate", false, error.to_string()),
    });
    lines
}

fn tls_is_right(way: &Way) -> String {
    match way.kind {
        Kind::Direct => "the server's certificate is one of this site".to_owned(),
        Kind::Gateway => {
            format!("the certificate of the gateway {} is as the site says", way.endpoint)
        }
    }
}

/// Of several ways one is enough: what does not work over the others is said,
/// and is nothing to mend here. Which way works need not be the same from every
/// network.
fn one_is_enough(ways: &Ways, lines: Vec<Line>) -> Vec<Line> {
    if ways.all().len() == 1 || !lines.iter().any(|line| line.ok) {
        return lines;
    }
    let passed_over = |line: Line| {
        let detail = if line.ok {
            line.detail
        } else {
            format!("{}; not needed while another way works", line.detail)
        };
        Line { ok: true, detail, ..line }
    };
    lines.into_iter().map(passed_over).collect()
}

/// TLS as the loop will check it.
///
/// # Errors
/// What is wrong with the certificate at the other end, or that nobody answers.
pub async fn tls(way: &Way, proxy: Option<Proxy>, time: ServerTime) -> Result<(), LinkError> {
    let mut link = Link::new(way.endpoint.clone(), &way.check, None, time)?.through(proxy);
    match link.call(RouteName::Bundle, &[&u32::MAX], Vec::new()).await {
        Ok(_) | Err(LinkError::Refused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Proxy, DNS and TCP, told apart.
async fn reach(server: &Endpoint, config: &Config) -> Line {
    let found = match UnverifiedLink::new(server.clone()) {
        Ok(link) => {
            let link = link.through(config.proxy.clone());
            link.bundle(u64::from(u32::MAX)).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    match found {
        Ok(()) | Err(LinkError::Refused { .. }) => {
            line("server", true, format!("{server} answers"))
        }
        Err(error @ LinkError::Proxy(_)) => line("proxy", false, error.to_string()),
        Err(error @ LinkError::Dns { .. }) => line("dns", false, error.to_string()),
        Err(error @ (LinkError::Tcp { .. } | LinkError::TimedOut(_))) => {
            line("tcp", false, error.to_string())
        }
        Err(error) => line("server", false, error.to_string()),
    }
}
