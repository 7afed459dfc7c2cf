//! What the way a tool ended says about the change.

use sekisho_model::Secret;
use sekisho_model::order::RefusalClass;
use zeroize::Zeroizing;

use super::tool::{End, Output};
use crate::accounts::SetPasswordError;

/// Longest detail, in characters.
const MAX_DETAIL_CHARS: usize = 300;

/// Phrases of shadow, PAM and libpwquality (`LC_ALL=C`, in lower case) and
/// what they prove. The first match counts: a passing obstacle outweighs the
/// general text that follows it.
const PHRASES: [(&str, RefusalClass); 20] = [
    ("cannot lock", RefusalClass::Transient),
    ("try again later", RefusalClass::Transient),
    ("lock busy", RefusalClass::Transient),
    ("no space left", RefusalClass::Transient),
    ("disk quota exceeded", RefusalClass::Transient),
    ("read-only file system", RefusalClass::Transient),
    ("cannot allocate memory", RefusalClass::Transient),
    ("bad password", RefusalClass::Policy),
    ("must choose a", RefusalClass::Policy),
    ("already used", RefusalClass::Policy),
    ("too short", RefusalClass::Policy),
    ("too simple", RefusalClass::Policy),
    ("too similar", RefusalClass::Policy),
    ("dictionary word", RefusalClass::Policy),
    ("palindrome", RefusalClass::Policy),
    ("password unchanged", RefusalClass::Policy),
    ("user not known", RefusalClass::Permanent),
    ("does not exist", RefusalClass::Permanent),
    ("unknown user", RefusalClass::Permanent),
    ("permission denied", RefusalClass::Permanent),
];

pub(crate) fn refuse<T>(
    class: RefusalClass,
    detail: impl Into<String>,
) -> Result<T, SetPasswordError> {
    Err(SetPasswordError { class, detail: detail.into() })
}

/// The verdict on a tool that was asked to change a password.
pub(crate) fn judge(tool: &str, output: &Output, secret: &Secret) -> Result<(), SetPasswordError> {
    let said = one_line(&output.stderr, secret);
    match output.end {
        End::Exited(0) => Ok(()),
        End::Exited(code) => {
            let text = said.to_lowercase();
            // "Authentication token manipulation error" alone can mean
            // anything, so it stays unknown.
            let class = PHRASES
                .iter()
                .find(|(phrase, _)| text.contains(phrase))
                .map_or(RefusalClass::Unknown, |(_, class)| *class);
            refuse(class, shortened(&format!("{tool} ended with code {code}: {said}")))
        }
        End::Signalled(signal) => refuse(
            RefusalClass::Unknown,
            shortened(&format!("{tool} was ended by signal {signal}: {said}")),
        ),
        End::Overdue => refuse(
            RefusalClass::Unknown,
            shortened(&format!("{tool} did not end in time and was killed: {said}")),
        ),
    }
}

/// A tool's error text for people: one line of at most 300 characters that
/// cannot hold the secret.
pub(crate) fn one_line(bytes: &[u8], secret: &Secret) -> String {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let text = Zeroizing::new(without(&text, secret.expose_str()));
    let collapsed = Zeroizing::new(collapse(&text));
    // Once more: a secret with blanks may have been wrapped by the tool.
    let collapsed_secret = Zeroizing::new(secret.expose_str().map(collapse));
    shortened(&without(&collapsed, collapsed_secret.as_deref()))
}

fn without(text: &str, secret: Option<&str>) -> String {
    match secret {
        Some(secret) if !secret.is_empty() => text.replace(secret, "[password]"),
        _ => text.to_owned(),
    }
}

fn collapse(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn shortened(text: &str) -> String {
    let text = text.trim_end_matches([':', ' ']);
    if text.chars().nth(MAX_DETAIL_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_DETAIL_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(end: End, stderr: &str) -> SetPasswordError {
        let output = Output {
            end,
            stdout: Zeroizing::default(),
            stderr: Zeroizing::new(stderr.as_bytes().to_vec()),
            cut: false,
        };
        judge("chpasswd", &output, &Secret::from("s3 cret")).expect_err("refused")
    }

    #[test]
    fn the_text_decides_the_class() {
        const PAM: &str = "chpasswd: (user a) pam_chauthtok() failed, error:\n\
            Authentication token manipulation error\nchpasswd: (line 1, user a) not changed\n";
        for (text, class) in [
            ("chpasswd: cannot lock /etc/passwd; try again later.", RefusalClass::Transient),
            ("chpasswd: /etc/shadow: No space left on device", RefusalClass::Transient),
            ("BAD PASSWORD: it is based on a dictionary word", RefusalClass::Policy),
            (&format!("You must choose a shorter password.\n{PAM}"), RefusalClass::Policy),
            ("Password has been already used. Choose another.", RefusalClass::Policy),
            ("chpasswd: line 1: user 'a' does not exist", RefusalClass::Permanent),
            (PAM, RefusalClass::Unknown),
            ("", RefusalClass::Unknown),
            ("segmentation fault", RefusalClass::Unknown),
        ] {
            assert_eq!(verdict(End::Exited(1), text).class, class, "{text}");
        }
        // A killed tool proves nothing, whatever it said before.
        assert_eq!(verdict(End::Signalled(9), "cannot lock").class, RefusalClass::Unknown);
        assert_eq!(verdict(End::Overdue, "BAD PASSWORD").class, RefusalClass::Unknown);
        assert_eq!(verdict(End::Exited(1), "").detail, "chpasswd ended with code 1");
    }

    #[test]
    fn the_text_never_holds_the_password_and_stays_short() {
        let error = verdict(End::Exited(1), "line 's3 cret'\n\tand s3\n cret \u{1b}[31m bad");
        assert!(!error.detail.contains("cret"), "{}", error.detail);
        assert!(!error.detail.contains(['\n', '\u{1b}']), "{}", error.detail);
        let error = verdict(End::Exited(1), &"é".repeat(9_000));
        assert_eq!(error.detail.chars().count(), MAX_DETAIL_CHARS);
    }
}
