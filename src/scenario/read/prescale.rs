//! `[prescale]`: the hosts that are added for a deployment, or that could be.

use super::Sections;
use super::capacity_provider::is_reactive;
use super::cluster::MOST_HOSTS;
use super::duration::LONGEST;
use super::host::{self, Trunking};
use super::prices::Prices;
use super::spot::Interruptions;
use super::table::Table;
use crate::catalog;
use crate::scenario::{
    AddedHost, Capacity, DurationLaw, HostGroup, HostShape, LaunchType, Prescale, PrescaleMode,
    Purchase, Recommend, ReleaseHosts,
};
use crate::units::{PerHour, Seconds, Usd};

const MODES: &[(&str, PrescaleMode)] = &[
    ("before", PrescaleMode::Before),
    ("standing", PrescaleMode::Standing),
    ("warm-pool", PrescaleMode::WarmPool),
    // Nothing is added beforehand: managed scaling brings the hosts.
    ("reactive", PrescaleMode::Before),
];
const RELEASES: &[(&str, ReleaseHosts)] = &[
    ("emptiest", ReleaseHosts::Emptiest),
    ("newest", ReleaseHosts::Newest),
];

/// Whether this scenario adds hosts, or its recommendation may.
pub(super) fn can_add_hosts(
    launch_type: Option<LaunchType>,
    cluster: &Table<'_>,
    prescale: &Table<'_>,
    recommend: Option<Recommend>,
) -> bool {
    let may_change = recommend.map(|recommend| recommend.may_change);
    let is_asked = cluster.has("capacity_provider")
        || prescale.is_given()
        || may_change.is_some_and(|may| may.prescale || may.headroom);
    let knows_a_type = cluster.has("hosts") || prescale.has("instance_type");
    launch_type == Some(LaunchType::Ec2) && is_asked && knows_a_type
}

/// The hosts that are or could be added.
pub(super) fn read(
    sections: &Sections<'_>,
    capacity: Option<&Capacity>,
    prices: &Prices<'_>,
    interruptions: &Interruptions<'_>,
) -> Prescale {
    let table = &sections.prescale;
    let hosts = table.integer("hosts", 0..=MOST_HOSTS).unwrap_or(0);
    let spot_share = table.share("spot_share", 0.0..=1.0, "a share from 0 to 1");
    let mode = table.choice("mode", MODES);
    let release_hosts = table.choice("release_hosts", RELEASES);
    let stopped = mode == Some(PrescaleMode::WarmPool);
    let (boot, why) = if stopped {
        let boot = DurationLaw::lognormal(Seconds(45.0), 0.2);
        (
            boot,
            "a stopped host starts without being set up anew; measure yours",
        )
    } else {
        let boot = DurationLaw::lognormal(Seconds(150.0), 0.2);
        (
            boot,
            "typical from launch to first task; recorded as 2 to 4 min",
        )
    };
    let (boot, release) = if sections.adds_hosts {
        (
            table.law_or("boot", boot, why),
            table.seconds_or(
                "release",
                0.0..=LONGEST,
                60.0,
                "typical from empty to not billed",
            ),
        )
    } else {
        (
            table.law("boot").unwrap_or(boot),
            table
                .seconds("release", 0.0..=LONGEST)
                .unwrap_or(Seconds(60.0)),
        )
    };
    if sections.adds_hosts && !table.has("release_hosts") {
        table.assume(
            "release_hosts",
            "emptiest",
            "added hosts with tasks stay and serve",
        );
    }
    if hosts > 0 && !table.has("mode") {
        table.assume(
            "mode",
            "before",
            "launched before the deployment, released after it",
        );
    }
    if hosts > 0 && !table.has("spot_share") {
        table.assume("spot_share", 0, "added hosts at the list price");
    }
    let storage = if stopped {
        let why = "not given: the disk of a stopped host is not counted";
        table.amount_or_zero("storage_usd_per_host_month", why)
    } else {
        table.amount("storage_usd_per_host_month").unwrap_or(0.0)
    };
    if stopped && spot_share.is_some_and(|share| share > 0.0) {
        let expected = "0: a warm pool has no spot hosts";
        table.reject(
            "spot_share",
            expected,
            "write spot_share = 0, or another mode",
        );
    }
    let lead_overlap = table.seconds("lead_overlap", 0.0..=LONGEST);
    let host = added_host(sections, capacity, hosts, prices, interruptions);
    if let (Some(share), Some(host)) = (spot_share, &host)
        && share > 0.0
        && host.spot.is_none()
    {
        let price = format!("spot price of {}", host.shape.instance_type);
        let remedy = "write spot_share = 0";
        prices.report_unknown(table, "spot_share", &price, remedy);
    }
    if hosts > 0 && sections.launch_type == Some(LaunchType::Fargate) {
        let expected = "no added hosts: Fargate brings its own";
        table.reject("hosts", expected, "remove [prescale]");
    }
    Prescale {
        hosts,
        spot_share: spot_share.unwrap_or(0.0),
        mode: mode.unwrap_or(PrescaleMode::Before),
        reactive: is_reactive(table),
        boot,
        release,
        lead_overlap: lead_overlap.unwrap_or(Seconds::ZERO),
        release_hosts: release_hosts.unwrap_or(ReleaseHosts::Emptiest),
        storage_per_host_month: Usd(storage),
        host,
    }
}

/// The host that would be added: of the type that is named, else like the first group that takes
/// tasks; absent where no type or no price is known, which is a problem only if it is asked for.
fn added_host(
    sections: &Sections<'_>,
    capacity: Option<&Capacity>,
    hosts: u32,
    prices: &Prices<'_>,
    interruptions: &Interruptions<'_>,
) -> Option<AddedHost> {
    let table = &sections.prescale;
    let groups: &[HostGroup] = match capacity? {
        Capacity::Hosts(cluster) => &cluster.hosts,
        Capacity::FreeTasks(_) => &[],
        Capacity::Unlimited => return None,
    };
    let named = table.string("instance_type");
    let shape = match named {
        Some(name) => named_shape(sections, name, groups)?,
        None if table.has("instance_type") => return None,
        None => match groups.iter().find(|group| group.accepts_tasks) {
            Some(group) => group.shape.clone(),
            None if hosts > 0 => {
                let expected =
                    "the instance type of the added hosts: with free_tasks none is known";
                table.need::<()>("instance_type", None, expected, "give instance_type");
                return None;
            }
            None => return None,
        },
    };
    let instance_type = shape.instance_type.as_str();
    let own_price = |purchase| {
        groups
            .iter()
            .find(|group| group.purchase == purchase && group.shape.instance_type == instance_type)
            .map(|group| group.usd_per_hour)
    };
    let on_demand = own_price(Purchase::OnDemand).or_else(|| prices.on_demand(instance_type));
    let spot = own_price(Purchase::Spot).or_else(|| prices.spot(instance_type));
    if on_demand.is_none() && (hosts > 0 || named.is_some()) {
        let price = format!("on-demand price of {instance_type}");
        let remedy = format!("give \"{instance_type}\" under [prices]");
        prices.report_unknown(table, "instance_type", &price, &remedy);
    }
    let on_demand = on_demand?;
    if named.is_none() && sections.adds_hosts {
        table.assume(
            "instance_type",
            instance_type,
            "like the first hosts that take tasks",
        );
    }
    let interruption = match spot {
        Some(_) => interruptions.hazard(&shape.instance_type),
        None => PerHour::ZERO,
    };
    Some(AddedHost {
        shape,
        on_demand,
        spot,
        interruption,
    })
}

/// The shape of a named type, as the cluster's own hosts of that type register it.
fn named_shape(sections: &Sections<'_>, name: &str, groups: &[HostGroup]) -> Option<HostShape> {
    let own = groups
        .iter()
        .find(|group| group.shape.instance_type == name);
    if let Some(group) = own {
        return Some(group.shape.clone());
    }
    let Some(instance) = catalog::instance_type(name) else {
        host::report_unknown_type(&sections.prescale, name);
        return None;
    };
    let shape = host::catalog_shape(&instance, Trunking::of(&sections.cluster));
    let HostShape {
        registered_cpu,
        registered_memory_mib,
        ..
    } = shape;
    sections.prescale.assume(
        "instance_type",
        format!("{name} with {registered_cpu} CPU units and {registered_memory_mib} MiB"),
        "1024 for each vCPU and 93 % of the memory of the type",
    );
    Some(shape)
}
