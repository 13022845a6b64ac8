//! The corpus that is kept, and variations of it.

use std::{fs, path::PathBuf};

/// How many variations there are of a corpus, about.
const VARIATIONS: usize = 600;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{}", directory.display());
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap()
    }
}

/// A few bytes are others, gone, doubled, or of another input.
fn vary(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const TOKENS: [&[u8]; 12] = [
        b"%2e", b"%252f", b"..", b"//", b"\\", b";", b"\r\n", b":", b"&a", b"*a", b"%c0%af", b"\xff",
    ];
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.next(3) {
        let at = numbers.next(bytes.len() + 1);
        match numbers.next(5) {
            0 => bytes.insert(at, u8::try_from(numbers.next(256)).unwrap()),
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => {
                let token = TOKENS[numbers.next(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            3 => {
                let end = (at + numbers.next(16)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                bytes.truncate(at);
                bytes.extend_from_slice(&other[numbers.next(other.len() + 1)..]);
            }
        }
    }
    bytes
}

fn run(name: &str, target: fn(&[u8])) {
    let inputs = corpus(name);
    let mut numbers = Numbers(0x5345_4b49_5348_4f31);
    for input in &inputs {
        target(input);
    }
    for input in &inputs {
        for _ in 0..=VARIATIONS / inputs.len() {
            let other = &inputs[numbers.next(inputs.len())];
            target(&vary(input, other, &mut numbers));
        }
    }
}

#[test]
fn no_reader_finds_another_path_than_the_rules() {
    run("paths", crate::paths);
}

#[test]
fn credentials_and_traces_are_what_was_sent() {
    run("credentials", crate::credentials);
}

#[test]
fn an_upstream_gets_what_was_forwarded_and_nothing_else() {
    run("http", crate::http);
}

#[cfg(feature = "openapi")]
#[test]
fn a_description_makes_one_api_or_none() {
    run("openapi", crate::openapi);
}
