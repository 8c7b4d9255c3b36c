//! What the loss of a zone would take, as a line beside the room.

use super::Baseline;
use crate::model::placement::{Placement, between_deployments};
use crate::model::required_tasks;
use crate::scenario::Capacity;
use crate::units::PerHour;

/// What is left when the zone with the most tasks is lost, and what finds a place elsewhere.
pub(super) fn zone_loss_told(base: &Baseline) -> Option<String> {
    let Capacity::Hosts(cluster) = &base.scenario.capacity else {
        return None;
    };
    let desired = base.scenario.service.desired_count;
    let hosts = between_deployments(base.scenario, &base.plan);
    let placement = Placement::spread(desired, hosts, Vec::new());
    let zones = placement.zones();
    if zones.is_empty() {
        return None;
    }
    let most_on = |zone: &Vec<(u32, &_)>| {
        let on = placement.tasks_on(zone);
        on.last().map_or(0, |&(tasks, _)| tasks)
    };
    let (zone, lost) = zones
        .iter()
        .map(|zone| (zone, most_on(zone)))
        .max_by_key(|(_, tasks)| *tasks)?;
    let elsewhere = placement.free_beside(zone, lost).min(lost);
    let left = desired.saturating_sub(lost);
    let required = required_tasks(&base.scenario.service);
    let back = match elsewhere {
        0 => "none of them finds a place elsewhere".to_owned(),
        all if all == lost => "the other zones have places for all of them".to_owned(),
        some => format!(
            "the other zones have places for {some} of them, which makes {}",
            left + some
        ),
    };
    let counted = if cluster.zone_loss.hazard > PerHour::ZERO {
        ""
    } else {
        "; how often that happens is not given: cluster.zone_loss_per_month"
    };
    Some(format!(
        "hosts in {} zones: the loss of one takes up to {lost} tasks and leaves {left}, {required} are required; {back}{counted}",
        zones.len()
    ))
}
