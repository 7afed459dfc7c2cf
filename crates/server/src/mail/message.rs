//! What a mail is: one recipient, a subject of one line, plain text, at most one
//! attached file.
//!
//! Addresses are parsed types that hold nothing but an address, subjects lose
//! every control character, and the rest of the head is the library's. So no
//! name of an object can end a line of the head.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use sekisho_model::id::{MailId, UserId};
use sekisho_model::mail::{MailAddress, MailKind, MailState};
use sekisho_model::{Rng, Timestamp};
use sekisho_store::Mail;

/// The longest subject, in characters.
const MAX_SUBJECT_CHARS: usize = 200;

/// A mail that is to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Whom it is for.
    pub user: Option<UserId>,
    /// Where it goes.
    pub address: MailAddress,
    /// What it is about.
    pub kind: MailKind,
    /// Its subject; what is not printable is taken out.
    pub subject: String,
    /// Its text. Never a secret.
    pub body: String,
    /// The name and the content of an attached file (CSV).
    pub attachment: Option<(String, String)>,
}

impl Draft {
    pub(super) fn into_mail(self, now: Timestamp, rng: &dyn Rng) -> Mail {
        let (attachment_name, attachment) = self.attachment.unzip();
        Mail {
            id: MailId::at(now, rng),
            user: self.user,
            address: self.address,
            kind: self.kind,
            subject: one_line(&self.subject),
            body: self.body,
            attachment_name,
            attachment,
            state: MailState::Waiting,
            attempts: 0,
            next_try_at: now,
            created_at: now,
            finished_at: None,
            problem: None,
        }
    }
}

/// The same text on one line and not too long.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_SUBJECT_CHARS).collect()
}

/// An address as the library knows it.
pub(super) fn address(address: &MailAddress) -> anyhow::Result<Address> {
    address.as_str().parse().with_context(|| format!("the mail address {address}"))
}

/// The mail as it crosses the wire (RFC 5322): ASCII only, lines of at most 998
/// bytes. The `Message-ID` is of the mail, not of the attempt.
pub(super) fn bytes(mail: &Mail, from: &MailAddress, host: &str) -> anyhow::Result<Vec<u8>> {
    let millis = u64::try_from(mail.created_at.as_millis()).unwrap_or(0);
    let written = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
    let name = Some("Sekisho".to_owned());
    let message = Message::builder()
        .from(Mailbox::new(name, address(from)?))
        .to(Mailbox::new(None, address(&mail.address)?))
        .subject(one_line(&mail.subject))
        .date(written)
        .message_id(Some(format!("<{}@{host}>", mail.id)))
        // RFC 3834: nobody's holiday notice answers.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    let text = SinglePart::plain(mail.body.clone());
    let message = match (&mail.attachment_name, &mail.attachment) {
        (Some(name), Some(content)) => {
            let kind: ContentType =
                "text/csv; charset=utf-8; header=present".parse().context("a content type")?;
            let file = Attachment::new(name.clone()).body(content.clone().into_bytes(), kind);
            message.multipart(MultiPart::mixed().singlepart(text).singlepart(file))
        }
        _ => message.singlepart(text),
    };
    Ok(message.context("the mail cannot be written")?.formatted())
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    fn mail(subject: &str, attachment: Option<(&str, &str)>) -> String {
        let draft = Draft {
            user: None,
            address: "ann@example.jp".parse().expect("valid"),
            kind: MailKind::Tasks,
            subject: subject.to_owned(),
            body: "一行目\nsecond line\n.\n".to_owned(),
            attachment: attachment.map(|(name, text)| (name.to_owned(), text.to_owned())),
        };
        let now = "2026-05-01T09:00:00Z".parse().expect("a time");
        let mail = draft.into_mail(now, &SeededRng::new(1));
        let from = "sekisho@example.jp".parse().expect("valid");
        String::from_utf8(bytes(&mail, &from, "vault.example.jp").expect("a mail")).expect("ASCII")
    }

    fn heads(text: &str) -> Vec<&str> {
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        head.split("\r\n").filter(|line| !line.starts_with(' ')).collect()
    }

    #[test]
    fn no_name_can_add_a_line_to_the_head() {
        for subject in [
            "reset failed: web\r\nBcc: eve@example.com",
            "reset failed: web\nBcc: eve@example.com\n\nbody",
            "x\u{85}Bcc: eve@example.com",
            "x\0y",
            "名前\r\n\tBcc: eve@example.com",
            &format!("{}\r\nBcc: eve@example.com", "長い".repeat(120)),
        ] {
            let text = mail(subject, Some(("a.csv", "a\r\n")));
            let names: Vec<&str> =
                heads(&text).iter().map(|line| line.split(':').next().expect("a name")).collect();
            assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{text}");
            assert!(names.contains(&"Subject") && names.contains(&"To"), "{text}");
            assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998), "{text}");
        }
    }

    #[test]
    fn every_attempt_has_the_same_name_and_time() {
        let text = mail("関所", None);
        assert_eq!(text, mail("関所", None));
        assert!(text.contains("Date: Fri, 01 May 2026 09:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        let id = heads(&text).into_iter().find(|line| line.starts_with("Message-ID: <"));
        assert!(id.is_some_and(|line| line.ends_with("@vault.example.jp>")), "{text}");
    }

    #[test]
    fn a_file_is_attached_under_its_name() {
        let text = mail("r", Some(("sekisho-installed-agents-2026-05-01.csv", "a,b\r\n=1,2\r\n")));
        assert!(text.contains("Content-Type: text/csv"), "{text}");
        // Long names go by RFC 2231, section 3.
        let name = "=\"sekisho-installed-agents-2026-05-01.csv\"";
        assert!(text.contains("filename") && text.contains(name), "{text}");
    }
}
