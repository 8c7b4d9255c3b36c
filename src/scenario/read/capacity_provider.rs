//! `[cluster.capacity_provider]`, and `[prescale] mode = "reactive"`, which relies on one.

use super::Sections;
use super::cluster::MOST_HOSTS;
use super::duration::LONGEST;
use super::table::Table;
use crate::scenario::{
    CapacityProvider, LaunchType, ManagedScaling, Prescale, TerminationProtection,
};

/// Whether the scenario asks for hosts on demand.
pub(super) fn is_reactive(prescale: &Table<'_>) -> bool {
    prescale.string("mode") == Some("reactive")
}

/// The capacity provider; absent where there is none, or a problem was noted.
pub(super) fn read(sections: &Sections<'_>, prescale: &Prescale) -> Option<CapacityProvider> {
    let table = sections.cluster.table("capacity_provider");
    let reactive = prescale.reactive;
    if !table.is_given() && !reactive {
        return None;
    }
    if sections.launch_type == Some(LaunchType::Fargate) {
        if table.is_given() {
            let expected = "no capacity provider of hosts: Fargate brings its own";
            sections
                .cluster
                .reject("capacity_provider", expected, "remove it");
        }
        return None;
    }
    let managed = table.flag("managed_scaling").unwrap_or_else(|| {
        table.assume("managed_scaling", true, "what a capacity provider is for");
        true
    });
    if reactive && !managed {
        let expected = "a mode without managed scaling, or managed_scaling = true";
        let hint = "hosts come on demand only by managed scaling";
        sections.prescale.reject("mode", expected, hint);
    }
    let target = table.integer_or("target_capacity", 1..=100, 100, "the default of ECS");
    let protection = match table.flag("managed_termination_protection") {
        Some(true) => TerminationProtection::On,
        Some(false) => TerminationProtection::Off,
        None => {
            let why = "the default of ECS: scale-in takes hosts with tasks too";
            table.assume("managed_termination_protection", false, why);
            TerminationProtection::Off
        }
    };
    let scaling = managed.then(|| scaling(&table, sections, prescale, reactive));
    if managed && prescale.host.is_none() {
        let expected = "the instance type of the hosts that managed scaling adds";
        sections.prescale.need::<()>(
            "instance_type",
            None,
            expected,
            "give prescale.instance_type",
        );
    }
    Some(CapacityProvider {
        scaling,
        target_capacity: target,
        termination_protection: protection,
    })
}

fn scaling(
    table: &Table<'_>,
    sections: &Sections<'_>,
    prescale: &Prescale,
    reactive: bool,
) -> ManagedScaling {
    let why = "the default of ECS";
    let minimum_step = table.integer_or("minimum_scaling_step_size", 1..=MOST_HOSTS, 1, why);
    let maximum_step =
        table.integer_or("maximum_scaling_step_size", 1..=MOST_HOSTS, MOST_HOSTS, why);
    if minimum_step > maximum_step {
        let expected = "at most maximum_scaling_step_size";
        table.reject("minimum_scaling_step_size", expected, "make it smaller");
    }
    let why = "a minute of metric and the alarm's reaction";
    let alarm = table.seconds_or("alarm", 0.0..=LONGEST, 90.0, why);
    let why = "the default of ECS";
    let warmup = table.seconds_or("instance_warmup", 0.0..=LONGEST, 300.0, why);
    let asked = reactive && sections.prescale.has("hosts");
    ManagedScaling {
        alarm,
        minimum_step,
        maximum_step,
        warmup,
        most_hosts: asked.then_some(prescale.hosts),
    }
}
