//! Keys in pages of their own, which the system keeps out of swap if it may.
//!
//! Locking pages is a call to the operating system, which this crate does not
//! make: the program hands in how ([`keep_keys_in_memory_with`]). Without it,
//! or where the system refuses, everything works, only unlocked.

use std::fmt;
use std::sync::OnceLock;

use sekisho_model::Secret;
use zeroize::Zeroize;

use crate::aead::KEY_BYTES;

/// How pages are locked into memory and let go. Both take whole pages.
#[derive(Clone, Copy, Debug)]
pub struct PageLocker {
    /// Keeps the bytes out of swap. Says nothing when the system refuses:
    /// whether it would is the program's to find out and to report.
    pub lock: fn(&[u8]),
    /// Takes that back; called after the bytes were wiped.
    pub unlock: fn(&[u8]),
}

static LOCKER: OnceLock<PageLocker> = OnceLock::new();

/// From now on keys lie in locked pages. The first call counts; call it before
/// the first key is made or opened.
pub fn keep_keys_in_memory_with(locker: PageLocker) {
    let _ = LOCKER.set(locker);
}

/// The smallest unit that can be locked, on every system the server runs on.
const PAGE_BYTES: usize = 4096;

#[repr(align(4096))]
struct Page([u8; PAGE_BYTES]);

/// A key in a page that holds nothing else; wiped when dropped.
pub(crate) struct LockedKey(Box<Page>);

impl LockedKey {
    /// Copies the key to where it stays; the caller's copy wipes itself.
    ///
    /// `None` if it has not the length of a key.
    pub(crate) fn new(key: &Secret) -> Option<Self> {
        let key: &[u8; KEY_BYTES] = key.expose().try_into().ok()?;
        let mut page = Box::new(Page([0; PAGE_BYTES]));
        if let Some(locker) = LOCKER.get() {
            (locker.lock)(&page.0);
        }
        page.0[..KEY_BYTES].copy_from_slice(key);
        Some(Self(page))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0.0[..KEY_BYTES]
    }
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        self.0.0[..KEY_BYTES].zeroize();
        if let Some(locker) = LOCKER.get() {
            (locker.unlock)(&self.0.0);
        }
    }
}

impl fmt::Debug for LockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockedKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    static LOCKED: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

    fn range(bytes: &[u8]) -> (usize, usize) {
        (bytes.as_ptr().addr(), bytes.len())
    }

    #[test]
    fn a_key_has_a_locked_page_to_itself_until_it_is_dropped() {
        keep_keys_in_memory_with(PageLocker {
            lock: |bytes| LOCKED.lock().unwrap().push(range(bytes)),
            unlock: |bytes| {
                assert!(bytes.iter().all(|byte| *byte == 0), "wiped before it is let go");
                LOCKED.lock().unwrap().retain(|locked| *locked != range(bytes));
            },
        });
        let key = LockedKey::new(&Secret::new(vec![7; KEY_BYTES])).unwrap();
        let page = range(&key.0.0);
        assert_eq!((page.0 % PAGE_BYTES, page.1), (0, PAGE_BYTES));
        assert!(LOCKED.lock().unwrap().contains(&page));
        assert_eq!(key.expose(), [7; KEY_BYTES]);
        drop(key);
        assert!(!LOCKED.lock().unwrap().contains(&page));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(LockedKey::new(&Secret::new(vec![7; KEY_BYTES - 1])).is_none());
    }
}
