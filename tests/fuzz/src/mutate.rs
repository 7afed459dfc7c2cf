//! Changes to an input, from a seed.

use sekisho_model::Rng;
use sekisho_model::rng::uniform;

/// Longest input that is made, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Numbers at which parsers go wrong.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

/// Changes an input in one to four places; `other` is an input to take pieces
/// from.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &dyn Rng) {
    for _ in 0..=below(rng, 4) {
        once(input, other, rng);
    }
    input.truncate(MAX_BYTES);
}

fn once(input: &mut Vec<u8>, other: &[u8], rng: &dyn Rng) {
    let at = below(rng, input.len() + 1);
    match below(rng, 8) {
        0 if at < input.len() => input[at] ^= 1 << below(rng, 8),
        1 if at < input.len() => input[at] = byte(rng),
        2 => input.insert(at, byte(rng)),
        3 => input.truncate(at),
        4 => {
            let end = at + below(rng, input.len() - at + 1);
            input.drain(at..end);
        }
        5 => {
            let end = at + below(rng, (input.len() - at).min(256) + 1);
            let piece = input[at..end].to_vec();
            let to = below(rng, input.len() + 1);
            input.splice(to..to, piece);
        }
        6 => {
            let from = below(rng, other.len() + 1);
            let end = from + below(rng, (other.len() - from).min(256) + 1);
            input.splice(at..at, other[from..end].iter().copied());
        }
        _ => {
            let number = EDGES[below(rng, EDGES.len())].to_be_bytes();
            let width = [1, 2, 4, 8][below(rng, 4)];
            let end = (at + width).min(input.len());
            input.splice(at..end, number[8 - width..].iter().copied());
        }
    }
}

fn below(rng: &dyn Rng, bound: usize) -> usize {
    let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
    uniform(rng, bound) as usize
}

fn byte(rng: &dyn Rng) -> u8 {
    uniform(rng, 256).to_le_bytes()[0]
}
