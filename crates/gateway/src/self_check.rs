//! A request of the gateway's own, through its own agent plane to the server and
//! back: what a process must be able to do before agents are its.
//!
//! The public listeners belong to another process at that time. So the request
//! comes in over a loopback connection that this process makes with itself, and
//! is handed to a thread like any other, with limits, TLS, guard and filter.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sekisho_link::{Bootstrap, Endpoint, UnverifiedLink};
use sekisho_model::rng::random_bytes;
use sekisho_seal::message;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::hub::Hub;
use crate::plane::Ticket;
use crate::worker::{Job, Workers};

/// Asks the server for its time, and checks its signature.
///
/// # Errors
/// Says what did not work.
pub(crate) fn run(hub: &Arc<Hub>, workers: &Workers, patience: Duration) -> Result<(), String> {
    // Who asks may have a runtime already.
    let asking = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let asked = timeout(patience, ask(hub, workers)).await;
            asked.map_err(|_| format!("no answer within {} s", patience.as_secs()))?
        })
    };
    thread::scope(|scope| scope.spawn(asking).join())
        .map_err(|_| "the request came to a sudden end".to_owned())?
}

async fn ask(hub: &Arc<Hub>, workers: &Workers) -> Result<(), String> {
    let trust = hub.paired().ok_or("the gateway is not paired")?.trust;
    let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|e| e.to_string())?;
    let port = own.local_addr().map_err(|error| error.to_string())?.port();
    let nonce: [u8; 16] = random_bytes(&*hub.rng);
    let endpoint = Endpoint { host: Ipv4Addr::LOCALHOST.to_string(), port };
    // The answer proves itself: it is signed and names the nonce.
    let link = UnverifiedLink::new(endpoint).map_err(|error| error.to_string())?;
    let (given, answer) = tokio::join!(give(hub, workers, own), link.time(&nonce));
    given?;
    let answer = answer.map_err(|error| error.to_string())?;
    message::open_time(&answer, &trust, &nonce).map(drop).map_err(|error| error.to_string())
}

async fn give(hub: &Arc<Hub>, workers: &Workers, own: TcpListener) -> Result<(), String> {
    let (stream, from) = own.accept().await.map_err(|error| error.to_string())?;
    let ticket = Ticket::take(hub, &hub.work(), from.ip()).ok_or("it is over its own limits")?;
    let stream = stream.into_std().map_err(|error| error.to_string())?;
    workers.give(Job::Comer(stream, ticket)).map_err(|_| "its workers are too busy".to_owned())
}
