//! What all answers have in common.

use axum::body::Body;
use http::{Method, Request, header};
use sekisho_model::user::Role;
use sekisho_server::http::MAX_BODY_BYTES;
use serde_json::json;

use crate::harness::TestServer;

#[tokio::test]
async fn every_answer_has_the_headers() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for path in ["/system/public", "/users", "/nowhere", "//healthz", "//"] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("strict-transport-security").is_some(), "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
    nobody.get("/nowhere").await.problem(404, "not_found");
    nobody.delete("/users").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn bodies_are_told_what_is_wrong_with_them() {
    let server = TestServer::start().await;
    let admin = server.user("ann", Role::Administrator).await;
    let refused = admin.post("/users", json!({ "names": "x" })).await.problem(400, "invalid_input");
    assert_eq!(refused["detail"], "'names' is not a known field; did you mean 'name'?");
    let refused = admin
        .post(
            "/users",
            json!({
                "name": "x", "display_name": "X", "password": "abcd efgh ijkl", "role": "admin",
            }),
        )
        .await
        .problem(400, "invalid_input");
    assert_eq!(refused["field"], "role");

    let cookie = format!("__Host-sekisho={}", admin.cookie.as_ref().expect("a cookie"));
    let post = |kind: &str, body: Body| {
        Request::builder()
            .method(Method::POST)
            .uri("/api/v1/users")
            .header(header::COOKIE, &cookie)
            .header("sec-fetch-site", "none")
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .expect("a request")
    };
    admin.raw(post("text/plain", Body::from("{}"))).await.problem(415, "unsupported_media_type");
    let refused = admin.raw(post("application/json", Body::from("{"))).await;
    refused.problem(400, "invalid_input");
    let long = Body::from("x".repeat(MAX_BODY_BYTES + 1));
    admin.raw(post("application/json", long)).await.problem(413, "too_large");
}

#[tokio::test]
async fn the_description_is_complete() {
    let document = serde_json::to_value(sekisho_server::http::openapi()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut ids = std::collections::BTreeSet::new();
    for route in sekisho_server::http::routes() {
        let operation = &document["paths"][&route.path][route.method.to_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert!(operation["tags"].is_array(), "{name} has no tag");
        let id = operation["operationId"].as_str().expect("an id").to_owned();
        assert!(ids.insert(id.clone()), "{id} is used twice");
        let responses = operation["responses"].as_object().expect("responses");
        // What a browser follows ends with the address of another page.
        assert!(responses.keys().any(|status| status.starts_with(['2', '3'])), "{name}");
        assert_eq!(responses.contains_key("401") && !route.open, !route.open, "{name}");
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let content = &response["content"]["application/problem+json"];
            assert!(content.is_object(), "{name} {status}");
        }
    }
}
