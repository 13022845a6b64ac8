//! Randomness from the operating system, by way of the cryptography library.
//!
//! The library asks the processor and the system anew at each draw, however few bytes it gives; a request draws four
//! times. So each thread draws a store of bytes at once. What was handed out is wiped from it, and handed out once.

use std::cell::RefCell;

use zeroize::Zeroize as _;

use crate::b64;

/// How many bytes are drawn at once.
const STORE: usize = 512;

struct Store {
    bytes: [u8; STORE],
    /// Where those begin that were not handed out yet.
    next: usize,
}

thread_local! {
    static DRAWN: RefCell<Store> = const { RefCell::new(Store { bytes: [0; STORE], next: STORE }) };
}

/// `N` random bytes.
///
/// # Panics
/// When the system has no randomness to give. Nothing safe can be done without it.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    DRAWN.with_borrow_mut(|store| store.hand_out(&mut bytes));
    bytes
}

impl Store {
    fn hand_out(&mut self, to: &mut [u8]) {
        if to.len() > STORE - self.next {
            fill(&mut self.bytes);
            self.next = 0;
        }
        match self.bytes.get_mut(self.next..self.next + to.len()) {
            Some(bytes) => {
                to.copy_from_slice(bytes);
                bytes.zeroize();
                self.next += to.len();
            }
            // More than a store holds.
            None => fill(to),
        }
    }
}

fn fill(bytes: &mut [u8]) {
    assert!(
        aws_lc_rs::rand::fill(bytes).is_ok(),
        "the system's random number generator failed"
    );
}

/// 256 random bits as 43 characters of base64url: for tokens, codes and identifiers that nobody may guess.
///
/// # Panics
/// As [`random_bytes`].
pub fn random_token() -> String {
    b64::encode(random_bytes::<32>())
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::{DRAWN, STORE, random_bytes, random_token};

    #[test]
    fn two_draws_differ() {
        assert_ne!(random_bytes::<16>(), random_bytes::<16>());
        assert_ne!(random_token(), random_token());
    }

    #[test]
    fn nothing_is_handed_out_twice_by_any_thread() {
        let draw = || -> Vec<[u8; 13]> { (0..1000).map(|_| random_bytes()).collect() };
        let drawn: Vec<_> = (0..4).map(|_| thread::spawn(draw)).collect();
        let drawn: Vec<_> = drawn.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 4000);
        assert!(drawn.iter().all(|bytes| bytes.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn what_was_handed_out_is_wiped() {
        let _ = random_bytes::<STORE>();
        let first = random_bytes::<32>();
        DRAWN.with_borrow(|store| {
            assert_eq!((store.next, &store.bytes[..32]), (32, &[0; 32][..]));
            assert!(store.bytes[32..].iter().any(|byte| *byte != 0));
        });
        assert_ne!(first, [0; 32]);
    }

    #[test]
    fn more_than_the_store_holds_is_drawn_by_itself() {
        let drawn = random_bytes::<{ 2 * STORE }>();
        assert!(drawn[..STORE].iter().any(|byte| *byte != 0) && drawn[STORE..].iter().any(|byte| *byte != 0));
    }

    #[test]
    fn a_token_is_32_bytes_in_base64url() {
        let token = random_token();
        assert_eq!(token.len(), 43);
        assert_eq!(crate::b64::decode(&token).map(|bytes| bytes.len()), Some(32));
    }
}
