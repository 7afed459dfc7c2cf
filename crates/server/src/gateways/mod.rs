//! Gateways: relays in front of the agent plane that hold nothing worth stealing.
//!
//! - [`pairing`]: a string that a person copies makes a gateway one of the site.
//! - [`dial`] keeps the connections of the link; whoever dialled, the gateway is
//!   the client on them. [`Links`] serves what comes over them: the agent plane,
//!   the control stream ([`control`]), and streams that pass through unopened.
//! - [`configure`] makes what a gateway works by.
//! - [`Gateways`] knows who is connected; nothing of it outlives the server.

mod change;
mod configure;
mod control;
mod dial;
mod links;
mod live;
mod names;
pub(crate) mod offices;
mod pairing;
mod pin;
mod routes;
mod settings;
mod view;

use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::RequestId;
use sekisho_store::OperationContext;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::Routes;

pub(crate) use dial::run as dial;
pub use links::Links;
pub use live::Gateways;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(routes::list_gateways))
        .with_secret(routes!(routes::pair_gateway))
        .with_secret(routes!(routes::check_pairing))
        .signed_in(routes!(routes::show_gateway, routes::change_gateway))
        .signed_in(routes!(routes::revoke_gateway))
        .signed_in(routes!(routes::lift_bans))
        .signed_in(routes!(names::check_names))
        .signed_in(routes!(settings::show_gateway_settings, settings::change_gateway_settings))
        .signed_in(routes!(offices::list_offices, offices::create_office))
        .signed_in(routes!(offices::show_office, offices::change_office, offices::delete_office))
        .with_secret(routes!(offices::make_install_line))
}

/// What the server does by itself.
fn by_itself(app: &App) -> OperationContext {
    let now = app.clock.now();
    let request = RequestId::at(now, app.rng.as_ref());
    OperationContext { actor: Actor::System, origin: Origin { request, address: None }, now }
}

/// Puts something on record that the server found out by itself.
async fn record(app: &App, event: Event) {
    let recorded = async {
        let mut work = app.store.begin(&by_itself(app)).await?;
        work.record(event);
        work.commit().await.map(drop)
    };
    if let Err(error) = recorded.await {
        tracing::warn!(%error, "what became of a gateway is not in the audit log");
    }
}
