//! A line of the audit log as JSON for other programs, which can still be
//! verified: the parts that are hashed stand in it byte for byte.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Timestamp;
use crate::audit::{AuditLine, LineHash};
use crate::event::Event;
use crate::event_class::EventClass;
use crate::id::AuditChainId;

#[derive(Serialize, Deserialize)]
struct Exported<'a> {
    chain: AuditChainId,
    seq: u64,
    at: String,
    code: u16,
    #[serde(default)]
    name: String,
    #[serde(default)]
    class: Option<EventClass>,
    /// As syslog counts: 0 is the worst.
    #[serde(default)]
    severity: u8,
    #[serde(borrow)]
    actor: &'a RawValue,
    #[serde(borrow)]
    origin: &'a RawValue,
    #[serde(borrow)]
    event: &'a RawValue,
    previous: LineHash,
    hash: LineHash,
}

/// What a line says about itself, for readers who do not know the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRank {
    /// What happened, in English.
    pub name: &'static str,
    /// Its class; `None` for an event that this version does not know.
    pub class: Option<EventClass>,
    /// The severity of syslog.
    pub syslog: u8,
    /// The severity of CEF.
    pub cef: u8,
}

impl AuditLine {
    /// Name, class and severity by the catalogue. What cannot be read was
    /// written by a newer version, or changed: a warning.
    pub fn rank(&self) -> LineRank {
        match serde_json::from_str::<Event>(&self.event) {
            Ok(event) => {
                let (class, severity) = event.rank();
                let (syslog, cef) = (severity.syslog(), severity.cef());
                LineRank { name: event.info().en, class: Some(class), syslog, cef }
            }
            Err(_) => LineRank { name: "Unknown event", class: None, syslog: 4, cef: 7 },
        }
    }

    /// As one line of JSON, without a line feed.
    pub fn to_export(&self) -> String {
        let rank = self.rank();
        let [actor, origin, event] = [&self.actor, &self.origin, &self.event].map(|text| raw(text));
        let exported = Exported {
            chain: self.chain,
            seq: self.seq,
            at: self.at.to_string(),
            code: self.code,
            name: rank.name.to_owned(),
            class: rank.class,
            severity: rank.syslog,
            actor: &actor,
            origin: &origin,
            event: &event,
            previous: self.previous,
            hash: self.hash,
        };
        serde_json::to_string(&exported).expect("plain data becomes JSON")
    }

    /// Reads what [`to_export`](Self::to_export) wrote.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn from_export(text: &str) -> Result<Self, InvalidExport> {
        let found: Exported<'_> =
            serde_json::from_str(text).map_err(|error| InvalidExport(error.to_string()))?;
        let at: Timestamp = found.at.parse().map_err(|_| {
            InvalidExport("'at' is no time like 2026-01-31T09:00:00.000Z".to_owned())
        })?;
        Ok(Self {
            chain: found.chain,
            seq: found.seq,
            at,
            code: found.code,
            actor: text_of(found.actor),
            origin: text_of(found.origin),
            event: text_of(found.event),
            previous: found.previous,
            hash: found.hash,
        })
    }
}

/// The text is not an exported line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an exported audit line: {0}")]
pub struct InvalidExport(String);

/// Stored JSON stands as it is; what is no JSON object in one line (somebody
/// changed it) becomes a JSON string.
fn raw(text: &str) -> Box<RawValue> {
    let is_plain = text.starts_with('{') && !text.contains(|c: char| c.is_control());
    let kept = is_plain.then(|| RawValue::from_string(text.to_owned()).ok()).flatten();
    kept.unwrap_or_else(|| {
        serde_json::value::to_raw_value(text).expect("every text is a JSON string")
    })
}

fn text_of(raw: &RawValue) -> String {
    serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, Origin};
    use crate::id::RequestId;
    use crate::rng::SeededRng;

    fn line(event: &Event) -> AuditLine {
        let rng = SeededRng::new(5);
        let origin = Origin { request: RequestId::at(Timestamp::EPOCH, &rng), address: None };
        let chain = AuditChainId::at(Timestamp::EPOCH, &rng);
        let at = Timestamp::from_millis(1_769_850_000_250);
        AuditLine::new(chain, (1, LineHash::START), at, &Actor::System, &origin, event)
    }

    #[test]
    fn every_event_comes_back_byte_for_byte() {
        let mut events = Event::samples();
        events.push(Event::AuditViewed { filter: "q=改行\n\"]|=\\\u{1}\u{2028}".to_owned() });
        for event in &events {
            let line = line(event);
            let text = line.to_export();
            assert!(!text.contains('\n'), "{text}");
            let back = AuditLine::from_export(&text).expect("its own text");
            assert_eq!(back, line);
            assert_eq!(back.computed_hash(), line.hash);
        }
    }

    #[test]
    fn changed_lines_are_exported_as_they_are() {
        for changed in ["", "{", "x\ny", "{\"a\":\n1}", "\"text\"", "null"] {
            let mut line = line(&Event::ServerStopped {});
            line.event = changed.to_owned();
            let text = line.to_export();
            assert!(!text.contains('\n'), "{text}");
            let back = AuditLine::from_export(&text).expect("its own text");
            assert_eq!(back.event, changed);
            assert_eq!(back.rank().name, "Unknown event");
        }
    }
}
