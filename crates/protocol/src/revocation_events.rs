//! What the server says of tokens that may be worth less than before, to whoever keeps what they were worth: server-sent
//! events, in which tokens are named by tags that tell nothing to others.
//!
//! It begins when all nodes know what was changed before; from then on each revocation is told, and at least each second
//! something is said, so that silence is noticed. What was told of is to be asked about again: a tag does not say that a
//! token is worth nothing.
//! (The form is that of the HTML standard's "Server-sent events". There is no specification of this stream.)

use std::fmt;

use jose::{b64, sha256_of_parts};

/// The media type.
pub const MEDIA_TYPE: &str = "text/event-stream";
/// How many tags there are at most in one event.
pub const MOST_TAGS: usize = 1000;
/// How long an event can be.
const LONGEST: usize = 64 * 1024;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// From now on every revocation is told. `at`: the server's time, which that of tokens can be compared with.
    Begin {
        /// Seconds since 1970.
        at: i64,
    },
    /// What the tokens with these tags are worth may have changed.
    Revoked(Vec<String>),
    /// Nothing is waiting to be told.
    Alive,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { at } => write!(f, "event: begin\ndata: {at}\n\n"),
            Self::Revoked(tags) => write!(f, "event: revoked\ndata: {}\n\n", tags.join(" ")),
            Self::Alive => f.write_str("event: alive\ndata: \n\n"),
        }
    }
}

/// The stream is none, or not of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream has an event that cannot be read")]
pub struct Unreadable;

/// Reads events as they come in.
#[derive(Debug, Default)]
pub struct Reader {
    /// What is not a whole event yet.
    begun: Vec<u8>,
}

impl Reader {
    /// The events that are whole now.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Unreadable> {
        self.begun.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.begun.windows(2).position(|end| end == b"\n\n") {
            let rest = self.begun.split_off(end + 2);
            let event = std::mem::replace(&mut self.begun, rest);
            let text = std::str::from_utf8(&event).map_err(|_| Unreadable)?;
            events.extend(parse(text.trim_end_matches('\n'))?);
        }
        if self.begun.len() > LONGEST {
            return Err(Unreadable);
        }
        Ok(events)
    }
}

/// Events of names that are not known say nothing to us.
fn parse(text: &str) -> Result<Option<Event>, Unreadable> {
    let (name, data) = text.split_once('\n').ok_or(Unreadable)?;
    let name = name.strip_prefix("event: ").ok_or(Unreadable)?;
    let data = data.strip_prefix("data: ").ok_or(Unreadable)?;
    match name {
        "begin" => Ok(Some(Event::Begin {
            at: data.parse().map_err(|_| Unreadable)?,
        })),
        "revoked" => Ok(Some(Event::Revoked(data.split(' ').map(str::to_owned).collect()))),
        "alive" => Ok(Some(Event::Alive)),
        _ => Ok(None),
    }
}

/// What can make an access token worth less, or an API key: how each of these is called in the stream.
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a> {
    issuer: &'a str,
}

impl<'a> Tags<'a> {
    /// For this issuer.
    pub fn of(issuer: &'a str) -> Self {
        Self { issuer }
    }

    /// The token, or the key, itself.
    pub fn token(self, id: &str) -> String {
        self.tag("token", id)
    }

    /// The authorization that it came of.
    pub fn authorization(self, id: &str) -> String {
        self.tag("authorization", id)
    }

    /// A client that has it, or that it was made for.
    pub fn client(self, id: &str) -> String {
        self.tag("client", id)
    }

    /// Half a hash: ids are random, and cannot be found by it.
    fn tag(self, kind: &str, id: &str) -> String {
        let parts = [kind.as_bytes(), self.issuer.as_bytes(), id.as_bytes()];
        let hash = sha256_of_parts(parts);
        b64::encode(hash.first_chunk::<16>().unwrap_or(&[0; 16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_were_written_in_whatever_pieces_they_come() {
        let events = [
            Event::Begin { at: 1_795_442_952 },
            Event::Alive,
            Event::Revoked(vec![Tags::of("https://id.example").token("j"), "b".into()]),
            Event::Alive,
        ];
        let written: String = events.iter().map(Event::to_string).collect();
        for size in [1, 2, 7, 1000] {
            let mut reader = Reader::default();
            let read: Vec<Event> = written
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| reader.read(piece).unwrap())
                .collect();
            assert_eq!(read, events, "{size}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_and_what_is_not_known_is_skipped() {
        let read = |text: &str| Reader::default().read(text.as_bytes());
        assert_eq!(
            read("event: later\ndata: x\n\nevent: alive\ndata: \n\n"),
            Ok(vec![Event::Alive])
        );
        for bad in [
            "<html>\n\n",
            "event: alive\n\n",
            "event: begin\ndata: soon\n\n",
            "event: begin\nid: 1\n\n",
            &"x".repeat(LONGEST + 1),
        ] {
            assert_eq!(read(bad), Err(Unreadable), "{bad:.20}");
        }
        let longest = Event::Revoked(vec!["x".repeat(22); MOST_TAGS]).to_string();
        assert!(longest.len() < LONGEST);
    }

    #[test]
    fn a_tag_is_of_one_kind_at_one_issuer() {
        let tags = Tags::of("https://id.example");
        assert_eq!(tags.token("a"), tags.token("a"));
        assert_eq!(tags.token("a").len(), 22);
        for other in [
            tags.token("b"),
            tags.client("a"),
            tags.authorization("a"),
            Tags::of("https://other.example").token("a"),
        ] {
            assert_ne!(tags.token("a"), other);
        }
    }
}
