//! How the gateway is: for the server, for people and for machines.
//! Nothing in it is secret.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use sekisho_model::Timestamp;
use sekisho_model::id::GatewayId;
use sekisho_wire::gateway::{GatewayStatus, LINK_MAJOR, Limits};
use serde::Serialize;

use crate::hub::Hub;
use crate::limits::shown;

/// Bans that are told, at most.
const BANS: usize = 1000;

/// What the server is told.
pub(crate) fn status(hub: &Hub) -> GatewayStatus {
    let (work, now) = (hub.work(), hub.now());
    let mut bans = hub.admission.bans(&work.rules, now);
    bans.truncate(BANS);
    let (topics, problems) = hub.problems().into_iter().unzip();
    GatewayStatus {
        config_version: work.snapshot.as_ref().map(|snapshot| snapshot.config.version),
        config_hash: work.snapshot.as_ref().map(|snapshot| snapshot.hash.clone()),
        uptime_s: hub.epoch.elapsed().as_secs(),
        connections: hub.registry.count() as u64,
        parked: hub.parked.count() as u64,
        relayed_in_flight: u64::from(hub.relay.in_flight()),
        relay_allowed: u64::from(hub.relay.allowed(work.rules.limits.relayed_in_flight)),
        pass_through: hub.counters.pass_through.load(Ordering::Relaxed) as u64,
        memory_bytes: hub.memory_bytes.load(Ordering::Relaxed),
        relayed: hub.counters.relayed.load(Ordering::Relaxed),
        handshakes: hub.counters.handshakes.load(Ordering::Relaxed),
        refused: hub.refusals.counts(),
        last_refusals: hub.refusals.last(),
        bans,
        certificate: hub.certificate(),
        names: hub.names(),
        listeners: Some(hub.listeners.clone()),
        problems,
        topics,
    }
}

/// What `/getstatus` says: the status, and what the server knows by itself.
#[derive(Clone, Debug, Serialize)]
pub struct StatusPage {
    /// This program's version.
    pub version: String,
    /// The major version of the link it speaks.
    pub link_major: u16,
    /// Who it is at its site; `None`: not paired.
    pub gateway: Option<GatewayId>,
    /// Connections of the link.
    pub links: usize,
    /// Connections for calls beside them.
    pub calls: usize,
    /// Since when the control stream stands.
    pub in_contact_since: Option<String>,
    /// When something was last heard of the server.
    pub last_heard: Option<String>,
    /// The version of the server that signed the configuration.
    pub server_version: Option<String>,
    /// Whether both work by one version: `false` when the configuration that the
    /// server sent asks for what this gateway cannot do, which `problems` names;
    /// `null` while it has sent none.
    pub compatible: Option<bool>,
    /// Whether it relays.
    pub ready: bool,
    /// The limits in force: as configured, or lower where this machine cannot keep
    /// them.
    pub limits: Limits,
    /// What was not there at the start and need not be.
    pub notes: Vec<String>,
    /// The rest.
    pub status: GatewayStatus,
}

impl StatusPage {
    /// How it is now.
    pub(crate) fn of(hub: &Hub) -> Self {
        let (work, contact) = (hub.work(), hub.contact());
        let text = |at: Timestamp| at.to_string();
        Self {
            version: hub.version.clone(),
            link_major: LINK_MAJOR,
            gateway: hub.paired().map(|paired| paired.gateway),
            links: hub.upstream.len(),
            calls: hub.upstream.calls(),
            in_contact_since: contact.since.map(text),
            last_heard: contact.heard.map(text),
            server_version: work.snapshot.as_ref().map(|s| s.config.server_version.clone()),
            compatible: hub.is_compatible(),
            ready: hub.is_ready(),
            limits: work.rules.limits.clone(),
            notes: hub.notes.clone(),
            status: status(hub),
        }
    }

    /// For machines. Instants are milliseconds since 1970 in what comes from the
    /// wire, the certificate's key is in hexadecimal digits.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(self).expect("nothing in it that JSON cannot say");
        if let Some(certificate) = &self.status.certificate {
            let key = data_encoding::HEXLOWER.encode(&certificate.key_sha256);
            value["status"]["certificate"]["key_sha256"] = key.into();
        }
        let mut text = serde_json::to_string_pretty(&value).expect("a value is JSON");
        text.push('\n');
        text
    }

    /// For people.
    pub fn to_html(&self) -> String {
        let status = &self.status;
        let mut html = String::from(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>Sekisho gateway</title><style>\
             body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;\
             color-scheme:light dark}table{border-collapse:collapse;width:100%}\
             th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}\
             th{font-weight:600;width:16rem}</style><h1>Sekisho gateway</h1>",
        );
        let state = match (self.gateway.is_some(), self.ready) {
            (false, _) => "Not paired. Run `sekisho-gateway pair` and give the text to the server.",
            (true, true) => "Relays what the server allows.",
            (true, false) => "Waits for its server. Nothing is relayed.",
        };
        let _ = write!(html, "<p><strong>{}</strong></p>", escaped(state));
        if !status.problems.is_empty() {
            html.push_str("<h2>To look at</h2><ul>");
            for problem in &status.problems {
                let _ = write!(html, "<li>{}</li>", escaped(problem));
            }
            html.push_str("</ul>");
        }
        for note in &self.notes {
            let _ = write!(html, "<p>Note: {}</p>", escaped(note));
        }
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let rows = [
            ("Version", self.version.clone()),
            ("Gateway", or_none(self.gateway.map(|id| id.to_string()))),
            ("Server's version", or_none(self.server_version.clone())),
            (
                "Versions fit together",
                match self.compatible {
                    Some(true) => "yes",
                    Some(false) => "no; see above",
                    None => "not known: the server has sent no configuration",
                }
                .to_owned(),
            ),
            ("Connections of the link", self.links.to_string()),
            ("In contact since", or_none(self.in_contact_since.clone())),
            ("Server last heard of", or_none(self.last_heard.clone())),
            ("Configuration", or_none(status.config_version.map(|v| v.to_string()))),
            ("Configuration SHA-256", or_none(status.config_hash.clone())),
            ("Running for", format!("{} s", status.uptime_s)),
            (
                "Connections of agents",
                format!("{} of {}", status.connections, self.limits.connections),
            ),
            ("Parked waits", status.parked.to_string()),
            (
                "Calls at the server",
                format!(
                    "{} (allowed {}, at most {})",
                    status.relayed_in_flight, status.relay_allowed, self.limits.relayed_in_flight
                ),
            ),
            ("Streams that pass through", status.pass_through.to_string()),
            (
                "Memory",
                format!("{} of {} MiB", status.memory_bytes >> 20, self.limits.memory_bytes >> 20),
            ),
            ("Relayed since the start", status.relayed.to_string()),
            ("Handshakes since the start", status.handshakes.to_string()),
            (
                "Public certificate",
                or_none(status.certificate.as_ref().map(|certificate| {
                    format!("{}, until {}", certificate.names.join(", "), certificate.not_after)
                })),
            ),
        ];
        table(&mut html, "State", &rows.map(|(name, value)| (name.to_owned(), value)));
        let limits = shown(&self.limits);
        let limits = limits.iter().map(|limit| (limit.meaning.to_owned(), limit.value()));
        table(&mut html, "Limits in force", &limits.collect::<Vec<_>>());
        let refused =
            status.refused.iter().map(|(reason, count)| (reason.clone(), count.to_string()));
        let names = status.names.iter().map(|seen| {
            let found = seen.problem.clone().unwrap_or_else(|| seen.addresses.join(", "));
            (seen.name.clone(), found)
        });
        table(&mut html, "Public names, as resolved here", &names.collect::<Vec<_>>());
        table(&mut html, "Refused since the start", &refused.collect::<Vec<_>>());
        let bans = status
            .bans
            .iter()
            .map(|ban| (ban.address.clone(), format!("until {} ({})", ban.until, ban.reason)));
        table(&mut html, "Bans", &bans.collect::<Vec<_>>());
        let last = status.last_refusals.iter().rev().map(|refusal| {
            let device =
                refusal.device.map(|device| format!(", device {device}")).unwrap_or_default();
            let what =
                format!("{} ({}) {}{device}", refusal.reason, refusal.status, refusal.address);
            (refusal.at.to_string(), what)
        });
        table(&mut html, "Last refusals", &last.collect::<Vec<_>>());
        html.push_str("</html>\n");
        html
    }
}

fn table(html: &mut String, title: &str, rows: &[(String, String)]) {
    let _ = write!(html, "<h2>{}</h2>", escaped(title));
    if rows.is_empty() {
        html.push_str("<p>None.</p>");
        return;
    }
    html.push_str("<table>");
    for (name, value) in rows {
        let _ = write!(html, "<tr><th>{}</th><td>{}</td></tr>", escaped(name), escaped(value));
    }
    html.push_str("</table>");
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
