//! Planted secrets, and whether any part of them is in what somebody saw.
//!
//! Eight characters in a row of a secret are enough, as they are, in hexadecimal
//! or in base64, wherever they begin.

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};

/// So many bytes in a row.
const WINDOW: usize = 8;

/// Secrets that must not be seen.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    windows: Vec<u64>,
    /// Whether a window may end with these 16 bits: most do not, and need not be
    /// looked up.
    ends: Vec<bool>,
}

impl Canaries {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut canaries = Self { windows: Vec::new(), ends: vec![false; 1 << 16] };
        for secret in secrets {
            canaries.plant(secret);
        }
        canaries.windows.sort_unstable();
        canaries.windows.dedup();
        canaries
    }

    fn plant(&mut self, secret: &[u8]) {
        self.add(secret);
        self.add(HEXLOWER.encode(secret).as_bytes());
        self.add(HEXUPPER.encode(secret).as_bytes());
        // Three bytes are four characters: it depends on what stands before it.
        for skipped in 0..3.min(secret.len()) {
            let whole = (secret.len() - skipped) / 3 * 3;
            let encoded = BASE64.encode(&secret[skipped..skipped + whole]);
            self.add(encoded.as_bytes());
            self.add(encoded.replace('+', "-").replace('/', "_").as_bytes());
        }
    }

    fn add(&mut self, text: &[u8]) {
        for window in text.windows(WINDOW) {
            let window = number(window);
            self.windows.push(window);
            self.ends[usize::from(window as u16)] = true;
        }
    }

    /// Where in these bytes a part of a secret begins.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<usize> {
        let mut window = 0u64;
        for (at, byte) in bytes.iter().enumerate() {
            window = window << 8 | u64::from(*byte);
            if at + 1 >= WINDOW
                && self.ends[usize::from(window as u16)]
                && self.windows.binary_search(&window).is_ok()
            {
                return Some(at + 1 - WINDOW);
            }
        }
        None
    }
}

fn number(window: &[u8]) -> u64 {
    window.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_secret_is_found_however_it_is_written() {
        let secret = b"correct-horse-battery-staple";
        let canaries = Canaries::new([&secret[..]]);
        let around = |middle: &[u8]| [b"from here ", middle, b" to there"].concat();
        assert_eq!(canaries.find(&around(&secret[5..14])), Some(10));
        assert!(canaries.find(&around(&secret[5..11])).is_none(), "too short to say");
        assert!(canaries.find(&around(HEXLOWER.encode(secret).as_bytes())).is_some());
        assert!(canaries.find(&around(HEXUPPER.encode(&secret[3..9]).as_bytes())).is_some());
        for before in ["", "x", "xy", "xyz"] {
            let encoded = BASE64.encode(&[before.as_bytes(), secret].concat());
            assert!(canaries.find(&around(encoded.as_bytes())).is_some(), "after {before:?}");
        }
        assert!(canaries.find(&around(&[0; 4096])).is_none());
    }
}
