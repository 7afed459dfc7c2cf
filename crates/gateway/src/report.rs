//! What `sekisho-gateway status` shows. No secret is in it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use sekisho_link::Endpoint;
use sekisho_model::Timestamp;
use sekisho_model::id::{GatewayId, SiteId};
use sekisho_wire::gateway::GatewayStatus;
use serde::{Deserialize, Serialize};

/// How a gateway that runs is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// The versions of the link it speaks.
    pub link_major: u16,
    /// Whom it belongs to; `None`: not paired.
    pub belongs: Option<Belongs>,
    /// How long a pairing string is good for still, in seconds.
    pub pairing_left_s: Option<u64>,
    /// Where it listens.
    pub listening: Listening,
    /// Connections of the link.
    pub links: u64,
    /// When something was last heard of the server; `None`: never since the start.
    #[serde(default)]
    pub server_heard: Option<Timestamp>,
    /// What was not there at the start and need not be.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What the data plane says, as `/getstatus` does.
    pub status: GatewayStatus,
}

/// Whom a gateway belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belongs {
    /// Its id.
    pub gateway: GatewayId,
    /// Its name at the site.
    pub name: String,
    /// The site.
    pub site: SiteId,
    /// When it was paired.
    pub paired_at: Timestamp,
    /// The newest trust bundle it holds.
    pub bundle_version: u64,
    /// The classic direction: where it dials.
    pub dial: Option<String>,
}

/// Where a gateway listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// For agents.
    pub agents: Vec<SocketAddr>,
    /// For the server.
    pub private: SocketAddr,
    /// For TLS that passes through, while the server says so.
    pub pass_through: Option<SocketAddr>,
    /// Whether it says so.
    #[serde(default)]
    pub passes_through: bool,
}

/// What firewalls must let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Who dials.
    pub from: &'static str,
    /// Who is dialled.
    pub to: &'static str,
    /// At which address and port. Of this machine: as it is set.
    pub address: String,
    /// The TCP port.
    pub port: u16,
    /// What for.
    pub purpose: &'static str,
}

impl Opening {
    fn here(from: &'static str, address: SocketAddr, purpose: &'static str) -> Self {
        let port = address.port();
        Self { from, to: "this machine", address: address.to_string(), port, purpose }
    }
}

/// `host:port` as `nc` takes it.
fn dialled(address: &str) -> String {
    match address.rsplit_once(':') {
        Some((host, port)) => format!("{} {port}", host.trim_matches(['[', ']'])),
        None => address.to_owned(),
    }
}

impl Report {
    /// Whether agents are served: the server is connected and said what is
    /// relayed.
    pub const fn is_well(&self) -> bool {
        self.links > 0 && self.status.config_version.is_some()
    }

    /// What firewalls must let through, as it is set and agreed at the moment.
    pub fn openings(&self) -> Vec<Opening> {
        let agents = self.listening.agents.iter();
        let mut openings: Vec<Opening> =
            agents.map(|address| Opening::here("internet", *address, "agents")).collect();
        if let Some(address) = self.listening.pass_through
            && self.listening.passes_through
        {
            openings.push(Opening::here("internet", address, "console and sessions"));
        }
        let private = self.listening.private;
        openings.push(match self.dial() {
            None => Opening::here("server", private, "link, pairing and status"),
            Some(dial) => Opening {
                from: "this machine",
                to: "server",
                address: dial.to_owned(),
                port: dial.parse().map_or(0, |Endpoint { port, .. }| port),
                purpose: "link",
            },
        });
        openings
    }

    /// The classic direction: where it dials its server.
    fn dial(&self) -> Option<&str> {
        self.belongs.as_ref()?.dial.as_deref()
    }

    /// What to look at when the server is not there.
    fn hints(&self) -> Vec<String> {
        if self.belongs.is_none() || self.is_well() {
            return Vec::new();
        }
        if self.links > 0 {
            let hint = "at the server: is it sealed, and does its page of gateways name a problem?";
            return vec![hint.to_owned()];
        }
        let since = match self.server_heard {
            Some(at) => format!("the server was last heard of at {at}"),
            None => {
                let up = duration(self.status.uptime_s);
                format!("the server has not been heard of since this process began, {up} ago")
            }
        };
        let private = self.listening.private;
        let reach = match self.dial() {
            Some(dial) => format!(
                "this machine must reach the server at {dial}; try it here: nc -vz {}",
                dialled(dial)
            ),
            None => format!(
                "the server must reach {private}, or what pairing.address names; try it there: \
                 nc -vz {} {}",
                private.ip(),
                private.port()
            ),
        };
        vec![
            since,
            reach,
            "at the server: does it run, and was this gateway revoked? Its page of gateways says \
             why the link does not stand"
                .to_owned(),
            "the clocks of both machines must agree within a minute (NTP)".to_owned(),
        ]
    }

    /// As JSON, with digests as hexadecimal digits.
    pub fn json(&self) -> serde_json::Value {
        let mut value = serde_json::json!(self);
        value["running"] = true.into();
        value["serving"] = self.is_well().into();
        value["openings"] = serde_json::json!(self.openings());
        if let Some(certificate) = &self.status.certificate {
            let digits = data_encoding::HEXLOWER.encode(&certificate.key_sha256);
            value["status"]["certificate"]["key_sha256"] = digits.into();
        }
        value
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, text: &str| {
            writeln!(out, "{name:13} {text}").expect("a string takes all text");
        };
        let status = &self.status;
        line("gateway", &self.gateway_line());
        if let Some(belongs) = &self.belongs {
            line("id", &belongs.gateway.to_string());
            line("site", &format!("{}, trust bundle {}", belongs.site, belongs.bundle_version));
        } else if let Some(left) = self.pairing_left_s {
            line("pairing", &format!("a string is open for {} more minutes", left.div_ceil(60)));
        }
        line(
            "process",
            &format!("{}, version {}, up {}", self.pid, self.version, duration(status.uptime_s)),
        );
        line("server", &self.server_line());
        let agents: Vec<String> = self.listening.agents.iter().map(ToString::to_string).collect();
        line(
            "agents",
            &format!(
                "{}: {}, {} waiting, {} relayed since the start",
                agents.join(", "),
                connections(status.connections),
                status.parked,
                status.relayed
            ),
        );
        if let Some(address) = self.listening.pass_through {
            line("pass-through", &format!("{address}: {} streams", status.pass_through));
        }
        line("private", &self.listening.private.to_string());
        line(
            "certificate",
            &match &status.certificate {
                Some(certificate) => format!(
                    "{} until {}, for {}",
                    if certificate.imported { "imported," } else { "of the site," },
                    certificate.not_after,
                    certificate.names.join(", ")
                ),
                None => "none; agents cannot connect yet".to_owned(),
            },
        );
        line("memory", &format!("{} MiB", status.memory_bytes / (1024 * 1024)));
        let refused: Vec<String> =
            status.refused.iter().map(|(why, times)| format!("{why} {times}")).collect();
        if !refused.is_empty() {
            line("refused", &refused.join(", "));
        }
        if !status.bans.is_empty() {
            line("bans", &format!("{} addresses", status.bans.len()));
        }
        for opening in self.openings() {
            let Opening { from, to, address, purpose, .. } = opening;
            line("firewall", &format!("{from} -> {to}, TCP {address}: {purpose}"));
        }
        for note in &self.notes {
            line("note", note);
        }
        for problem in &status.problems {
            line("problem", problem);
        }
        for hint in self.hints() {
            line("look at", &hint);
        }
        out
    }

    fn gateway_line(&self) -> String {
        match &self.belongs {
            Some(belongs) => belongs.name.clone(),
            None => "not paired; run 'sekisho-gateway pair'".to_owned(),
        }
    }

    fn server_line(&self) -> String {
        let how = match self.belongs.as_ref().map(|belongs| belongs.dial.as_deref()) {
            None => return "none".to_owned(),
            Some(None) => "it dials this gateway".to_owned(),
            Some(Some(dial)) => format!("this gateway dials {dial}"),
        };
        match (self.links, self.status.config_version) {
            (0, _) => format!("NOT connected ({how})"),
            (links, None) => format!("{} ({how}), but no configuration yet", connections(links)),
            (links, Some(version)) => {
                format!("{} ({how}), configuration {version}", connections(links))
            }
        }
    }
}

fn connections(count: u64) -> String {
    format!("{count} connection{}", if count == 1 { "" } else { "s" })
}

/// `3 d 4 h`: the two largest units.
fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(length, _)| seconds >= *length).unwrap_or(3);
    let mut rest = seconds;
    let parts: Vec<String> = units[first..]
        .iter()
        .take(2)
        .map(|(length, unit)| {
            let count = rest / length;
            rest %= length;
            format!("{count} {unit}")
        })
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            version: "0.1.0".to_owned(),
            pid: 42,
            link_major: 1,
            belongs: None,
            pairing_left_s: None,
            listening: Listening {
                agents: vec!["0.0.0.0:8383".parse().expect("an address")],
                private: "10.0.1.5:8363".parse().expect("an address"),
                pass_through: "0.0.0.0:8443".parse().ok(),
                passes_through: false,
            },
            links: 0,
            server_heard: None,
            notes: Vec::new(),
            status: GatewayStatus::default(),
        }
    }

    fn belongs(dial: Option<&str>) -> Belongs {
        let rng = sekisho_model::rng::SeededRng::new(1);
        Belongs {
            gateway: GatewayId::at(Timestamp::EPOCH, &rng),
            name: "dmz-1".to_owned(),
            site: SiteId::at(Timestamp::EPOCH, &rng),
            paired_at: Timestamp::EPOCH,
            bundle_version: 3,
            dial: dial.map(str::to_owned),
        }
    }

    /// The lines of this name.
    fn lines(report: &Report, name: &str) -> Vec<String> {
        let text = report.text();
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines.map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn an_address_is_dialled_as_nc_takes_it() {
        assert_eq!(dialled("vault.example.jp:8383"), "vault.example.jp 8383");
        assert_eq!(dialled("[2001:db8::1]:8383"), "2001:db8::1 8383");
    }

    #[test]
    fn what_firewalls_must_let_through_is_listed_with_who_and_why() {
        let mut report = report();
        let agents = "internet -> this machine, TCP 0.0.0.0:8383: agents";
        let private = "server -> this machine, TCP 10.0.1.5:8363: link, pairing and status";
        assert_eq!(lines(&report, "firewall"), [agents, private], "before it is paired");
        report.belongs = Some(belongs(None));
        report.listening.passes_through = true;
        let console = "internet -> this machine, TCP 0.0.0.0:8443: console and sessions";
        assert_eq!(lines(&report, "firewall"), [agents, console, private]);
        assert_eq!(report.json()["openings"][1]["port"], 8443);
        report.belongs = Some(belongs(Some("sekisho.example.jp:8383")));
        report.listening.passes_through = false;
        let out = "this machine -> server, TCP sekisho.example.jp:8383: link";
        assert_eq!(lines(&report, "firewall"), [agents, out]);
        assert_eq!(report.json()["openings"][1]["port"], 8383);
    }

    #[test]
    fn a_server_that_does_not_come_is_said_with_what_to_look_at() {
        let mut report = report();
        assert!(lines(&report, "look at").is_empty(), "pairing comes first");
        report.belongs = Some(belongs(None));
        report.status.uptime_s = 3_725;
        let text = lines(&report, "look at").join("\n");
        for part in [
            "not been heard of since this process began, 1 h 2 min ago",
            "the server must reach 10.0.1.5:8363",
            "nc -vz 10.0.1.5 8363",
            "revoked?",
            "NTP",
        ] {
            assert!(text.contains(part), "no {part} in: {text}");
        }
        report.server_heard = Some(Timestamp::from_millis(1_700_000_000_000));
        report.belongs = Some(belongs(Some("sekisho.example.jp:8383")));
        let text = lines(&report, "look at").join("\n");
        assert!(text.contains("last heard of at 2023-11-14T22:13:20"), "{text}");
        assert!(text.contains("try it here: nc -vz sekisho.example.jp 8383"), "{text}");
        report.links = 2;
        assert!(lines(&report, "look at")[0].contains("is it sealed"));
        report.status.config_version = Some(1);
        assert!(lines(&report, "look at").is_empty());
    }

    #[test]
    fn what_need_not_be_there_is_noted() {
        let mut report = report();
        report.notes = vec!["/etc/sekisho/gateway.toml is not there; defaults hold".to_owned()];
        assert_eq!(lines(&report, "note"), report.notes);
    }

    #[test]
    fn what_keeps_agents_out_is_said() {
        let mut report = report();
        assert!(!report.is_well());
        let text = report.text();
        assert!(text.contains("not paired; run 'sekisho-gateway pair'"), "{text}");
        assert!(text.contains("none; agents cannot connect yet"), "{text}");
        report.belongs = Some(belongs(None));
        assert!(report.text().contains("NOT connected (it dials this gateway)"));
        report.links = 4;
        assert!(report.text().contains("but no configuration yet") && !report.is_well());
        report.status.config_version = Some(7);
        assert!(report.text().contains("4 connections (it dials this gateway), configuration 7"));
        assert!(report.is_well());
        assert_eq!(report.json()["serving"], true);
    }

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 0 s"),
            (3_725, "1 h 2 min"),
            (200_000, "2 d 7 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
