//! The limits in force, for people and for machines.

use sekisho_wire::gateway::{Limits, Rate};

/// One number of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name in metrics, with its unit where it has one.
    pub name: &'static str,
    /// What it bounds.
    pub meaning: &'static str,
    /// In thousandths of its unit.
    pub thousandths: u64,
}

impl Shown {
    /// As metrics and people write it.
    pub fn value(&self) -> String {
        match self.thousandths % 1000 {
            0 => (self.thousandths / 1000).to_string(),
            rest => {
                let decimals = format!("{rest:03}");
                format!("{}.{}", self.thousandths / 1000, decimals.trim_end_matches('0'))
            }
        }
    }
}

/// All of them.
pub fn shown(limits: &Limits) -> Vec<Shown> {
    // Without `..`: a new limit is shown, too.
    let &Limits {
        dry_run,
        connections,
        connections_per_address,
        connections_per_device,
        handshakes,
        handshakes_per_address,
        handshakes_in_flight,
        enrolment_per_address,
        enrolment,
        enrolment_in_flight,
        per_device,
        relayed_in_flight,
        ban_after,
        ban_s,
        memory_bytes,
        pass_through,
    } = limits;
    let number = |name, meaning, value: u64| {
        [Some(Shown { name, meaning, thousandths: value.saturating_mul(1000) }), None]
    };
    let count = |name, meaning, value: u32| number(name, meaning, u64::from(value));
    let rate = |[per_second, burst]: [(&'static str, &'static str); 2], rate: Rate| {
        let thousandths = rate.per_1000_s;
        [
            Some(Shown { name: per_second.0, meaning: per_second.1, thousandths }),
            Some(Shown {
                name: burst.0,
                meaning: burst.1,
                thousandths: u64::from(rate.burst) * 1000,
            }),
        ]
    };
    [
        count("dry_run", "1: limits only count and report", u32::from(dry_run)),
        count("connections", "Connections of all", connections),
        count(
            "connections_per_address",
            "Connections of one address without an approved certificate",
            connections_per_address,
        ),
        count("connections_per_device", "Connections of one device", connections_per_device),
        rate(
            [
                ("handshakes_per_second", "TLS handshakes of all, a second"),
                ("handshakes_burst", "TLS handshakes of all, at once"),
            ],
            handshakes,
        ),
        rate(
            [
                ("handshakes_per_address_per_second", "TLS handshakes of one address, a second"),
                ("handshakes_per_address_burst", "TLS handshakes of one address, at once"),
            ],
            handshakes_per_address,
        ),
        count("handshakes_in_flight", "TLS handshakes begun and not ended", handshakes_in_flight),
        rate(
            [
                ("enrolment_per_address_per_second", "Enrolment calls of one address, a second"),
                ("enrolment_per_address_burst", "Enrolment calls of one address, at once"),
            ],
            enrolment_per_address,
        ),
        rate(
            [
                ("enrolment_per_second", "Enrolment calls of all, a second"),
                ("enrolment_burst", "Enrolment calls of all, at once"),
            ],
            enrolment,
        ),
        count("enrolment_in_flight", "Enrolment calls in progress", enrolment_in_flight),
        rate(
            [
                ("per_device_per_second", "Calls of one device, a second"),
                ("per_device_burst", "Calls of one device, at once"),
            ],
            per_device,
        ),
        count("relayed_in_flight", "Calls in progress at the server", relayed_in_flight),
        count("ban_after", "Refusals in a minute until a ban; 0: never", ban_after),
        count("ban_seconds", "Length of a ban, in seconds", ban_s),
        number("memory_bytes", "Memory, in bytes", memory_bytes),
        count("pass_through", "Streams that pass through", pass_through),
    ]
    .into_iter()
    .flatten()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_shown_once_with_its_number() {
        let limits = Limits {
            per_device: Rate { per_1000_s: 1050, burst: 20 },
            enrolment: Rate { per_1000_s: 200, burst: 100 },
            ..Limits::default()
        };
        let all = shown(&limits);
        let value = |name| all.iter().find(|limit| limit.name == name).expect(name).value();
        assert_eq!(value("connections"), "20000");
        assert_eq!(value("per_device_per_second"), "1.05");
        assert_eq!(value("enrolment_per_second"), "0.2");
        assert_eq!(value("enrolment_burst"), "100");
        assert_eq!(value("memory_bytes"), "1073741824");
        assert_eq!(value("dry_run"), "0");
        let mut names: Vec<_> = all.iter().map(|limit| limit.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }
}
