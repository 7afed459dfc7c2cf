//! `GET /events`.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, header};
use sekisho_policy::Facts;
use sekisho_policy::action::WatchEvents;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa_axum::routes;

use super::feed::{Feed, Start, number_in};
use super::ring::After;
use crate::app::SharedApp;
use crate::http::{Authenticated, Problem, Query, Routes};

/// The endpoint.
pub fn routes() -> Routes {
    Routes::new().signed_in(routes!(watch_events))
}

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks a proxy not to gather what is sent.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where to go on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The last `id` that was received, for who cannot send `Last-Event-ID`
    /// (a page that opens a new `EventSource`); that header is taken first.
    after: Option<String>,
}

/// Watch what changes: a stream of server-sent events that carry a kind and at
/// most an id, for what the caller may see.
///
/// `event` is `accounts`, `resources`, `orders`, `devices`, `agents`,
/// `enrolment-keys`, `users`, `me`, `tokens`, `policies`, `groups`, `audit` or
/// `system`, and `data` is `{"id":"…"}` or, for several or none in particular,
/// `{}`: also to whom something is shared, or is not any more. `ready` comes
/// first; `reset` says that something was missed, or that the caller's role is
/// another one: read everything again; `session_ended` says goodbye. Who comes again with
/// `Last-Event-ID` gets what it missed. A comment comes every 15 seconds.
///
/// Only what this server's process has committed is told: look again by
/// yourself now and then.
#[utoipa::path(
    get, path = "/events", tag = "session",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The last `id` received"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 429, description = "`too_many_streams`: close one first"),
    ),
)]
async fn watch_events(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.decide(WatchEvents, Facts::nothing())?.into_row();
    let live = app.live.clone();
    let present =
        live.enter(caller.user.id).map_err(|full| Problem::TooManyStreams { limit: full.limit })?;
    let epoch = live.epoch(app.rng.as_ref());
    let state = live.listen();
    let header = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let (start, told) = match header.or(query.after.as_deref()) {
        None => (Start::New, live.newest()),
        Some(id) => match number_in(id, epoch) {
            Some(number) if matches!(live.after(number), After::Entries(_)) => {
                (Start::Resumed, number)
            }
            Some(_) | None => (Start::Reset, live.newest()),
        },
    };
    let beat = Instant::now() + super::feed::BEAT;
    let feed =
        Feed { app, caller, mine: None, epoch, told, state, beat, ended: false, _present: present };
    let greeting = feed.greeting(start);
    let stream = futures_util::stream::unfold((feed, Some(greeting)), async |(mut feed, first)| {
        let bytes = match first {
            Some(bytes) => bytes,
            None => feed.next().await?,
        };
        Some((Ok::<_, std::convert::Infallible>(bytes), (feed, None)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (X_ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(stream)).into_response())
}
