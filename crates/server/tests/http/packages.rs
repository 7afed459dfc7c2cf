//! Packages of the agent (A-030…A-034): who downloads them, and links that
//! work without signing in.

use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::http::Peer;
use sekisho_server::packages;
use sekisho_store::Package;
use serde_json::{Value, json};
use tower::Service as _;

use crate::harness::{Client, TestServer};
use crate::objects::{audit_text, count, id};

/// A tarball as `cargo xtask dist` makes it, with a program of `filler`.
fn tarball(version: &str, filler: u8) -> Vec<u8> {
    let mut program = b"\x7fELF\x02\x01\x01".to_vec();
    program.resize(18, 0);
    program.extend(62u16.to_le_bytes());
    program.resize(5000, filler);
    let mut tar = tar::Builder::new(Vec::new());
    let mut entry = tar::Header::new_gnu();
    entry.set_mode(0o755);
    entry.set_size(program.len() as u64);
    let path = format!("sekisho-agent-{version}/usr/bin/sekisho-agent");
    tar.append_data(&mut entry, path, program.as_slice()).expect("packed");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gz.write_all(&tar.into_inner().expect("packed")).expect("packed");
    gz.finish().expect("packed")
}

async fn add(server: &TestServer, name: &str, bytes: &[u8]) -> anyhow::Result<(Package, bool)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(name);
    std::fs::write(&file, bytes)?;
    let app = &server.app;
    let dir = &app.config.data_dir;
    packages::add(&app.store, dir, &file, server.clock.as_ref(), &SystemRng).await
}

/// What somebody gets at a path: status, body and the name of the file.
async fn fetch(who: &Client, path: &str) -> (StatusCode, Vec<u8>, String) {
    let request = Request::get(format!("/api/v1{path}"))
        .header(header::HOST, "vault.example.jp:8443")
        .header("sec-fetch-site", "none")
        .extension(Peer("192.0.2.7:40000".parse().expect("an address")));
    let request = match &who.cookie {
        Some(cookie) => request
            .header(header::COOKIE, format!("{}={cookie}", sekisho_server::http::SESSION_COOKIE)),
        None => request,
    };
    let request = request.body(Body::empty()).expect("a request");
    let response = who.router.clone().call(request).await.expect("infallible");
    let name = response.headers().get(header::CONTENT_DISPOSITION);
    let name = name.map(|name| name.to_str().expect("text").to_owned()).unwrap_or_default();
    let status = response.status();
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let bytes = response.into_body().collect().await.expect("a body").to_bytes().to_vec();
    (status, bytes, name)
}

#[tokio::test]
async fn a_package_says_itself_what_it_is_and_is_downloaded_whole() {
    let server = TestServer::start().await;
    let bytes = tarball("0.4.0", 1);
    let (package, new) = add(&server, "whatever.bin", &bytes).await.expect("added");
    assert!(new);
    assert_eq!(package.file, "sekisho-agent_0.4.0_amd64.tar.gz");
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let shown = ann.get("/packages").await.expect(200)["items"][0].clone();
    assert_eq!(
        (&shown["version"], &shown["architecture"], &shown["format"], &shown["platform"]),
        (&json!("0.4.0"), &json!("amd64"), &json!("tar.gz"), &json!("linux"))
    );
    let digest = data_encoding::HEXLOWER.encode(&sekisho_seal::sha256(&bytes));
    assert_eq!((&shown["sha256"], &shown["bytes"]), (&json!(digest), &json!(bytes.len())));
    let path = format!("/packages/{}/download", id(&shown));
    let (status, got, name) = fetch(&ann, &path).await;
    assert_eq!((status, got == bytes), (StatusCode::OK, true));
    assert_eq!(name, "attachment; filename=\"sekisho-agent_0.4.0_amd64.tar.gz\"");

    // Whoever may not make keys gets no agent either.
    let eve = server.user("eve", Role::PasswordUser).await;
    eve.get("/packages").await.problem(403, "forbidden");
    assert_eq!(fetch(&eve, &path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(fetch(&server.anonymous(), &path).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn adding_is_repeatable_and_never_replaces() {
    let server = TestServer::start().await;
    let (first, _) = add(&server, "a", &tarball("1.0.0", 1)).await.expect("added");
    let (again, new) = add(&server, "b", &tarball("1.0.0", 1)).await.expect("there");
    assert_eq!((again.id, new), (first.id, false));
    let other = add(&server, "c", &tarball("1.0.0", 2)).await.expect_err("other contents");
    assert!(other.to_string().contains("remove it first"), "{other:#}");
    let stranger = add(&server, "notes.txt", b"hello").await.expect_err("no package");
    assert!(format!("{stranger:#}").contains("no deb, rpm or tar.gz"), "{stranger:#}");
    // Its file was lost: the same package brings it back.
    let path = packages::path(&server.app.config.data_dir, &first);
    std::fs::remove_file(&path).expect("removed");
    let (_, new) = add(&server, "d", &tarball("1.0.0", 1)).await.expect("added");
    assert!(new && path.exists());
    assert_eq!(count(&server, 624).await, 1);

    let (store, dir) = (&server.app.store, &server.app.config.data_dir);
    let clock = server.clock.as_ref();
    packages::remove(store, dir, &first.file, clock, &SystemRng).await.expect("removed");
    assert!(!path.exists());
    let gone = packages::remove(store, dir, &first.file, clock, &SystemRng).await;
    assert!(gone.expect_err("gone").to_string().contains("packages list"));
    assert_eq!(count(&server, 625).await, 1);
    add(&server, "c", &tarball("1.0.0", 2)).await.expect("free again");
}

async fn share(who: &Client, package: &Value, body: Value) -> Value {
    who.post(&format!("/packages/{}/links", id(package)), body).await.expect(201)
}

#[tokio::test]
async fn a_link_leads_to_one_file_until_it_is_over_or_revoked() {
    let server = TestServer::start().await;
    let bytes = tarball("0.4.0", 1);
    add(&server, "a", &bytes).await.expect("added");
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let package = ann.get("/packages").await.expect(200)["items"][0].clone();
    let nobody = server.anonymous();
    let path = |link: &Value| {
        let path = link["path"].as_str().expect("a path").to_owned();
        path.strip_prefix("/api/v1").expect("below the API").to_owned()
    };
    let first = share(&ann, &package, json!({ "valid_for_s": 3600 })).await;
    let (status, got, name) = fetch(&nobody, &path(&first)).await;
    assert_eq!((status, got == bytes), (StatusCode::OK, true));
    assert!(name.contains("sekisho-agent_0.4.0_amd64.tar.gz"));
    // The text is shown once; the log and the list have no word of it.
    let text = path(&first);
    let secret = text.rsplit('/').next().expect("a text");
    assert!(!audit_text(&server).await.contains(secret));
    let links = ann.get("/package-links").await.expect(200);
    assert!(!links.to_string().contains(secret));
    assert_eq!(
        (&links["items"][0]["state"], &links["items"][0]["package"]["name"]),
        (&json!("active"), &json!("sekisho-agent_0.4.0_amd64.tar.gz"))
    );

    // Guessed, changed, over, revoked: all the same.
    let mut changed = path(&first);
    let at = changed.len() - 12;
    let other = if &changed[at..=at] == "0" { "1" } else { "0" };
    changed.replace_range(at..=at, other);
    for wrong in ["/shared-packages/x".to_owned(), changed] {
        assert_eq!(fetch(&nobody, &wrong).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
    let second = share(&ann, &package, json!({})).await;
    let revoke = format!("/package-links/{}", id(&second));
    let bob = server.user("bob", Role::Administrator).await;
    bob.delete(&revoke).await.problem(404, "not_found");
    ann.delete(&revoke).await.expect(204);
    ann.delete(&revoke).await.expect(204);
    assert_eq!(fetch(&nobody, &path(&second)).await.0, StatusCode::NOT_FOUND);
    let third = share(&ann, &package, json!({})).await;
    server.clock.advance(Duration::from_secs(3599));
    assert_eq!(fetch(&nobody, &path(&first)).await.0, StatusCode::OK);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(fetch(&nobody, &path(&first)).await.0, StatusCode::NOT_FOUND);
    assert_eq!((count(&server, 626).await, count(&server, 627).await), (3, 1));

    // A package that is taken down takes its links along.
    assert_eq!(fetch(&nobody, &path(&third)).await.0, StatusCode::OK);
    let (store, dir) = (&server.app.store, &server.app.config.data_dir);
    let file = "sekisho-agent_0.4.0_amd64.tar.gz";
    packages::remove(store, dir, file, server.clock.as_ref(), &SystemRng).await.expect("removed");
    assert_eq!(fetch(&nobody, &path(&third)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_works_for_seven_days_at_most() {
    let server = TestServer::start().await;
    add(&server, "a", &tarball("0.4.0", 1)).await.expect("added");
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let package = ann.get("/packages").await.expect(200)["items"][0].clone();
    let path = format!("/packages/{}/links", id(&package));
    for wrong in [59, 7 * 24 * 3600 + 1] {
        let refused = ann.post(&path, json!({ "valid_for_s": wrong })).await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "valid_for_s");
    }
    ann.post(&path, json!({ "valid_for_s": 7 * 24 * 3600 })).await.expect(201);
}
