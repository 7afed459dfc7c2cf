//! server and gateway of one major version of the link agree by the signed
//! table of routes, whichever of them is older.

use sekisho_wire::gateway::RouteLine;
use sekisho_wire::route::{Access, Method, RateClass};

use crate::support::{Wanted, World};

#[tokio::test]
async fn an_older_gateway_relays_what_a_newer_server_has_learnt_and_no_more_than_it_says() {
    let report = RouteLine {
        name: "report".to_owned(),
        method: Method::Post,
        path: "/agent/v2/report/{kind}".to_owned(),
        access: Access::Device,
        rate: RateClass::Device,
        max_body_bytes: 8,
        max_answer_bytes: 1024,
        timeout_s: 10,
        parks: false,
    };
    let (world, server) =
        World::with(Wanted::default(), |config| config.routes.push(report.clone())).await;
    let device = world.site.device();
    let call =
        async |path: &str, body: &[u8]| device.call(&world, "h2", "POST", path, body).await.status;
    assert_eq!(call("/agent/v2/report/disk", b"a report").await, 200);
    assert_eq!(server.seen().pop().expect("relayed").path, "/agent/v2/report/disk");
    assert_eq!(call("/agent/v2/report/disk", b"too long a report").await, 413);
    assert_eq!(call("/agent/v2/report", b"").await, 404);
    assert_eq!(call("/agent/v2/report/disk/1", b"").await, 404);
    let stranger = world.site.stranger();
    let refused = stranger.call(&world, "h2", "POST", "/agent/v2/report/disk", b"").await;
    assert_eq!(refused.status, 401);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_newer_gateway_does_not_relay_what_an_older_server_does_not_know() {
    let (world, server) = World::with(Wanted::default(), |config| {
        config.routes.retain(|route| route.name != "escrow");
    })
    .await;
    let device = world.site.device();
    let call = async |path: &str| device.call(&world, "h2", "POST", path, b"x").await.status;
    assert_eq!(call("/agent/v1/escrow").await, 404);
    assert_eq!(call("/agent/v1/fetch").await, 200);
    assert_eq!(server.seen().len(), 1);
    // Back on a newer server it is there again, without a restart.
    world.configure(&server, &world.site.config(2)).await;
    assert_eq!(call("/agent/v1/escrow").await, 200);
}
