//! One stream: what one caller is told, as server-sent events.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use sekisho_model::share::Principal;
use sekisho_model::touch::Touched;
use sekisho_model::user::RoleRef;
use sekisho_store::{Access as _, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::ring::{After, Commit};
use super::see::{Kind, Known, Message};
use super::{Present, State};
use crate::app::SharedApp;
use crate::http::Authenticated;

/// How often something is sent at least, and the session is looked at.
pub(super) const BEAT: Duration = Duration::from_secs(15);

/// What happens within so long is told at once: a reset alone is several
/// commits.
const GATHER: Duration = Duration::from_millis(150);

/// More of one kind at once are told as *several*, without ids.
const MAX_IDS: usize = 64;

/// How long a browser waits before it comes again, in milliseconds.
const RETRY_MS: u32 = 3_000;

/// A stream and how far it has come.
pub(super) struct Feed {
    pub(super) app: SharedApp,
    pub(super) caller: Authenticated,
    /// Whom a share must be with to reach the caller; looked up when the first
    /// one is told of something shared, and again when it is another.
    pub(super) mine: Option<BTreeSet<Principal>>,
    pub(super) epoch: u64,
    /// The commits up to this one were told.
    pub(super) told: u64,
    pub(super) state: watch::Receiver<State>,
    pub(super) beat: Instant,
    pub(super) ended: bool,
    pub(super) _present: Present,
}

/// Where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The caller has seen nothing yet.
    New,
    /// The caller comes again and nothing is lost.
    Resumed,
    /// The caller comes again and must read everything.
    Reset,
}

/// Why a stream goes on.
enum Woken {
    News,
    Beat,
    Closed,
}

/// The id of a message: the process that gave it, and its number.
pub(super) fn event_id(epoch: u64, number: u64) -> String {
    format!("{epoch:016x}-{number}")
}

/// The number in an id, if this process gave it.
pub(super) fn number_in(id: &str, epoch: u64) -> Option<u64> {
    let (process, number) = id.split_once('-')?;
    let is_ours = u64::from_str_radix(process, 16).ok()? == epoch;
    is_ours.then(|| number.parse().ok()).flatten()
}

impl Feed {
    /// The first bytes.
    pub(super) fn greeting(&self, start: Start) -> Bytes {
        let id = event_id(self.epoch, self.told);
        let first = match start {
            Start::New => format!("id: {id}\nevent: ready\ndata: {{}}\n\n"),
            Start::Resumed => ": resumed\n\n".to_owned(),
            Start::Reset => format!("id: {id}\nevent: reset\ndata: {{}}\n\n"),
        };
        Bytes::from(format!("retry: {RETRY_MS}\n\n{first}"))
    }

    /// What comes next; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.ended {
                return None;
            }
            let told = self.told;
            let woken = tokio::select! {
                state = self.state.wait_for(|state| state.closed || state.newest > told) => {
                    if state.is_ok_and(|state| !state.closed) { Woken::News } else { Woken::Closed }
                }
                () = tokio::time::sleep_until(self.beat) => Woken::Beat,
            };
            match woken {
                Woken::Closed => return None,
                Woken::Beat => {
                    self.beat = Instant::now() + BEAT;
                    return self.look().await;
                }
                Woken::News => {}
            }
            let gathered = tokio::select! {
                _ = self.state.wait_for(|state| state.closed) => false,
                () = tokio::time::sleep(GATHER) => true,
            };
            if !gathered {
                return None;
            }
            if let Some(bytes) = self.tell().await {
                return Some(bytes);
            }
        }
    }

    /// Shows that the stream lives, and that the session does. The id moves
    /// the place from which a browser comes again.
    async fn look(&mut self) -> Option<Bytes> {
        let beat = || Bytes::from(format!(": \nid: {}\n\n", event_id(self.epoch, self.told)));
        match self.caller.look_again(&self.app).await {
            Ok(true) => Some(beat()),
            Ok(false) => Some(self.farewell()),
            // The browser comes again and is told what is the matter.
            Err(error) => {
                tracing::debug!(%error, "a stream ends: its session cannot be looked at");
                None
            }
        }
    }

    fn farewell(&mut self) -> Bytes {
        self.ended = true;
        Bytes::from_static(b"event: session_ended\ndata: {}\n\n")
    }

    async fn tell(&mut self) -> Option<Bytes> {
        let entries = match self.app.live.after(self.told) {
            After::Entries(entries) => entries,
            After::Gap => return Some(self.reset()),
        };
        let last = entries.last()?.number;
        // Whoever is signed out, or may no longer see it, is told nothing more.
        if concerns(&entries, &self.caller) || !self.caller.is_current(&self.app) {
            match self.caller.look_again(&self.app).await {
                Ok(true) => {}
                Ok(false) => return Some(self.farewell()),
                Err(error) => {
                    tracing::debug!(%error, "a stream ends: its session cannot be looked at");
                    self.ended = true;
                    return None;
                }
            }
        }
        // Another role shows other things everywhere.
        if has_other_rights(&entries, &self.caller) {
            self.told = last;
            return Some(self.anew());
        }
        if has_other_access(&entries, &self.caller) {
            self.mine = None;
        }
        match self.seen(&entries).await {
            Ok(seen) => {
                self.told = last;
                (!seen.is_empty()).then(|| self.written(&seen))
            }
            // What cannot be told apart is not told: only that something was.
            Err(error) => {
                tracing::debug!(%error, "a stream begins anew: owners cannot be looked up");
                self.told = last;
                Some(self.reset())
            }
        }
    }

    /// What of it the caller may know, each once.
    async fn seen(
        &mut self,
        entries: &[Arc<Commit>],
    ) -> Result<Vec<(Kind, Option<String>)>, StoreError> {
        let nobody = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut known = Known::new();
        for entry in entries {
            let (at, now) = (self.app.store.read(), self.app.clock.now());
            let messages = entry.messages(at, &mut known, now).await?;
            if self.mine.is_none() && messages.iter().any(Message::is_shared) {
                let principals = at.shares().principals(self.caller.user.id).await?;
                self.mine = Some(principals.into_iter().collect());
            }
            let (subject, mine) = (&self.caller.subject, self.mine.as_ref().unwrap_or(&nobody));
            let told = messages.iter().filter(|message| message.reaches(subject, mine));
            seen.extend(told.map(|message| (message.kind, message.id.clone())));
        }
        let mut told: Vec<(Kind, Option<String>)> = Vec::with_capacity(seen.len());
        for group in seen.iter().collect::<Vec<_>>().chunk_by(|a, b| a.0 == b.0) {
            match group {
                [(kind, _), ..] if group.len() > MAX_IDS => told.push((*kind, None)),
                _ => told.extend(group.iter().map(|one| (*one).clone())),
            }
        }
        Ok(told)
    }

    /// Only the last one has an id: who comes again after half of them gets
    /// all of them again.
    fn written(&self, seen: &[(Kind, Option<String>)]) -> Bytes {
        let mut text = String::new();
        for (at, (kind, id)) in seen.iter().enumerate() {
            if at + 1 == seen.len() {
                let _ = writeln!(text, "id: {}", event_id(self.epoch, self.told));
            }
            let data = match id {
                Some(id) => format!(r#"{{"id":"{id}"}}"#),
                None => "{}".to_owned(),
            };
            let _ = write!(text, "event: {}\ndata: {data}\n\n", kind.as_str());
        }
        Bytes::from(text)
    }

    fn reset(&mut self) -> Bytes {
        self.told = self.app.live.newest();
        self.anew()
    }

    fn anew(&self) -> Bytes {
        let id = event_id(self.epoch, self.told);
        Bytes::from(format!("id: {id}\nevent: reset\ndata: {{}}\n\n"))
    }
}

/// Whether the caller's own session, token or rights may be among it.
fn concerns(entries: &[Arc<Commit>], caller: &Authenticated) -> bool {
    let me = caller.user.id;
    let mine = [Touched::Own(me), Touched::Tokens(me), Touched::User(me)];
    // Whoever has a custom role may do something else once it is changed.
    touches(entries, |touched| mine.contains(touched) || matches!(touched, Touched::Role(_)))
}

/// Whether the caller may do something else than before.
fn has_other_rights(entries: &[Arc<Commit>], caller: &Authenticated) -> bool {
    let mine = Touched::Rights(caller.user.id);
    let of_role = match caller.user.role {
        RoleRef::Custom(role) => Some(Touched::RightsOf(role)),
        RoleRef::BuiltIn(_) => None,
    };
    touches(entries, |touched| *touched == mine || Some(*touched) == of_role)
}

/// Whether the caller may be in other user groups than before.
fn has_other_access(entries: &[Arc<Commit>], caller: &Authenticated) -> bool {
    let me = Touched::Access(Principal::User(caller.user.id));
    touches(entries, |touched| [me, Touched::AccessOfSome].contains(touched))
}

fn touches(entries: &[Arc<Commit>], about: impl Fn(&Touched) -> bool) -> bool {
    entries.iter().flat_map(|entry| &entry.touched).any(|(_, touched)| about(touched))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_process_is_not_ours() {
        let id = event_id(0xabc, 17);
        assert_eq!(number_in(&id, 0xabc), Some(17));
        assert_eq!(number_in(&id, 0xabd), None);
        for nonsense in ["", "-", "17", "abc-", "abc-x", "zz-1", "abc-17-1"] {
            assert_eq!(number_in(nonsense, 0xabc), None, "{nonsense}");
        }
    }
}
