//! `[cluster]`: the hosts, what runs on all of them, and what they cost.

use super::Sections;
use super::host::{self, Trunking};
use super::prices::Prices;
use super::service::{MOST_CPU, MOST_MEMORY_MIB};
use super::spot::Interruptions;
use super::table::Table;
use crate::scenario::{
    Capacity, Cluster, Daemon, DurationLaw, HostGroup, LaunchType, LicenceCount, Purchase, Used,
    ZoneLoss,
};
use crate::units::{PerHour, Seconds, Usd, UsdPerHour};

/// No scenario has more hosts.
pub(super) const MOST_HOSTS: u32 = 10_000;

const PURCHASES: &[(&str, Purchase)] =
    &[("on-demand", Purchase::OnDemand), ("spot", Purchase::Spot)];
const LICENCE_COUNTS: &[(&str, LicenceCount)] = &[
    ("hours", LicenceCount::Hours),
    ("high-water", LicenceCount::HighWater),
];

/// Where the tasks run; absent where a problem was noted.
pub(super) fn read(
    sections: &Sections<'_>,
    prices: &Prices<'_>,
    interruptions: &Interruptions<'_>,
) -> Option<Capacity> {
    let table = &sections.cluster;
    let free_tasks = table.integer("free_tasks", 0..=100_000);
    let trunking = trunking(sections);
    let groups: Vec<Option<HostGroup>> = sections
        .hosts
        .iter()
        .map(|group| group_of_hosts(group, trunking, prices, interruptions))
        .collect();
    let daemons: Vec<Option<Daemon>> = table.tables("daemons").iter().map(daemon).collect();
    let host_extra = cost(sections, "host_extra_usd_per_hour", table.has("hosts"));
    let cold_pull_gib = table.amount("cold_pull_gib").unwrap_or(0.0);
    let nat_usd_per_gib = cost(sections, "nat_usd_per_gib", sections.adds_hosts);
    let zone_loss = zone_loss(sections);
    let committed_hosts = table.integer("committed_hosts", 0..=MOST_HOSTS);
    if sections.launch_type? == LaunchType::Fargate {
        for key in ["hosts", "free_tasks"] {
            if table.has(key) {
                let expected = "no hosts: Fargate brings its own, without a limit";
                table.reject(key, expected, "remove it, or write launch_type = \"ec2\"");
            }
        }
        return Some(Capacity::Unlimited);
    }
    if table.has("free_tasks") {
        if table.has("hosts") {
            let expected = "either [[cluster.hosts]] or free_tasks";
            table.reject("free_tasks", expected, "remove one of them");
        }
        return free_tasks.map(Capacity::FreeTasks);
    }
    let hint = "give each kind of host as [[cluster.hosts]], or free_tasks where only the room is \
                known";
    table.need::<()>("hosts", None, "the hosts that the tasks run on", hint);
    let hosts: Vec<HostGroup> = groups.into_iter().collect::<Option<_>>()?;
    if !table.has_list("hosts") {
        return None;
    }
    if !hosts.iter().any(|group| group.accepts_tasks) {
        let expected = "at least one group of hosts that takes tasks";
        table.reject(
            "hosts",
            expected,
            "remove accepts_tasks = false from one of them",
        );
        return None;
    }
    Some(Capacity::Hosts(Cluster {
        region: prices.region().map(str::to_owned),
        hosts,
        daemons: daemons.into_iter().collect::<Option<_>>()?,
        host_extra: UsdPerHour(host_extra),
        cold_pull_gib,
        nat_usd_per_gib,
        committed_hosts: committed_hosts.unwrap_or(0),
        zone_loss: zone_loss?,
    }))
}

fn trunking(sections: &Sections<'_>) -> Trunking {
    let cluster = &sections.cluster;
    let matters = sections.service.string("network_mode") == Some("awsvpc") && cluster.has("hosts");
    if matters && !cluster.has("eni_trunking") {
        cluster.assume("eni_trunking", false, "the default of an account");
    }
    Trunking::of(cluster)
}

/// A cost that is zero unless it is given; listed where it would matter.
fn cost(sections: &Sections<'_>, key: &str, matters: bool) -> f64 {
    if matters {
        sections
            .cluster
            .amount_or_zero(key, "not given: not counted")
    } else {
        sections.cluster.amount(key).unwrap_or(0.0)
    }
}

/// How often a zone is lost and for how long; absent where a problem was noted.
fn zone_loss(sections: &Sections<'_>) -> Option<ZoneLoss> {
    let table = &sections.cluster;
    let share = table.share("zone_loss_per_month", 0.0..=0.99, "a share from 0 to 0.99");
    let given = table.law("zone_outage");
    let has_zones = sections.hosts.iter().any(|group| group.has("zone"));
    if !table.has("zone_loss_per_month") {
        if has_zones {
            let why = "not given: the loss of a zone is not counted";
            table.assume("zone_loss_per_month", 0, why);
        }
        return Some(ZoneLoss::NEVER);
    }
    let share = share?;
    if share > 0.0 && !has_zones {
        let expected = "hosts with a zone, which they can lose";
        let hint = "give zone of [[cluster.hosts]], such as zone = \"1a\"";
        table.reject("zone_loss_per_month", expected, hint);
        return None;
    }
    let outage = if table.has("zone_outage") {
        given?
    } else {
        let why = "not given: its hosts are back after an hour";
        table.law_or("zone_outage", DurationLaw::fixed(Seconds(3600.0)), why)
    };
    Some(ZoneLoss {
        hazard: PerHour::of_monthly_share(share),
        outage,
    })
}

fn group_of_hosts(
    table: &Table<'_>,
    trunking: Trunking,
    prices: &Prices<'_>,
    interruptions: &Interruptions<'_>,
) -> Option<HostGroup> {
    let shape = host::shape(table, trunking);
    let count = table.integer("count", 0..=MOST_HOSTS);
    let count = table.need("count", count, "the number of these hosts", "give count");
    let purchase = table.choice_or_first("purchase", PURCHASES, "at the list price");
    let own_price = table.price("usd_per_hour");
    let used = |key, most| table.integer(key, 0..=most).unwrap_or(0);
    let used = Used {
        cpu: used("used_cpu", MOST_CPU),
        memory_mib: used("used_memory_mib", MOST_MEMORY_MIB),
        interfaces: used("used_interfaces", 10_000),
    };
    let accepts_tasks = table.flag("accepts_tasks").unwrap_or(true);
    let zone = table.string("zone").map(str::to_owned);
    if shape.is_none() && !table.has("usd_per_hour") {
        prices.check_region("give usd_per_hour");
    }
    let shape = shape?;
    let purchase = purchase?;
    let usd_per_hour = if table.has("usd_per_hour") {
        own_price
    } else {
        listed_price(table, &shape.instance_type, purchase, prices)
    };
    let interruption = match purchase {
        Purchase::OnDemand => PerHour::ZERO,
        Purchase::Spot => interruptions.hazard(&shape.instance_type),
    };
    Some(HostGroup {
        shape,
        count: count?,
        purchase,
        usd_per_hour: usd_per_hour?,
        accepts_tasks,
        zone,
        interruption,
        used,
    })
}

fn listed_price(
    table: &Table<'_>,
    instance_type: &str,
    purchase: Purchase,
    prices: &Prices<'_>,
) -> Option<UsdPerHour> {
    let (price, name, remedy) = match purchase {
        Purchase::OnDemand => (
            prices.on_demand(instance_type),
            "on-demand price",
            format!("give usd_per_hour, or \"{instance_type}\" under [prices]"),
        ),
        Purchase::Spot => (
            prices.spot(instance_type),
            "spot price",
            "give usd_per_hour".to_owned(),
        ),
    };
    if price.is_none() {
        let name = format!("{name} of {instance_type}");
        prices.report_unknown(table, "instance_type", &name, &remedy);
    }
    price
}

fn daemon(table: &Table<'_>) -> Option<Daemon> {
    let name = table.need(
        "name",
        table.string("name"),
        "a name",
        "give the daemon a name",
    );
    let hint = "give it as in the task definition";
    let cpu = table.integer("cpu", 0..=MOST_CPU);
    let cpu = table.need("cpu", cpu, "the CPU units that it reserves", hint);
    let memory_mib = table.integer("memory_mib", 0..=MOST_MEMORY_MIB);
    let memory = "the memory that it reserves, in MiB";
    let memory_mib = table.need("memory_mib", memory_mib, memory, hint);
    let licence = table.amount_or_zero("usd_per_host_month", "not given: no licence is counted");
    let counted = table.choice("counted", LICENCE_COUNTS);
    Some(Daemon {
        name: name?.to_owned(),
        cpu: cpu?,
        memory_mib: memory_mib?,
        usd_per_host_month: Usd(licence),
        counted: counted.unwrap_or(LicenceCount::Hours),
    })
}
