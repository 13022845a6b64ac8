//! What one process has of a bucket that it shares with others.
//!
//! It takes calls from the bucket by the handful: one at first, and twice as many each time when the last handful was used up
//! at once, but never more than an eighth of the bucket. What is not used while the bucket would have filled by as much is given
//! up, so that a process that is left alone holds nothing back. Of a bucket that is empty it remembers until when, and asks
//! nobody before that.

use super::{Bucket, Measure};

/// A process never takes more than this part of a bucket at once.
const PART: i64 = 8;

/// What a process has of a bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    /// Calls that were taken from the bucket and are not used yet.
    in_hand: i64,
    /// From then on they are given up.
    good_until: i64,
    /// How many were taken last.
    handful: i64,
    /// Before that there is nothing in the bucket.
    empty_until: i64,
    /// The bucket when it was looked at last.
    bucket: Bucket,
}

/// What is to be done for one more call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is one in hand, which is used now.
    Pass,
    /// There is none for so many seconds.
    Wait(i64),
    /// So many are to be taken from the bucket, or one, if there are fewer; see [`Share::took`] and [`Share::found_empty`].
    Take(i64),
}

impl Share {
    /// What is to be done for one more call.
    pub fn next(&mut self, measure: Measure, now: i64) -> Next {
        let is_fresh = now < self.good_until;
        if self.in_hand > 0 && is_fresh {
            self.in_hand -= 1;
            return Next::Pass;
        }
        if now < self.empty_until {
            return Next::Wait(self.empty_until - now);
        }
        let was_used_up = self.in_hand == 0 && is_fresh;
        self.in_hand = 0;
        let most = (measure.burst() / PART).max(1);
        Next::Take(if was_used_up {
            (2 * self.handful).clamp(1, most)
        } else {
            1
        })
    }

    /// So many calls were taken from the bucket, of which one is used now. `bucket`: as it is afterwards.
    pub fn took(&mut self, measure: Measure, now: i64, calls: i64, bucket: Bucket) {
        *self = Self {
            in_hand: calls - 1,
            good_until: now + measure.in_seconds(measure.cost(calls)),
            handful: calls,
            empty_until: 0,
            bucket,
        };
    }

    /// There was not one call in the bucket: how long it will take.
    pub fn found_empty(&mut self, measure: Measure, now: i64, bucket: Bucket) -> i64 {
        let wait = bucket.wait(measure, now).max(1);
        *self = Self {
            empty_until: now + wait,
            bucket,
            ..Self::default()
        };
        wait
    }

    /// The call that was used is not needed: another limit holds it back.
    pub fn give_back(&mut self) {
        self.in_hand += 1;
    }

    /// How many calls are left, as far as is known here.
    pub fn left(&self, measure: Measure, now: i64) -> i64 {
        let in_hand = if now < self.good_until { self.in_hand } else { 0 };
        in_hand + self.bucket.left(measure, now)
    }

    /// After how many seconds the bucket is full, as far as is known here.
    pub fn full_in(&self, measure: Measure, now: i64) -> i64 {
        self.bucket.full_in(measure, now)
    }

    /// Whether there is anything to remember of it.
    pub fn is_idle(&self, now: i64) -> bool {
        now >= self.good_until && now >= self.empty_until
    }
}
