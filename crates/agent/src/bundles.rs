//! Catching up: agent and server may hold different ends of the chain of trust
//! bundles.
//!
//! An agent that was off for long does not know the keys of today; it reads the
//! chain, which proves itself. A server that was put back to an older copy lacks
//! bundles that its agents hold; they show them with the next Hello. In both
//! cases a Hello may fail first: it is sealed to a key that the server does not
//! have any more, or its answer is signed with one that the agent does not
//! know.

use sekisho_link::{LinkError, Transport};
use sekisho_seal::SealError;
use sekisho_seal::bundle::Trust;
use sekisho_wire::bundle::{BundleChain, MAX_CHAIN_BYTES};
use sekisho_wire::cbor;
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{HelloAnswer, MAX_OFFERED_BYTES};
use serde_bytes::ByteBuf;

use crate::session::SessionError;
use crate::state::{State, StateError};

/// Hellos in a row before the agent waits: one that fails, and one for each
/// portion of bundles that is taken over or shown.
const MAX_ROUNDS: u32 = 64;

/// Why an agent cannot catch up.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// The server was not reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The disk failed, or the chain is of another site or another history.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What to do after a Hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Its outcome counts.
    Done,
    /// Say Hello again, and carry these bundles along.
    Again(Vec<ByteBuf>),
}

/// Looks at each Hello's outcome in turn.
#[derive(Debug, Default)]
pub struct CatchUp {
    rounds: u32,
    /// The server's newest bundle when bundles were last shown to it.
    shown_after: Option<u64>,
}

impl CatchUp {
    /// What to do after a Hello that was answered. Newer bundles are taken over
    /// and stored first.
    ///
    /// # Errors
    /// When the disk fails or a bundle cannot be believed.
    pub fn answered(
        &mut self,
        answer: &HelloAnswer,
        state: &State,
        trust: &mut Trust,
    ) -> Result<Next, StateError> {
        state.advance(trust, &answer.bundles)?;
        self.show(answer.newest_bundle, state, trust)
    }

    /// What to do after a Hello that failed: if the two ends may not share
    /// keys, the server's chain is read.
    ///
    /// # Errors
    /// When the server is not reached, the disk fails or a bundle cannot be
    /// believed.
    pub async fn failed(
        &mut self,
        error: &SessionError,
        link: &mut impl Transport,
        state: &State,
        trust: &mut Trust,
    ) -> Result<Next, CatchUpError> {
        if !may_lack_keys(error) {
            return Ok(Next::Done);
        }
        let before = trust.bundle().version;
        let newest = read_chain(link, state, trust).await?;
        if trust.bundle().version > before {
            return Ok(self.again(Vec::new()));
        }
        Ok(self.show(newest, state, trust)?)
    }

    fn show(
        &mut self,
        server: Option<u64>,
        state: &State,
        trust: &Trust,
    ) -> Result<Next, StateError> {
        let Some(server) = server.filter(|server| *server < trust.bundle().version) else {
            return Ok(Next::Done);
        };
        // Shown before, and not taken over: again would help nobody.
        if self.shown_after.replace(server).is_some_and(|before| before >= server) {
            tracing::warn!(server, "the server does not take over the newer trust bundles");
            return Ok(Next::Done);
        }
        let some = portion(&state.bundles()?, server);
        tracing::warn!(server, shown = some.len(), "the server lacks trust bundles");
        Ok(self.again(some))
    }

    fn again(&mut self, bundles: Vec<ByteBuf>) -> Next {
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS { Next::Done } else { Next::Again(bundles) }
    }
}

/// Whether a call failed because the two ends may hold different keys.
pub fn may_lack_keys(error: &SessionError) -> bool {
    match error {
        SessionError::Forged(SealError::UnknownKey) => true,
        SessionError::Link(error) => error.refusal() == Some(ProblemCode::Unreadable),
        SessionError::Forged(_) | SessionError::NoReceiptKey | SessionError::Refused { .. } => {
            false
        }
    }
}

/// Reads the server's chain to its end, and stores what is new. Returns the
/// version of the server's newest bundle.
async fn read_chain(
    link: &mut impl Transport,
    state: &State,
    trust: &mut Trust,
) -> Result<Option<u64>, CatchUpError> {
    loop {
        let before = trust.bundle().version;
        let body = link.call(RouteName::Bundle, &[&before], Vec::new()).await?;
        let chain: BundleChain =
            cbor::decode(&body, MAX_CHAIN_BYTES).map_err(|_| LinkError::Strange { status: 200 })?;
        state.advance(trust, &chain.bundles)?;
        let version = trust.bundle().version;
        if version == before {
            return Ok(chain.newest);
        }
        tracing::info!(version, "newer trust bundle");
    }
}

/// The bundles after a version that one Hello carries.
fn portion(chain: &[ByteBuf], after: u64) -> Vec<ByteBuf> {
    let from = usize::try_from(after).unwrap_or(usize::MAX).min(chain.len());
    let mut left = MAX_OFFERED_BYTES;
    let fits = |bundle: &&ByteBuf| match left.checked_sub(bundle.len()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    chain[from..].iter().take_while(fits).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_carries_as_many_bundles_as_fit_and_no_gap() {
        let chain: Vec<ByteBuf> =
            [10, 20_000, 20_000, 20_000, 10].map(|len| ByteBuf::from(vec![0; len])).to_vec();
        let lens = |after| portion(&chain, after).iter().map(|it| it.len()).collect::<Vec<_>>();
        assert_eq!(lens(0), [10, 20_000, 20_000]);
        assert_eq!(lens(3), [20_000, 10]);
        assert_eq!(lens(5), [0; 0]);
        assert_eq!(lens(u64::MAX), [0; 0]);
    }
}
