//! Tasks with an owner.

use tokio::runtime::Handle;

/// The tasks of one thread. Its runtime, of one thread, owns them: they end with it.
#[derive(Clone, Debug)]
pub(crate) struct Tasks(Handle);

impl Tasks {
    /// Those of the thread that calls this.
    pub(crate) fn of_this_thread() -> Self {
        Self(Handle::current())
    }

    /// One more.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(task));
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        self.spawn(future);
    }
}
