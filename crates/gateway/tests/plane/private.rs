//! The private listener: status for people and machines, and the pairing.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use crate::support::{NAME, PATIENCE, Wanted, Who, World, private_client, until};

/// An answer's head and body.
async fn ask(world: &World, request: &str) -> (String, String) {
    let stream = tokio::net::TcpStream::connect(world.private).await.expect("open");
    let name = NAME.try_into().expect("a name");
    let connector = TlsConnector::from(Arc::new(private_client()));
    let mut stream = connector.connect(name, stream).await.expect("TLS");
    stream.write_all(request.as_bytes()).await.expect("open");
    let mut text = String::new();
    let reading = stream.read_to_string(&mut text);
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("in time");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    (head.to_owned(), body.to_owned())
}

fn get(path: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: gw\r\naccept: {accept}\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn status_is_told_to_people_and_machines_and_holds_no_secret() {
    let (world, _server) = World::new().await;
    world.site.stranger().call(&world, "h2", "GET", "/x", b"").await;
    until("it is counted", || world.refused("not_found") == 1).await;
    let (head, html) = ask(&world, &get("/getstatus", "text/html")).await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/html"), "{head}");
    assert!(html.contains("Relays what the server allows") && html.contains("not_found"), "{html}");
    for request in [get("/getstatus.json", "*/*"), get("/getstatus", "application/json")] {
        let (head, json) = ask(&world, &request).await;
        assert!(head.contains("application/json"), "{head}");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["ready"], &json["compatible"]), (&true.into(), &true.into()));
        assert_eq!(json["links"], 2);
        assert_eq!(json["status"]["config_version"], 1);
        assert_eq!(json["limits"]["connections_per_address"], 64);
        assert_eq!(json["gateway"], world.site.gateway.to_string());
        let key = json["status"]["certificate"]["key_sha256"].as_str().expect("digits");
        assert_eq!(key.len(), 64);
    }
    let (_, text) = ask(&world, &get("/metrics", "*/*")).await;
    assert!(text.contains("sekisho_gateway_up 1\n"), "{text}");
    assert!(text.contains("sekisho_gateway_refused_total{reason=\"not_found\"} 1\n"), "{text}");
    let (head, _) = ask(&world, &get("/getstatus/x", "*/*")).await;
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

#[tokio::test]
async fn people_and_machines_are_told_every_limit_as_it_is_in_force() {
    let (world, _server) = World::with(Wanted::default(), |config| {
        config.limits.enrolment_in_flight = 31;
        // More than any machine of today has.
        config.limits.memory_bytes = 1 << 60;
    })
    .await;
    let page = world.gateway.page();
    assert!(page.limits.memory_bytes < 1 << 60, "{}", page.limits.memory_bytes);
    let said = "MiB of memory instead of 1099511627776 MiB";
    assert!(page.status.problems.iter().any(|problem| problem.contains(said)), "{page:?}");
    let (_, html) = ask(&world, &get("/getstatus", "text/html")).await;
    for limit in sekisho_gateway::limits::shown(&page.limits) {
        let row = format!("<th>{}</th><td>{}</td>", limit.meaning, limit.value());
        assert!(html.contains(&row), "no {row} in {html}");
    }
    let (_, text) = ask(&world, &get("/metrics", "*/*")).await;
    let budget = page.limits.memory_bytes;
    for line in [
        format!("sekisho_gateway_memory_budget_bytes {budget}"),
        format!("sekisho_gateway_limit{{limit=\"memory_bytes\"}} {budget}"),
        "sekisho_gateway_limit{limit=\"enrolment_in_flight\"} 31".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in {text}");
    }
    for start in ["server_heard_timestamp_seconds ", "certificate_not_after_timestamp_seconds "] {
        assert!(text.contains(&format!("\nsekisho_gateway_{start}")), "no {start} in {text}");
    }
}

#[tokio::test]
async fn what_was_not_there_at_the_start_is_noted() {
    let note = "/etc/sekisho/gateway.toml is not there; defaults hold";
    let world = World::alone(Wanted { notes: vec![note.to_owned()], ..Wanted::default() });
    let (_, json) = ask(&world, &get("/getstatus.json", "*/*")).await;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["notes"], serde_json::json!([note]));
    assert_eq!(json["compatible"], serde_json::Value::Null);
    let (_, html) = ask(&world, &get("/getstatus", "text/html")).await;
    assert!(html.contains(note), "{html}");
}

#[tokio::test]
async fn unpaired_it_answers_for_its_pairing_and_says_what_to_do() {
    let world = World::alone(Wanted { paired: false, ..Wanted::default() });
    let pairing = "POST /gateway/v1/pairing HTTP/1.1\r\nhost: gw\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
    assert_eq!(ask(&world, pairing).await.1, "POST hello");
    let (_, html) = ask(&world, &get("/getstatus", "text/html")).await;
    assert!(html.contains("sekisho-gateway pair"), "{html}");
    let linked = crate::support::connect(&world.site, &world, Who::Server).await;
    assert!(linked.is_err(), "there is no site whose server could dial");
    // Once paired, the server is let in; unpaired again, it is let go.
    let paired = sekisho_gateway::Paired {
        gateway: world.site.gateway,
        trust: world.site.trust(),
        classic: None,
    };
    world.gateway.pair(paired).expect("paired");
    let server = crate::support::Server::dial(&world, 1).await;
    world.configure(&server, &world.site.config(1)).await;
    world.gateway.unpair().expect("unpaired");
    until("the links are gone", || world.gateway.page().links == 0).await;
    assert_eq!(world.gateway.status().config_version, None);
    assert!(crate::support::connect(&world.site, &world, Who::Server).await.is_err());
    // Paired anew, it speaks with its server anew, and not over what it had.
    let paired = sekisho_gateway::Paired {
        gateway: world.site.gateway,
        trust: world.site.trust(),
        classic: None,
    };
    world.gateway.pair(paired).expect("paired");
    let server = crate::support::Server::dial(&world, 1).await;
    world.configure(&server, &world.site.config(1)).await;
}
