//! The path of a route: `/accounts/*/transfers`, `/accounts/**`.
//!
//! `*` is one segment, `/**` at the end is zero or more. Segments are compared by the bytes that they stand for, so that
//! `%c3%a9` and `%C3%A9` are one; letters are compared with their case.

use super::{MalformedCall, path};

/// Why a text is no path of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternProblem {
    /// A `*` beside other characters.
    #[error("* stands for a whole segment, and cannot be a part of one")]
    PartOfSegment,
    /// A `**` before the end.
    #[error("/** can only be at the end")]
    NotAtEnd,
    /// No call can have such a path.
    #[error(transparent)]
    Path(#[from] MalformedCall),
}

/// A compiled path of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    segments: Vec<Segment>,
    /// Whether it ends in `/**`.
    is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
}

impl Segment {
    fn takes(&self, segment: &str) -> bool {
        match self {
            Self::Literal(own) if &**own == segment => true,
            Self::Literal(own) if own.contains('%') || segment.contains('%') => {
                path::decoded(own).eq(path::decoded(segment))
            }
            Self::Literal(_) => false,
            Self::Any => !segment.is_empty(),
        }
    }

    /// Whether a reader that does not mind the case of letters would take it.
    fn nearly_takes(&self, segment: &str) -> bool {
        let small = |text| path::decoded(text).map(|byte| byte.to_ascii_lowercase());
        match self {
            Self::Literal(own) => small(own).eq(small(segment)),
            Self::Any => !segment.is_empty(),
        }
    }

    /// Whether it stands for no characters at all: what is after a slash at the end.
    fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(own) if own.is_empty())
    }
}

impl PathPattern {
    /// Reads a path of a route.
    pub fn parse(text: &str) -> Result<Self, PatternProblem> {
        let below = text.strip_prefix('/').ok_or(MalformedCall::NoSlash)?;
        path::check(text)?;
        let (mut segments, mut is_open) = (Vec::new(), false);
        for segment in below.split('/') {
            if is_open {
                return Err(PatternProblem::NotAtEnd);
            }
            match segment {
                "**" => is_open = true,
                "*" => segments.push(Segment::Any),
                literal if literal.contains('*') => return Err(PatternProblem::PartOfSegment),
                literal => segments.push(Segment::Literal(literal.into())),
            }
        }
        Ok(Self { segments, is_open })
    }

    /// Whether it is about this path.
    pub fn takes(&self, path: &str) -> bool {
        let Some(below) = path.strip_prefix('/') else {
            return false;
        };
        let mut segments = below.split('/');
        let mut own = self.segments.iter();
        own.all(|own| segments.next().is_some_and(|segment| own.takes(segment)))
            && (self.is_open || segments.next().is_none())
    }

    /// Whether a reader would take the path for one of these that minds neither the case of letters nor a slash at the end.
    pub(super) fn nearly_takes(&self, path: &str) -> bool {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let mut own = self.segments.iter().filter(|own| !own.is_empty());
        own.all(|own| segments.next().is_some_and(|segment| own.nearly_takes(segment)))
            && (self.is_open || segments.next().is_none())
    }

    /// How specific it is: of two that take the same path, the smaller one is. A name comes before `*`, and both before
    /// `/**`, in the first segment in which they differ.
    pub(super) fn rank(&self) -> Vec<u8> {
        let own = self.segments.iter().map(|own| match own {
            Segment::Literal(_) => 0,
            Segment::Any => 1,
        });
        own.chain([if self.is_open { 2 } else { 0 }]).collect()
    }

    /// Whether a path can have a segment of this number, from 1.
    pub fn has_segment(&self, number: usize) -> bool {
        number >= 1 && (self.is_open || number <= self.segments.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    #[test]
    fn a_star_is_one_segment_and_two_at_the_end_are_any_number() {
        for (text, taken, not_taken) in [
            ("/", &["/"][..], &["/a", ""][..]),
            ("/a", &["/a"], &["/", "/a/", "/A", "/ab", "/a/b"]),
            ("/a/", &["/a/"], &["/a", "/a/b"]),
            ("/a/*", &["/a/b", "/a/%20"], &["/a", "/a/", "/a/b/c", "/b/a"]),
            ("/a/*/c", &["/a/b/c"], &["/a/b/d", "/a//c", "/a/b/c/"]),
            ("/a/**", &["/a", "/a/", "/a/b", "/a/b/c"], &["/", "/ab", "/A/b"]),
            ("/**", &["/", "/a", "/a/b/"], &[]),
            ("/*/**", &["/a", "/a/b"], &["/"]),
            ("/caf%C3%A9", &["/caf%C3%A9", "/caf%c3%a9"], &["/caf%C3%A8", "/cafe"]),
            ("/@me", &["/@me", "/%40me"], &["/me"]),
        ] {
            for path in taken {
                assert!(pattern(text).takes(path), "{text} takes {path}");
            }
            for path in not_taken {
                assert!(!pattern(text).takes(path), "{text} does not take {path}");
            }
        }
    }

    #[test]
    fn what_is_no_path_of_a_route_is_refused() {
        for (text, problem) in [
            ("a", MalformedCall::NoSlash.into()),
            ("", MalformedCall::NoSlash.into()),
            ("/a//b", MalformedCall::EmptySegment.into()),
            ("/a/../b", MalformedCall::DotSegment.into()),
            ("/a b", MalformedCall::Character.into()),
            ("/a?b", MalformedCall::Character.into()),
            ("/{id}", MalformedCall::Character.into()),
            ("/a*", PatternProblem::PartOfSegment),
            ("/***", PatternProblem::PartOfSegment),
            ("/**/a", PatternProblem::NotAtEnd),
            ("/a/**/", PatternProblem::NotAtEnd),
        ] {
            assert_eq!(PathPattern::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn names_come_before_stars() {
        let mut texts = ["/**", "/a/**", "/*/b", "/a/*", "/a/b", "/a/*/**", "/a/b/**"];
        texts.sort_by_key(|text| pattern(text).rank());
        assert_eq!(texts, ["/a/b", "/a/b/**", "/a/*", "/a/*/**", "/a/**", "/*/b", "/**"]);
    }

    #[test]
    fn readers_that_mind_neither_case_nor_a_slash_are_thought_of() {
        for (text, path) in [
            ("/admin", "/Admin"),
            ("/admin", "/admin/"),
            ("/admin/", "/admin"),
            ("/a/*", "/A/b/"),
        ] {
            assert!(
                !pattern(text).takes(path) && pattern(text).nearly_takes(path),
                "{text} {path}"
            );
        }
        assert!(!pattern("/admin").nearly_takes("/admins") && !pattern("/a/*").nearly_takes("/a/"));
    }
}
