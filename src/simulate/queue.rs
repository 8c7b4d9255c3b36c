//! What happens next: events by time, and of one moment by the order in which they were added.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events to come. Time, number and event are packed into one integer, so that their order is one
/// comparison: bits of a time that is not negative order as the time does.
#[derive(Debug, Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<u128>>,
    added: u32,
}

/// Of an event's 32 bits those that tell what it is about.
const SUBJECT_BITS: u32 = 27;

impl Queue {
    /// Adds an event of a kind (below 32) about a task or host (below 2²⁷).
    pub fn add(&mut self, time: f64, kind: u8, subject: u32) {
        debug_assert!(time >= 0.0 && subject < 1 << SUBJECT_BITS);
        let event = u32::from(kind) << SUBJECT_BITS | subject;
        let key =
            u128::from(time.to_bits()) << 64 | u128::from(self.added) << 32 | u128::from(event);
        self.added = self.added.wrapping_add(1);
        self.heap.push(Reverse(key));
    }

    /// Takes the next event: time, kind and subject.
    pub fn next(&mut self) -> Option<(f64, u8, u32)> {
        self.heap.pop().map(|Reverse(key)| unpacked(key))
    }

    /// Takes the next event if it comes before a moment.
    pub fn next_before(&mut self, end: f64) -> Option<(f64, u8, u32)> {
        let Reverse(key) = self.heap.peek()?;
        (unpacked(*key).0 < end).then(|| self.next()).flatten()
    }

    /// Leaves out the events of some kinds.
    pub fn retain(&mut self, keep: impl Fn(u8) -> bool) {
        self.heap.retain(|Reverse(key)| keep(unpacked(*key).1));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.heap.clear();
        self.added = 0;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "parts of what was packed from as many bits"
)]
fn unpacked(key: u128) -> (f64, u8, u32) {
    let event = key as u32;
    let kind = (event >> SUBJECT_BITS) as u8;
    let subject = event & ((1 << SUBJECT_BITS) - 1);
    (f64::from_bits((key >> 64) as u64), kind, subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_one_moment_come_in_the_order_they_were_added() {
        let mut queue = Queue::default();
        queue.add(2.0, 1, 7);
        queue.add(1.0, 31, 8);
        queue.add(1.0, 0, 9);
        queue.add(0.5, 2, (1 << SUBJECT_BITS) - 1);
        let order: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(
            order,
            [
                (0.5, 2, (1 << SUBJECT_BITS) - 1),
                (1.0, 31, 8),
                (1.0, 0, 9),
                (2.0, 1, 7)
            ]
        );
    }
}
