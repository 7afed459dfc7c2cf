//! What an evil gateway makes of a message: other bytes, or other fields in a
//! message that can still be read.

use ciborium::Value;
use sekisho_model::Rng;
use sekisho_model::rng::{random_bytes, uniform};

/// Envelopes within envelopes, at most: a frame, what is in it, what is in that.
const DEPTH: u32 = 3;

/// Changes a message. `others` are messages that passed before: parts of them are
/// put in place of its own. Returns what was done, in a few words.
pub(super) fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &dyn Rng) -> &'static str {
    if below(rng, 5) < 3
        && let Some((changed, how)) = in_a_field(bytes, others, rng, DEPTH)
    {
        *bytes = changed;
        return how;
    }
    in_bytes(bytes, others, rng)
}

fn below(rng: &dyn Rng, bound: usize) -> usize {
    uniform(rng, u32::try_from(bound.max(1)).expect("small")) as usize
}

fn in_bytes(bytes: &mut Vec<u8>, others: &[Vec<u8>], rng: &dyn Rng) -> &'static str {
    if bytes.is_empty() {
        bytes.extend_from_slice(&random_bytes::<8>(rng));
        return "bytes where there were none";
    }
    let at = below(rng, bytes.len());
    match below(rng, 7) {
        0..=2 => {
            for _ in 0..=below(rng, 3) {
                let at = below(rng, bytes.len());
                bytes[at] ^= 1 << below(rng, 8);
            }
            "bits turned over"
        }
        3 => {
            bytes.truncate(at);
            "cut off"
        }
        4 => {
            bytes.extend_from_slice(&random_bytes::<5>(rng));
            "longer"
        }
        5 => match others.get(below(rng, others.len())) {
            Some(other) if other.len() > at => {
                bytes.truncate(at);
                bytes.extend_from_slice(&other[at..]);
                "the end of another message"
            }
            Some(_) | None => {
                bytes[at] = !bytes[at];
                "a byte turned over"
            }
        },
        _ => {
            let end = (at + 1 + below(rng, 16)).min(bytes.len());
            bytes[at..end].fill(0);
            "zeros"
        }
    }
}

/// Reads the message as a map and changes one field of it; or of the message
/// that is in a field.
fn in_a_field(
    bytes: &[u8],
    others: &[Vec<u8>],
    rng: &dyn Rng,
    depth: u32,
) -> Option<(Vec<u8>, &'static str)> {
    let mut value = read(bytes)?;
    let how = change(&mut value, others, rng, depth)?;
    let mut out = Vec::new();
    ciborium::into_writer(&value, &mut out).ok()?;
    Some((out, how))
}

fn read(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 32).ok()?;
    rest.is_empty().then_some(value)
}

fn change(
    value: &mut Value,
    others: &[Vec<u8>],
    rng: &dyn Rng,
    depth: u32,
) -> Option<&'static str> {
    let fields = match value {
        Value::Map(fields) if !fields.is_empty() => fields,
        Value::Array(items) if !items.is_empty() => {
            let at = below(rng, items.len());
            return match below(rng, 4) {
                0 => {
                    items.remove(at);
                    Some("an item left out")
                }
                1 => {
                    items.reverse();
                    Some("items turned round")
                }
                2 => {
                    items.push(items[at].clone());
                    Some("an item twice")
                }
                _ => change(&mut items[at], others, rng, depth),
            };
        }
        _ => return None,
    };
    let at = below(rng, fields.len());
    match below(rng, 10) {
        0 => {
            fields.remove(at);
            Some("a field left out")
        }
        1 => {
            fields.push((Value::Text("unheard_of".to_owned()), Value::Bool(true)));
            Some("a field that nobody knows")
        }
        2 => {
            let twice = fields[at].clone();
            fields.push(twice);
            Some("a field twice")
        }
        3 => {
            fields.reverse();
            Some("fields in another order")
        }
        4 => {
            let with = below(rng, fields.len());
            let (one, two) = (fields[at].1.clone(), fields[with].1.clone());
            (fields[at].1, fields[with].1) = (two, one);
            Some("two fields exchanged")
        }
        5..=6 => {
            let (name, _) = fields[at].clone();
            let theirs = others.iter().filter_map(|other| match read(other)? {
                Value::Map(fields) => fields.into_iter().find(|(key, _)| *key == name),
                _ => None,
            });
            let theirs: Vec<Value> = theirs.map(|(_, value)| value).collect();
            fields[at].1 = theirs.get(below(rng, theirs.len()))?.clone();
            Some("a field of another message")
        }
        7 if depth > 0 => match &mut fields[at].1 {
            Value::Bytes(inner) => {
                let (changed, how) = in_a_field(inner, others, rng, depth - 1)?;
                *inner = changed;
                Some(how)
            }
            other @ (Value::Map(_) | Value::Array(_)) => change(other, others, rng, depth - 1),
            _ => None,
        },
        _ => scalar(&mut fields[at].1, rng),
    }
}

fn scalar(value: &mut Value, rng: &dyn Rng) -> Option<&'static str> {
    let choice = below(rng, 5);
    match value {
        Value::Integer(number) => {
            let now = u64::try_from(*number).unwrap_or(0);
            *number = match choice {
                0 => now.wrapping_add(1),
                1 => now.saturating_sub(1),
                2 => 0,
                3 => u64::MAX,
                _ => now.saturating_add(1_000),
            }
            .into();
            Some("another number")
        }
        Value::Bytes(bytes) => {
            match choice {
                0 => bytes.clear(),
                1 => bytes.push(0),
                2 => bytes.fill(0),
                3 => {
                    bytes.pop();
                }
                _ => {
                    let at = below(rng, bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << below(rng, 8);
                    }
                }
            }
            Some("other bytes in a field")
        }
        Value::Text(text) => {
            text.push('x');
            Some("another text")
        }
        Value::Bool(flag) => {
            *flag = !*flag;
            Some("the opposite")
        }
        Value::Null => {
            *value = Value::Integer(7.into());
            Some("something for nothing")
        }
        Value::Array(_) | Value::Map(_) => {
            *value = Value::Null;
            Some("nothing for something")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::rng::SeededRng;

    fn encoded(fields: &[(&str, Value)]) -> Vec<u8> {
        let fields = fields.iter().map(|(name, value)| ((*name).into(), value.clone()));
        let mut out = Vec::new();
        ciborium::into_writer(&Value::Map(fields.collect()), &mut out).expect("written");
        out
    }

    fn message(counter: u32) -> Vec<u8> {
        let body = encoded(&[("seq", counter.into())]);
        encoded(&[
            ("counter", counter.into()),
            ("body", Value::Bytes(body)),
            ("flag", true.into()),
            ("of", Value::Array(vec!["a".into(), "b".into()])),
        ])
    }

    /// Every kind of change is made, and almost every one changes something.
    #[test]
    fn messages_are_changed_in_every_way() {
        let rng = SeededRng::new(1);
        let others = [message(7), message(8)];
        let mut ways = std::collections::BTreeMap::<_, u32>::new();
        let mut same = 0;
        for _ in 0..2_000 {
            let mut bytes = message(3);
            *ways.entry(mutate(&mut bytes, &others, &rng)).or_default() += 1;
            same += u32::from(bytes == message(3));
        }
        assert!(ways.len() >= 14, "{ways:?}");
        assert!(same < 300, "{same} of 2000 were left as they are");
        let mut nothing = Vec::new();
        mutate(&mut nothing, &[], &rng);
        assert!(!nothing.is_empty());
    }
}
