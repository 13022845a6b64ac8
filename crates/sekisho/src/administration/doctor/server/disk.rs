//! Room on the disk of the data directory. A database that cannot write refuses every sign-in.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::administration::doctor::{Deployment, Finding, Kind};

/// The least that should be free: a tenth, or this many KiB if that is less.
const ENOUGH: u64 = 2 * 1024 * 1024;

/// Room in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub whole: u64,
    pub free: u64,
}

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let data = &deployment.config.data;
    let room = room(data).filter(|room| is_little(*room));
    let finding = room.map(|room| {
        let problem = format!("{} MiB are free on its disk", room.free / 1024);
        let remedy = "make room, or move data to a larger disk: without it nobody can sign in";
        Finding::new(Kind::DiskNearlyFull, data.display().to_string(), problem, remedy)
    });
    finding.into_iter().collect()
}

pub(super) fn is_little(room: Room) -> bool {
    room.free < (room.whole / 10).min(ENOUGH)
}

/// What `df` says (POSIX); nothing where it is missing, as in a container with the program alone.
fn room(path: &Path) -> Option<Room> {
    let output = Command::new("df")
        .arg("-Pk")
        .arg(path)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    parse(&String::from_utf8(output.stdout).ok()?)
}

/// The numbers stand between the name of the file system, which may have spaces, and the percentage.
pub(super) fn parse(text: &str) -> Option<Room> {
    let line = text.lines().nth(1)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let percentage = words.iter().position(|word| word.ends_with('%'))?;
    let number = |before: usize| words.get(percentage.checked_sub(before)?)?.parse().ok();
    Some(Room {
        whole: number(3)?,
        free: number(1)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_less_than_a_tenth_and_than_two_gibibytes() {
        let room = |whole, free| Room { whole, free };
        assert!(is_little(room(1000, 99)) && !is_little(room(1000, 100)));
        assert!(is_little(room(1 << 40, ENOUGH - 1)) && !is_little(room(1 << 40, ENOUGH)));
    }

    #[test]
    fn what_df_says_is_read() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\nmap auto 1000 900 100 90% /x\n";
        assert_eq!(parse(text), Some(Room { whole: 1000, free: 100 }));
        assert_eq!(parse("df: nonsense\n"), None);
        assert!(room(Path::new("/")).is_some_and(|room| room.whole >= room.free));
        assert_eq!(room(Path::new("/nowhere/at/all")), None);
    }
}
