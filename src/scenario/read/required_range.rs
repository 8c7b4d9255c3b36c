//! `service.load.required_range`: the tasks that carry the load at both ends of
//! `service.desired_range`.

use super::desired_range::pair;
use super::table::Table;
use crate::scenario::{DesiredRange, RequiredRange};

const KEY: &str = "required_range";

/// The required tasks at both ends, where they are given; else in proportion to the desired count,
/// as an assumption, where it moves and a load is known.
pub(super) fn read(
    load: &Table<'_>,
    counts: Option<(u32, DesiredRange)>,
    required_tasks: Option<u32>,
) -> Option<RequiredRange> {
    let expected = "the required tasks at both ends of service.desired_range, such as [1, 12]";
    let Some((desired_count, range)) = counts else {
        if load.has(KEY) {
            let hint = "give service.desired_range, or remove it";
            let expected = "nothing without service.desired_range";
            load.reject(KEY, expected, hint);
        }
        return None;
    };
    if load.has(KEY) {
        let (low, high) = pair(load, KEY, expected)?;
        if low > high {
            load.reject(KEY, expected, "write the smaller one first");
        } else if low > range.low || high > range.high {
            let hint = "no more than the desired count at each end";
            load.reject(KEY, expected, hint);
        }
        return Some(RequiredRange { low, high });
    }
    let required = required_tasks?;
    let [low, high] =
        [range.low, range.high].map(|count| in_proportion(required, desired_count, count));
    let why = format!(
        "at the ends of service.desired_range the load is taken to follow the desired count: \
         {required} are required of {desired_count}"
    );
    load.assume(KEY, format!("[{low}, {high}]"), &why);
    None
}

/// Of r required and d desired tasks ceil(r · count / d) are required at another count.
fn in_proportion(required: u32, desired_count: u32, count: u32) -> u32 {
    let all = u64::from(required) * u64::from(count);
    u32::try_from(all.div_ceil(u64::from(desired_count.max(1)))).unwrap_or(u32::MAX)
}
