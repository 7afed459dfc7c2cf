//! Password policies and the generator.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::rng::{Rng, uniform};
use crate::secret::Secret;

/// The longest password that may be generated, in characters.
pub const MAX_LENGTH: u16 = 256;

/// The shortest password that may be generated, in characters.
pub const MIN_LENGTH: u16 = 8;

/// The symbols used unless a policy excludes some of them: every printable
/// ASCII symbol except blank, `:` (separates fields for `chpasswd`),
/// quotes and backslash (hard to type and to quote).
pub const SYMBOLS: &str = "!#$%&()*+,-./;<=>?@[]^_{|}~";

/// The character classes a policy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    /// `a` to `z`.
    Lower,
    /// `A` to `Z`.
    Upper,
    /// `0` to `9`.
    Digit,
    /// One of [`SYMBOLS`].
    Symbol,
}

impl CharacterClass {
    /// All classes, in the order people read them.
    pub const ALL: [Self; 4] = [Self::Lower, Self::Upper, Self::Digit, Self::Symbol];

    fn characters(self) -> &'static str {
        match self {
            Self::Lower => "abcdefghijklmnopqrstuvwxyz",
            Self::Upper => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Digit => "0123456789",
            Self::Symbol => SYMBOLS,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower-case letters",
            Self::Upper => "upper-case letters",
            Self::Digit => "digits",
            Self::Symbol => "symbols",
        }
    }
}

/// The rules for generated passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordRules {
    /// Exact length of generated passwords, in characters.
    pub length: u16,
    /// At least so many lower-case letters; `None` = none may occur.
    pub lower: Option<u16>,
    /// At least so many upper-case letters; `None` = none may occur.
    pub upper: Option<u16>,
    /// At least so many digits; `None` = none may occur.
    pub digit: Option<u16>,
    /// At least so many symbols; `None` = none may occur.
    pub symbol: Option<u16>,
    /// Characters that must not occur, e.g. `0Ol1`.
    pub excluded: String,
    /// Whether the first character must be a letter.
    pub starts_with_letter: bool,
    /// So many previous passwords of an account may not come again.
    pub history: u16,
}

impl Default for PasswordRules {
    /// 20 characters of all classes, no look-alikes, 24 remembered.
    fn default() -> Self {
        Self {
            length: 20,
            lower: Some(1),
            upper: Some(1),
            digit: Some(1),
            symbol: Some(1),
            excluded: "0O1lI|".to_owned(),
            starts_with_letter: true,
            history: 24,
        }
    }
}

/// Why no generator can satisfy a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsatisfiableRules {
    /// The length is out of bounds.
    #[error("length is {0}; it must be between {MIN_LENGTH} and {MAX_LENGTH}")]
    Length(u16),
    /// The classes together ask for more characters than there are.
    #[error("the classes ask for {asked} characters together, but length is {length}")]
    TooMany {
        /// Sum of the minimum counts.
        asked: u32,
        /// The length of the policy.
        length: u16,
    },
    /// A class must occur but has no character left.
    #[error("{0} must occur, but every one of them is excluded")]
    ClassExcluded(&'static str),
    /// No class may occur.
    #[error("no character class may occur; allow at least one")]
    NoClass,
    /// The first character must be a letter but no letter is left.
    #[error("the first character must be a letter, but no letter may occur")]
    NoLetter,
    /// So few passwords exist that the history cannot be kept.
    #[error(
        "only about 2^{bits} passwords satisfy these rules; at least 2^{MIN_BITS} are needed: \
         allow more characters or a greater length"
    )]
    TooWeak {
        /// Logarithm of how many passwords there are, rounded down.
        bits: u32,
    },
}

/// A policy must leave at least this many bits of choice.
pub const MIN_BITS: u32 = 40;

/// Rules that a generator can satisfy: checked once, then generated from.
#[derive(Clone, Debug)]
pub struct Generator {
    rules: PasswordRules,
    alphabet: Vec<char>,
    letters: Vec<char>,
}

impl PasswordRules {
    fn minimum(&self, class: CharacterClass) -> Option<u16> {
        match class {
            CharacterClass::Lower => self.lower,
            CharacterClass::Upper => self.upper,
            CharacterClass::Digit => self.digit,
            CharacterClass::Symbol => self.symbol,
        }
    }

    fn allowed(&self, class: CharacterClass) -> Vec<char> {
        match self.minimum(class) {
            Some(_) => class.characters().chars().filter(|c| !self.excluded.contains(*c)).collect(),
            None => Vec::new(),
        }
    }

    /// Checks that passwords can be generated from these rules.
    ///
    /// # Errors
    /// Names the rule that cannot be kept and the remedy.
    pub fn generator(&self) -> Result<Generator, UnsatisfiableRules> {
        if !(MIN_LENGTH..=MAX_LENGTH).contains(&self.length) {
            return Err(UnsatisfiableRules::Length(self.length));
        }
        let mut alphabet = Vec::new();
        let mut asked = 0;
        for class in CharacterClass::ALL {
            let allowed = self.allowed(class);
            let minimum = self.minimum(class).unwrap_or(0);
            if minimum > 0 && allowed.is_empty() {
                return Err(UnsatisfiableRules::ClassExcluded(class.word()));
            }
            asked += u32::from(minimum);
            alphabet.extend(allowed);
        }
        if alphabet.is_empty() {
            return Err(UnsatisfiableRules::NoClass);
        }
        if asked > u32::from(self.length) {
            return Err(UnsatisfiableRules::TooMany { asked, length: self.length });
        }
        let letters: Vec<char> =
            alphabet.iter().copied().filter(char::is_ascii_alphabetic).collect();
        if self.starts_with_letter && letters.is_empty() {
            return Err(UnsatisfiableRules::NoLetter);
        }
        let bits = self.choice_bits(alphabet.len());
        if bits < MIN_BITS {
            return Err(UnsatisfiableRules::TooWeak { bits });
        }
        let generator = Generator { rules: self.clone(), alphabet, letters };
        // The letter in front must fit beside the minimum of the others.
        let others: u32 = [self.digit, self.symbol].into_iter().flatten().map(u32::from).sum();
        if self.starts_with_letter && others >= u32::from(self.length) {
            return Err(UnsatisfiableRules::TooMany { asked: others + 1, length: self.length });
        }
        Ok(generator)
    }

    /// A lower bound of the entropy: required characters count with the size
    /// of their class, the rest with the whole alphabet.
    fn choice_bits(&self, alphabet: usize) -> u32 {
        let mut bits = 0.0;
        let mut rest = f64::from(self.length);
        for class in CharacterClass::ALL {
            let minimum = f64::from(self.minimum(class).unwrap_or(0));
            let size = self.allowed(class).len().max(1) as f64;
            bits += minimum * size.log2();
            rest -= minimum;
        }
        bits += rest.max(0.0) * (alphabet as f64).log2();
        bits as u32
    }

    /// Whether a value keeps these rules; names the first one it breaks.
    ///
    /// # Errors
    /// The broken rule as a sentence for people; never the value.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let length = value.chars().count();
        if length < usize::from(self.length) {
            return Err(format!("has {length} characters; the policy asks for {}", self.length));
        }
        for class in CharacterClass::ALL {
            let count = value.chars().filter(|c| class.characters().contains(*c)).count();
            match self.minimum(class) {
                Some(minimum) if count < usize::from(minimum) => {
                    return Err(format!(
                        "has {count} {}; the policy asks for at least {minimum}",
                        class.word()
                    ));
                }
                None if count > 0 => {
                    return Err(format!("has {}; the policy allows none", class.word()));
                }
                Some(_) | None => {}
            }
        }
        if value.chars().any(|c| self.excluded.contains(c)) {
            return Err("has a character that the policy excludes".to_owned());
        }
        if self.starts_with_letter && !value.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err("does not begin with a letter, as the policy asks".to_owned());
        }
        Ok(())
    }
}

impl Generator {
    /// The rules behind this generator.
    pub fn rules(&self) -> &PasswordRules {
        &self.rules
    }

    /// A new password. Every password that satisfies the rules is equally
    /// likely: whole candidates are drawn uniformly from the alphabet and
    /// those that break a rule are drawn again, so no position or class is
    /// favoured. Rules so tight that this would take long are met by
    /// [`Self::compose`] instead.
    pub fn generate(&self, rng: &dyn Rng) -> Secret {
        // With the default rules about 3 of 4 draws succeed.
        const DRAWS: u32 = 2_000;
        let mut value = String::with_capacity(usize::from(self.rules.length));
        for _ in 0..DRAWS {
            value.zeroize();
            for position in 0..self.rules.length {
                let alphabet = if position == 0 && self.rules.starts_with_letter {
                    &self.letters
                } else {
                    &self.alphabet
                };
                value.push(pick(rng, alphabet));
            }
            if self.rules.check(&value).is_ok() {
                return Secret::from(value);
            }
        }
        value.zeroize();
        self.compose(rng)
    }

    /// Draws the required number of each class, fills up from the whole
    /// alphabet and shuffles: used when the rules leave so little room that
    /// drawing whole candidates would not end.
    fn compose(&self, rng: &dyn Rng) -> Secret {
        let length = usize::from(self.rules.length);
        let mut characters: Vec<char> = Vec::with_capacity(length);
        let mut first = None;
        if self.rules.starts_with_letter {
            // The letter in front serves the minimum of its own class. When
            // all places are spoken for, it must come from a required class.
            let asked: usize = CharacterClass::ALL
                .iter()
                .map(|class| usize::from(self.rules.minimum(*class).unwrap_or(0)))
                .sum();
            let mut candidates: Vec<char> = self.letters.clone();
            if asked >= length {
                candidates.retain(|c| {
                    let class =
                        if c.is_ascii_lowercase() { self.rules.lower } else { self.rules.upper };
                    class.unwrap_or(0) > 0
                });
            }
            first = Some(pick(rng, &candidates));
        }
        for class in CharacterClass::ALL {
            let allowed = self.rules.allowed(class);
            let served = usize::from(first.is_some_and(|c| allowed.contains(&c)));
            let minimum = usize::from(self.rules.minimum(class).unwrap_or(0));
            for _ in served..minimum {
                characters.push(pick(rng, &allowed));
            }
        }
        while characters.len() + usize::from(first.is_some()) < length {
            characters.push(pick(rng, &self.alphabet));
        }
        for i in (1..characters.len()).rev() {
            let other = uniform(rng, u32::try_from(i).unwrap_or(0) + 1) as usize;
            characters.swap(i, other);
        }
        let mut value = String::with_capacity(length);
        value.extend(first);
        value.extend(characters.iter());
        characters.zeroize();
        Secret::from(value)
    }
}

fn pick(rng: &dyn Rng, from: &[char]) -> char {
    let bound = u32::try_from(from.len()).expect("alphabets hold fewer than 2^32 characters");
    from[uniform(rng, bound) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SeededRng;
    use std::collections::BTreeMap;

    #[test]
    fn generated_passwords_keep_the_rules() {
        let rng = SeededRng::new(11);
        let rules = PasswordRules::default();
        let generator = rules.generator().expect("satisfiable");
        for _ in 0..500 {
            let password = generator.generate(&rng);
            rules.check(password.expose_str().expect("text")).expect("keeps the rules");
        }
    }

    #[test]
    fn every_character_is_equally_likely() {
        let rng = SeededRng::new(12);
        let rules = PasswordRules {
            length: 8,
            lower: Some(0),
            upper: Some(0),
            digit: Some(0),
            symbol: None,
            excluded: String::new(),
            starts_with_letter: false,
            history: 0,
        };
        let generator = rules.generator().expect("satisfiable");
        let mut counts: BTreeMap<char, f64> = BTreeMap::new();
        const PASSWORDS: u32 = 10_000;
        for _ in 0..PASSWORDS {
            let password = generator.generate(&rng);
            for c in password.expose_str().expect("text").chars() {
                *counts.entry(c).or_default() += 1.0;
            }
        }
        assert_eq!(counts.len(), 62);
        // Chi-squared with 61 degrees of freedom: 99.9 % lie below 101.9.
        let expected = f64::from(PASSWORDS) * 8.0 / 62.0;
        let chi2: f64 = counts.values().map(|n| (n - expected).powi(2) / expected).sum();
        assert!(chi2 < 101.9, "chi-squared {chi2}");
    }

    #[test]
    fn tight_rules_are_still_met() {
        let rng = SeededRng::new(13);
        let rules = PasswordRules {
            length: 16,
            lower: Some(1),
            upper: Some(0),
            digit: Some(15),
            symbol: None,
            excluded: String::new(),
            starts_with_letter: true,
            history: 0,
        };
        let generator = rules.generator().expect("satisfiable");
        for _ in 0..50 {
            let password = generator.generate(&rng);
            rules.check(password.expose_str().expect("text")).expect("keeps the rules");
        }
    }

    #[test]
    fn impossible_rules_are_named() {
        let base = PasswordRules::default();
        let cases = [
            (PasswordRules { length: 4, ..base.clone() }, "length is 4"),
            (PasswordRules { digit: Some(30), ..base.clone() }, "ask for 33 characters"),
            (
                PasswordRules { excluded: "0123456789".into(), ..base.clone() },
                "digits must occur, but every one of them is excluded",
            ),
            (
                PasswordRules {
                    lower: None,
                    upper: None,
                    digit: None,
                    symbol: None,
                    ..base.clone()
                },
                "no character class may occur",
            ),
            (
                PasswordRules { lower: None, upper: None, ..base.clone() },
                "the first character must be a letter",
            ),
            (
                PasswordRules {
                    length: 8,
                    lower: None,
                    upper: None,
                    symbol: None,
                    starts_with_letter: false,
                    ..base
                },
                "only about 2^",
            ),
        ];
        for (rules, expected) in cases {
            let error = rules.generator().expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
