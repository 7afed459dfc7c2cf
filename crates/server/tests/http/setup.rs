//! Set-up: the first administrator, once.

use serde_json::json;

use crate::harness::{PASSWORD, TestServer};

fn first(token: &str) -> serde_json::Value {
    json!({ "token": token, "name": "ann", "display_name": "Ann", "password": PASSWORD })
}

#[tokio::test]
async fn the_token_makes_one_administrator_and_no_second() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    assert_eq!(nobody.get("/system/public").await.expect(200)["setup_needed"], true);

    let forged = server.setup_token.replace(|c: char| c.is_ascii_digit(), "7");
    nobody.post("/setup", first(&forged)).await.problem(401, "unauthenticated");
    let mut weak = first(&server.setup_token);
    weak["password"] = json!("password1234");
    let refused = nobody.post("/setup", weak).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "password");

    let made = nobody.post("/setup", first(&server.setup_token)).await.expect(201);
    assert_eq!(made["role"], "administrator");
    nobody.post("/setup", first(&server.setup_token)).await.problem(409, "setup_done");
    nobody.post("/setup", first(&forged)).await.problem(409, "setup_done");
    assert_eq!(nobody.get("/system/public").await.expect(200)["setup_needed"], false);
    assert_eq!(server.event_codes().await, [200, 103]);
}

#[tokio::test]
async fn of_two_at_the_same_time_one_wins() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let (one, other) = tokio::join!(
        nobody.post("/setup", first(&server.setup_token)),
        nobody.post("/setup", first(&server.setup_token)),
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn init_refuses_to_run_twice() {
    let server = TestServer::start().await;
    let config = (*server.app.config).clone();
    let mut out = Vec::new();
    let rng = std::sync::Arc::new(sekisho_model::rng::SystemRng);
    let error =
        sekisho_server::init::init(&config, server.clock.clone(), rng, false, &mut out).await;
    let error = error.expect_err("a second init").to_string();
    assert!(error.contains("exists already") && error.contains("nothing was changed"), "{error}");
    assert!(out.is_empty());
}

#[tokio::test]
async fn an_init_that_could_not_show_its_keys_can_be_repeated() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let config = crate::harness::config(folder.path());
    let clock = std::sync::Arc::new(sekisho_model::clock::SystemClock);
    let rng = std::sync::Arc::new(sekisho_model::rng::SystemRng);
    let first =
        sekisho_server::init::init(&config, clock.clone(), rng.clone(), false, &mut Full).await;
    assert!(first.expect_err("nowhere to write").to_string().contains("no site was created"));
    let mut out = Vec::new();
    let second = sekisho_server::init::init(&config, clock, rng, false, &mut out).await;
    second.expect("the second finishes");
    assert!(String::from_utf8(out).expect("text").contains("sekisho-rk1-"));
}
