//! Rules for people's own passwords: long enough to resist guessing at the
//! rate the throttle allows, and none of those that are guessed first.

use sekisho_model::name::LoginName;

use crate::http::{Problem, SecretText};

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 256;

/// Stems that make up most guessed passwords of 12 characters and more.
/// Compared without digits, symbols and case, so that `Password-2026!` is
/// found, too.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "passw",
    "passwordpassword",
    "qwerty",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertyuiopasdfghjkl",
    "iloveyou",
    "letmein",
    "letmeinletmein",
    "welcome",
    "admin",
    "administrator",
    "adminadmin",
    "root",
    "rootroot",
    "toor",
    "changeme",
    "changemenow",
    "changeit",
    "secret",
    "topsecret",
    "sekisho",
    "sekishosekisho",
    "default",
    "football",
    "baseball",
    "superman",
    "batman",
    "dragon",
    "monkey",
    "sunshine",
    "princess",
    "master",
    "trustno",
    "correcthorsebatterystaple",
    "abc",
    "abcd",
    "abcdef",
    "abcdefghijkl",
    "test",
    "testtest",
    "sakura",
    "pasuwado",
    "nihon",
    "tokyo",
];

/// Checks a new password of a person.
///
/// # Errors
/// Names the field and the rule, never the value.
pub fn check_password(
    field: &'static str,
    name: &LoginName,
    password: &SecretText,
) -> Result<(), Problem> {
    let refuse = |detail: &str| Err(Problem::invalid(field, format!("'{field}' {detail}")));
    let Some(text) = password.0.expose_str() else { return refuse("is not text") };
    let chars = text.chars().count();
    if chars < MIN_CHARS {
        return refuse(&format!("has {chars} characters; use at least {MIN_CHARS}"));
    }
    if chars > MAX_CHARS {
        return refuse(&format!("has {chars} characters; use at most {MAX_CHARS}"));
    }
    if text.chars().any(char::is_control) {
        return refuse("has a control character; remove it");
    }
    let lower = zeroize::Zeroizing::new(text.to_lowercase());
    if is_repeated(&lower, name.as_str()) {
        return refuse("is the user name; choose something else");
    }
    let stem: zeroize::Zeroizing<String> =
        zeroize::Zeroizing::new(lower.chars().filter(|c| c.is_alphabetic()).collect());
    if stem.is_empty() && is_sequence(&lower) || is_one_character(&lower) {
        return refuse("is one character or one row of keys; choose something else");
    }
    if COMMON.iter().any(|common| is_repeated(&stem, common)) {
        return refuse("is among the first that are guessed; choose something else");
    }
    Ok(())
}

/// Whether the text is the word, once or several times.
fn is_repeated(text: &str, word: &str) -> bool {
    !text.is_empty() && !word.is_empty() && text.replace(word, "").is_empty()
}

fn is_one_character(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

/// Digits and symbols that count up or down, like `123456789012`.
fn is_sequence(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let steps = |by: u32| digits.windows(2).all(|pair| (pair[0] + by) % 10 == pair[1]);
    digits.len() == text.chars().count() && (steps(1) || steps(9) || steps(0))
}

#[cfg(test)]
mod tests {
    use sekisho_model::Secret;

    use super::*;

    fn check(text: &str) -> Result<(), Problem> {
        let name = "hanako.yamada".parse().expect("a name");
        check_password("password", &name, &SecretText(Secret::from(text)))
    }

    #[test]
    fn weak_passwords_are_refused_without_being_repeated() {
        for weak in [
            "short",
            "hanako.yamada",
            "Password-2026!",
            "PASSWORD PASSWORD",
            "123456789012",
            "987654321098",
            "aaaaaaaaaaaaaa",
            "111111111111",
            "admin-admin-1",
            "Qwertyuiop12345",
            "with a\u{7} bell inside",
            "changeme12345",
        ] {
            let problem = check(weak).expect_err(weak).to_string();
            assert!(problem.starts_with("'password' "), "{problem}");
            assert!(!problem.contains(weak), "{problem}");
        }
        assert!(check(&"x1".repeat(129)).is_err(), "too long");
    }

    #[test]
    fn ordinary_good_ones_pass() {
        for good in ["kaze no naka no sakana", "v7#Kq!m2Zr-9w", "関所を越えるには手形が要る"]
        {
            assert!(check(good).is_ok(), "{good}");
        }
    }
}
