//! How the gateway is, as Prometheus reads it (text format 0.0.4). What each number
//! means stands in `docs/en/gateway.md`.

use std::fmt::{Display, Write as _};

use sekisho_model::Timestamp;
use sekisho_wire::gateway::{GatewayStatus, Limits};

use crate::hub::Hub;
use crate::limits::shown;
use crate::status;

/// All metrics.
pub(crate) fn text(hub: &Hub) -> String {
    let links = hub.upstream.len() as u64;
    let limits = &hub.work().rules.limits;
    write(&status::status(hub), limits, hub.is_ready(), links, hub.contact().heard)
}

fn write(
    status: &GatewayStatus,
    limits: &Limits,
    ready: bool,
    links: u64,
    heard: Option<Timestamp>,
) -> String {
    let mut text = String::new();
    for (name, value, help) in [
        ("up", u64::from(ready), "Whether it relays."),
        ("links", links, "Connections of the link."),
        ("connections", status.connections, "Connections of agents."),
        ("parked", status.parked, "Parked waits."),
        ("relayed_in_flight", status.relayed_in_flight, "Calls in progress at the server."),
        ("relay_allowed", status.relay_allowed, "Calls that the second limiter allows."),
        ("pass_through", status.pass_through, "Streams that pass through."),
        ("memory_bytes", status.memory_bytes, "Memory in use."),
        ("memory_budget_bytes", limits.memory_bytes, "Memory that it may use."),
        ("bans", status.bans.len() as u64, "Bans in force."),
        ("problems", status.problems.len() as u64, "What does not go as it should."),
    ] {
        family(&mut text, name, "gauge", help, [("", value)]);
    }
    let heard = heard.map(seconds).map(|at| ("", at));
    let help = "When something was last heard of the server, in Unix time.";
    family(&mut text, "server_heard_timestamp_seconds", "gauge", help, heard);
    let certificate = status.certificate.as_ref();
    let not_after = certificate.map(|certificate| ("", seconds(certificate.not_after)));
    let help = "End of the public certificate, in Unix time.";
    family(&mut text, "certificate_not_after_timestamp_seconds", "gauge", help, not_after);
    let help = "Requests that the server answered.";
    family(&mut text, "relayed_total", "counter", help, [("", status.relayed)]);
    let help = "TLS handshakes ended well.";
    family(&mut text, "handshakes_total", "counter", help, [("", status.handshakes)]);
    // Names and reasons are words of ours: nothing in them is to be escaped.
    let limits: Vec<_> = (shown(limits).iter())
        .map(|limit| (format!("{{limit=\"{}\"}}", limit.name), limit.value()))
        .collect();
    family(&mut text, "limit", "gauge", "Limits in force.", limits);
    let refused = status.refused.iter();
    let refused = refused.map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), *count));
    family(&mut text, "refused_total", "counter", "Refusals.", refused);
    text
}

/// A metric with its samples: labels and value of each.
fn family<L: Display, V: Display>(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    samples: impl IntoIterator<Item = (L, V)>,
) {
    let _ = writeln!(text, "# HELP sekisho_gateway_{name} {help}");
    let _ = writeln!(text, "# TYPE sekisho_gateway_{name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "sekisho_gateway_{name}{labels} {value}");
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_wire::gateway::CertificateStatus;

    fn sample() -> GatewayStatus {
        GatewayStatus {
            refused: vec![("not_found".to_owned(), 3)],
            certificate: Some(CertificateStatus {
                names: vec![],
                imported: false,
                not_after: Timestamp::from_millis(1_800_000_000_500),
                key_sha256: [0; 32],
            }),
            ..GatewayStatus::default()
        }
    }

    #[test]
    fn limits_times_and_the_memory_budget_are_told() {
        let limits = Limits::default();
        let heard = Some(Timestamp::from_millis(1_700_000_000_999));
        let text = write(&sample(), &limits, true, 2, heard);
        for line in [
            "sekisho_gateway_up 1",
            "sekisho_gateway_memory_budget_bytes 1073741824",
            "sekisho_gateway_server_heard_timestamp_seconds 1700000000",
            "sekisho_gateway_certificate_not_after_timestamp_seconds 1800000000",
            "sekisho_gateway_limit{limit=\"connections\"} 20000",
            "sekisho_gateway_limit{limit=\"per_device_per_second\"} 2",
            "sekisho_gateway_refused_total{reason=\"not_found\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in:\n{text}");
        }
        let never = write(&GatewayStatus::default(), &limits, false, 0, None);
        assert!(!never.contains("\nsekisho_gateway_server_heard"), "never is no time:\n{never}");
        assert!(!never.contains("\nsekisho_gateway_certificate_not_after"), "{never}");
    }

    #[test]
    fn every_metric_and_limit_is_explained_in_both_languages() {
        let text = write(&sample(), &Limits::default(), true, 2, None);
        let help = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
        let metrics = help.filter_map(|line| line.split(' ').next());
        let all = shown(&Limits::default());
        let names: Vec<_> = metrics.chain(all.iter().map(|limit| limit.name)).collect();
        assert!(names.len() > 30, "{names:?}");
        for language in ["en", "ja"] {
            let path = format!("{}/../../docs/{language}/gateway.md", env!("CARGO_MANIFEST_DIR"));
            let page = std::fs::read_to_string(path).expect("the page");
            for name in &names {
                assert!(page.contains(&format!("`{name}`")), "{language}: no `{name}`");
            }
        }
    }
}
