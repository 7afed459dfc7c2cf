//! The bench of the gateway works: its figures are taken elsewhere.

use std::process::Command;

use serde_json::Value;

use crate::run::{program, run};

#[test]
fn the_gateway_is_measured_beside_nginx_and_a_relay() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("figures.json");
    let bench = program("sekisho-bench-gateway");
    let mut command = Command::new(&bench);
    command.arg("--programs").arg(bench.parent().expect("a folder"));
    command.args(["gateway", "--quick", "--parked", "50", "--json"]).arg(&json);
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let text = std::fs::read(&json).expect("the figures were written");
    let figures: Value = serde_json::from_slice(&text).expect("JSON");
    let rows = figures["rows"].as_array().expect("rows");
    let names: Vec<_> = rows.iter().map(|row| row["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["sekisho", "nginx", "raw-relay", "nginx-without-tickets"]);
    let handshakes = |place: usize| rows[place]["cpu_s_per_1k_handshakes"].as_f64();
    assert!(handshakes(3).is_some_and(|figure| figure > 0.0), "{}", rows[3]);
    for row in &rows[..3] {
        for key in [
            "h1_rps",
            "h2_rps",
            "h1_cpu_s_per_100k",
            "h2_cpu_s_per_100k",
            "cpu_s_per_1k_handshakes",
            "handshakes_per_s",
            "handshake_p50_ms",
            "handshake_p99_ms",
            "p50_ms",
            "p99_ms",
        ] {
            assert!(row[key].as_f64().is_some_and(|figure| figure > 0.0), "{key} in {row}");
        }
        // Fifty connections may fit into memory that a process has already.
        for key in ["rss_per_idle_conn_bytes", "h2_rss_per_idle_conn_bytes"] {
            assert!(row[key].is_number(), "{key} in {row}");
        }
    }
    for key in ["h1_cpu_to_nginx", "h2_cpu_to_relay", "handshake_cpu_to_nginx"] {
        assert!(figures["ratios"][key].as_f64().is_some_and(|ratio| ratio > 0.0), "{figures}");
    }
    assert!(ran.stdout.contains("OpenSSL 3.0"), "whom the handshake row flatters");
}
