//! Tasks that found no place and wait for hosts that join later: when they are tried again.

use crate::units::Seconds;

/// How long the scheduler tries once per reaction, from the first failure \[s\].
const TRIED_OFTEN_FOR: f64 = 50.0;

/// Time between two tries after that \[s\].
const TRIED_EVERY: f64 = 300.0;

/// The first try that finds a host which joins so long after the request, without a capacity
/// provider.
///
/// # Formula
/// The first try fails one reaction R after the request; then one try per reaction for 50 s, then
/// one at R + 50 s + k · 300 s (recorded: "unable to place a task" events of ECS services).
#[must_use]
pub fn first_try_after(joined: Seconds, reaction: Seconds) -> Seconds {
    let seldom_from = reaction.0 + TRIED_OFTEN_FOR;
    if joined.0 <= reaction.0 {
        return reaction;
    }
    if reaction.0 > 0.0 {
        let soon = (joined.0 / reaction.0).ceil() * reaction.0;
        if soon <= seldom_from {
            return Seconds(soon);
        }
    }
    let rounds = ((joined.0 - seldom_from) / TRIED_EVERY).ceil().max(0.0);
    Seconds(seldom_from + rounds * TRIED_EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_joins_late_is_found_at_the_next_seldom_try() {
        // Tries at 20, 40, 60, 70, 370 and 670 s.
        for (joined, tried) in [
            (10.0, 20.0),
            (30.0, 40.0),
            (65.0, 70.0),
            (150.0, 370.0),
            (371.0, 670.0),
        ] {
            let found = first_try_after(Seconds(joined), Seconds(20.0));
            assert!((found.0 - tried).abs() < 1e-9, "{joined}: {found:?}");
        }
    }
}
