//! The worker threads: one runtime of one thread each, so that a connection
//! never moves and nothing is locked for long.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::{mpsc, watch};

use crate::hub::Hub;
use crate::plane::Ticket;
use crate::tasks::Tasks;
use crate::{link, passthrough, plane, private};

/// Connections that wait for their worker.
const WAITING: usize = 1024;

/// What a worker does.
pub(crate) enum Job {
    /// A connection of an agent.
    Agent(TcpStream, Ticket),
    /// A connection on the private listener.
    Private(TcpStream),
    /// TLS that passes through.
    PassThrough(TcpStream, Ticket),
}

/// The workers, from outside.
pub(crate) struct Workers {
    queues: Vec<mpsc::Sender<Job>>,
    loads: Vec<Arc<AtomicUsize>>,
}

/// All workers are too busy to take a job.
#[derive(Debug)]
pub(crate) struct Busy;

/// One more job of a worker; over when dropped.
#[derive(Debug)]
pub(crate) struct Load(Arc<AtomicUsize>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Workers {
    /// Starts as many as the hub says. They end when `stop` says so.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub(crate) fn start(
        hub: &Arc<Hub>,
        stop: &watch::Receiver<bool>,
    ) -> std::io::Result<(Self, Vec<thread::JoinHandle<()>>)> {
        let (mut queues, mut loads, mut threads) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..hub.workers {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (queue, jobs) = mpsc::channel(WAITING);
            let load = Arc::new(AtomicUsize::new(0));
            let work = run(hub.clone(), number, jobs, load.clone(), stop.clone());
            let name = format!("worker-{number}");
            let thread = thread::Builder::new().name(name).spawn(move || {
                runtime.block_on(work);
                // What it still holds is not waited for.
                runtime.shutdown_background();
            })?;
            queues.push(queue);
            loads.push(load);
            threads.push(thread);
        }
        Ok((Self { queues, loads }, threads))
    }

    /// Gives a job to the worker with the fewest.
    ///
    /// # Errors
    /// When its queue is full.
    pub(crate) fn give(&self, job: Job) -> Result<(), Busy> {
        let loads = self.loads.iter().enumerate();
        let least = loads.min_by_key(|(_, load)| load.load(Ordering::Relaxed));
        let (number, load) = least.ok_or(Busy)?;
        load.fetch_add(1, Ordering::Relaxed);
        self.queues[number].try_send(job).map_err(|_| {
            load.fetch_sub(1, Ordering::Relaxed);
            Busy
        })
    }
}

async fn run(
    hub: Arc<Hub>,
    number: usize,
    mut jobs: mpsc::Receiver<Job>,
    load: Arc<AtomicUsize>,
    mut stop: watch::Receiver<bool>,
) {
    let tasks = Tasks::of_this_worker();
    // In the classic direction the workers share the connections that are wanted.
    let share = usize::from(hub.connections()).div_ceil(hub.workers);
    for _ in 0..share {
        tasks.spawn(link::keep_dialled(hub.clone(), number, tasks.clone()));
    }
    loop {
        let job = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            job = jobs.recv() => job,
        };
        let Some(job) = job else { break };
        let load = Load(load.clone());
        let (hub, own) = (hub.clone(), tasks.clone());
        match job {
            Job::Agent(stream, mut ticket) => {
                ticket.load = Some(load);
                tasks.spawn(plane::serve(hub, number, own, stream, ticket));
            }
            Job::Private(stream) => tasks.spawn(async move {
                private::serve(hub, number, own, stream).await;
                drop(load);
            }),
            Job::PassThrough(stream, ticket) => tasks.spawn(async move {
                passthrough::serve(hub, number, stream, ticket).await;
                drop(load);
            }),
        }
    }
}
