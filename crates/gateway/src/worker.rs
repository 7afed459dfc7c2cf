//! The threads that serve connections: one runtime of one thread each, so that
//! nothing is locked for long.
//!
//! Whoever comes is received in the lobby: handshakes, and all that strangers do,
//! run on threads of a lower priority. A device that has
//! shown itself is led to a worker, where it stays. So agents at
//! work do not wait for those who knock, however many these are.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sekisho_wire::gateway::GatewayTopic;
use tokio::sync::{mpsc, watch};

use crate::hub::Hub;
use crate::plane::{Shaken, Ticket};
use crate::socket::Socket;
use crate::tasks::Tasks;
use crate::{link, passthrough, plane, private};

/// By so many levels the lobby is nicer than the workers. With a turn for others after
/// each step it still gets some hundredths of a core that others want all of.
const NICE: i32 = 5;

/// Connections that wait for their worker.
const WAITING: usize = 1024;

/// Listeners that are open and not answered, because another process of this
/// gateway answers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Those for agents.
    pub(crate) public: bool,
    /// That for the server.
    pub(crate) private: bool,
}

/// What a thread does.
pub(crate) enum Job {
    /// A public listener, once the data plane is open: for each thread of the lobby.
    Listen(TcpListener, watch::Receiver<Held>, watch::Receiver<bool>),
    /// Somebody who came otherwise: the lobby's.
    Comer(TcpStream, Ticket),
    /// A device that has shown itself, from the lobby.
    Device(Box<Shaken>),
    /// A connection on the private listener.
    Private(TcpStream),
    /// TLS that passes through.
    PassThrough(TcpStream, Ticket),
}

/// The threads, from outside.
pub(crate) struct Workers {
    workers: Arc<Pool>,
    lobby: Pool,
}

/// Threads of one kind, from outside.
#[derive(Default)]
pub(crate) struct Pool {
    queues: Vec<mpsc::Sender<Job>>,
    loads: Vec<Arc<AtomicUsize>>,
}

/// All threads are too busy to take a job.
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
    /// Starts the threads of both kinds, as many as the hub says.
    /// They end when `stop` says so.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub(crate) fn start(
        hub: &Arc<Hub>,
        stop: &watch::Receiver<bool>,
    ) -> std::io::Result<(Self, Vec<thread::JoinHandle<()>>)> {
        let mut threads = Vec::new();
        let mut workers = Pool::default();
        for number in 0..hub.workers {
            threads.push(workers.start(hub, number, stop, None)?);
        }
        let (workers, mut lobby) = (Arc::new(workers), Pool::default());
        for number in hub.workers..hub.threads() {
            threads.push(lobby.start(hub, number, stop, Some(workers.clone()))?);
        }
        Ok((Self { workers, lobby }, threads))
    }

    /// Has the lobby accept on this socket from the moment when it is not held any
    /// more until `stop` says so.
    ///
    /// # Errors
    /// When the system refuses to duplicate it.
    pub(crate) fn listen(
        &self,
        socket: &TcpListener,
        held: &watch::Receiver<Held>,
        stop: &watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        for place in 0..self.lobby.queues.len() {
            let socket = socket.try_clone()?;
            socket.set_nonblocking(true)?;
            // Its queue is empty: nobody has come yet.
            drop(self.lobby.give_to(place, Job::Listen(socket, held.clone(), stop.clone())));
        }
        Ok(())
    }

    /// Gives a job to the thread with the fewest of those it is for.
    ///
    /// # Errors
    /// When its queue is full.
    pub(crate) fn give(&self, job: Job) -> Result<(), Busy> {
        match job {
            Job::Listen(..) | Job::Comer(..) => self.lobby.give(job),
            Job::Device(_) | Job::Private(_) | Job::PassThrough(..) => self.workers.give(job),
        }
    }
}

impl Pool {
    /// One more thread; one of the lobby leads devices to `workers`.
    fn start(
        &mut self,
        hub: &Arc<Hub>,
        number: usize,
        stop: &watch::Receiver<bool>,
        workers: Option<Arc<Self>>,
    ) -> std::io::Result<thread::JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (queue, jobs) = mpsc::channel(WAITING);
        let load = Arc::new(AtomicUsize::new(0));
        let name = match workers {
            None => format!("worker-{number}"),
            Some(_) => format!("lobby-{}", number - hub.workers),
        };
        let thread = Thread { hub: hub.clone(), number, load: load.clone(), workers };
        let stop = stop.clone();
        let started = thread::Builder::new().name(name).spawn(move || {
            thread.give_way();
            runtime.block_on(thread.run(jobs, stop));
            // What it still holds is not waited for.
            runtime.shutdown_background();
        })?;
        self.queues.push(queue);
        self.loads.push(load);
        Ok(started)
    }

    /// Gives a job to the thread with the fewest.
    ///
    /// # Errors
    /// When its queue is full.
    pub(crate) fn give(&self, job: Job) -> Result<(), Busy> {
        let loads = self.loads.iter().enumerate();
        let least = loads.min_by_key(|(_, load)| load.load(Ordering::Relaxed));
        self.give_to(least.ok_or(Busy)?.0, job)
    }

    fn give_to(&self, place: usize, job: Job) -> Result<(), Busy> {
        let load = &self.loads[place];
        load.fetch_add(1, Ordering::Relaxed);
        self.queues[place].try_send(job).map_err(|_| {
            load.fetch_sub(1, Ordering::Relaxed);
            Busy
        })
    }
}

/// A thread, as it runs.
struct Thread {
    hub: Arc<Hub>,
    number: usize,
    load: Arc<AtomicUsize>,
    /// Where devices go; `None`: this is a worker itself.
    workers: Option<Arc<Pool>>,
}

impl Thread {
    /// The lobby works beside the workers, and not in their place.
    fn give_way(&self) {
        if self.workers.is_some()
            && let Err(error) = sekisho_platform::process::give_way(NICE)
        {
            tracing::warn!(%error, "handshakes have the same priority as agents at work");
        }
    }

    async fn run(self, mut jobs: mpsc::Receiver<Job>, mut stop: watch::Receiver<bool>) {
        let (hub, number, tasks) = (&self.hub, self.number, Tasks::of_this_thread());
        if self.workers.is_none() {
            // In the classic direction the workers share the connections that are wanted.
            let share = usize::from(hub.connections()).div_ceil(hub.workers);
            for _ in 0..share {
                tasks.spawn(link::keep_dialled(hub.clone(), number, tasks.clone()));
            }
        }
        loop {
            let job = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                job = jobs.recv() => job,
            };
            let Some(job) = job else { break };
            let load = Load(self.load.clone());
            let (hub, own) = (hub.clone(), tasks.clone());
            let workers = self.workers.clone();
            match job {
                Job::Listen(socket, mut held, stop) => tasks.spawn(async move {
                    let listener = match tokio::net::TcpListener::from_std(socket) {
                        Ok(listener) => listener,
                        Err(error) => {
                            let sentence = format!("a listener does not work: {error}");
                            return hub.problem(GatewayTopic::Listener, Some(sentence));
                        }
                    };
                    if held.wait_for(|held| !held.public).await.is_err() {
                        return;
                    }
                    let receive = |stream, ticket| {
                        let (hub, workers, socket) =
                            (hub.clone(), workers.clone(), Socket::new(stream));
                        let receiving =
                            plane::receive(hub, number, own.clone(), workers, socket, ticket);
                        own.spawn(receiving);
                        Ok(())
                    };
                    plane::accept(&hub, number, listener, stop, receive).await;
                }),
                Job::Comer(stream, ticket) => {
                    let Ok(stream) = tokio::net::TcpStream::from_std(stream) else { continue };
                    let socket = Socket::new(stream);
                    tasks.spawn(plane::receive(hub, number, own, workers, socket, ticket));
                }
                Job::Device(mut shaken) => {
                    shaken.ticket.load = Some(load);
                    tasks.spawn(plane::serve(hub, number, own, *shaken));
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
}
