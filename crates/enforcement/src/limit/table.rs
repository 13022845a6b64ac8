//! The buckets of one process, in memory.

use std::collections::HashMap;

use super::{Bucket, Charge, Exceeded, Measure, Usage};

/// Buckets by their hash; full ones are not kept. One takes some 100 bytes.
#[derive(Debug)]
pub struct Table {
    buckets: HashMap<[u8; 32], (Bucket, Measure)>,
    most: usize,
}

impl Table {
    /// A table for this many buckets that are not full.
    pub fn new(most: usize) -> Self {
        Self {
            buckets: HashMap::new(),
            most: most.max(1),
        }
    }

    /// Takes one call from each bucket, or none from any.
    pub fn take(&mut self, charges: &[Charge], now: i64) -> Result<Vec<Usage>, Exceeded> {
        let mut taken = Vec::with_capacity(charges.len());
        for charge in charges {
            let measure = charge.rule.measure;
            let mut bucket = self
                .buckets
                .get(&charge.bucket)
                .map_or_else(Bucket::default, |(bucket, _)| *bucket);
            if !bucket.take(measure, now, 1) {
                let usage = Usage {
                    rule: charge.rule.clone(),
                    left: 0,
                    reset: bucket.wait(measure, now),
                };
                return Err(Exceeded { usage });
            }
            taken.push((charge, bucket));
        }
        let keep = |(charge, bucket): (&Charge, Bucket)| {
            let measure = charge.rule.measure;
            self.keep(charge.bucket, bucket, measure, now);
            Usage {
                rule: charge.rule.clone(),
                left: bucket.left(measure, now),
                reset: bucket.full_in(measure, now),
            }
        };
        Ok(taken.into_iter().map(keep).collect())
    }

    fn keep(&mut self, hash: [u8; 32], bucket: Bucket, measure: Measure, now: i64) {
        if self.buckets.len() >= self.most && !self.buckets.contains_key(&hash) {
            self.make_room(now);
        }
        self.buckets.insert(hash, (bucket, measure));
    }

    /// Forgets full buckets, of which there is nothing to know. If there are hardly any, those go that will be full first:
    /// whoever they belong to gets some calls too many.
    fn make_room(&mut self, now: i64) {
        let full = |(bucket, measure): &(Bucket, Measure)| bucket.full_second(*measure);
        self.buckets.retain(|_, kept| full(kept) > now);
        let least = self.most - self.most / 4;
        if self.buckets.len() < least {
            return;
        }
        let mut times: Vec<i64> = self.buckets.values().map(full).collect();
        let quarter = times.len() / 4;
        let (_, &mut limit, _) = times.select_nth_unstable(quarter);
        self.buckets.retain(|_, kept| full(kept) > limit);
    }

    /// How many buckets are kept.
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}
