//! `[prices]` over the catalog: what an hour of a host or of Fargate costs in the region.

use std::collections::BTreeMap;

use super::keys::{meant, nearest};
use super::table::Table;
use super::{Purpose, Sections};
use crate::catalog::{self, Architecture};
use crate::units::UsdPerHour;

const FARGATE_VCPU: &str = "fargate.vcpu";
const FARGATE_GB: &str = "fargate.gb";

/// The given prices and the region that the others are looked up in.
pub(super) struct Prices<'a> {
    sections: &'a Sections<'a>,
    region: Option<&'a str>,
    given: BTreeMap<&'a str, UsdPerHour>,
    /// What an unknown price is taken for, where none is asked.
    otherwise: Option<UsdPerHour>,
}

impl<'a> Prices<'a> {
    pub(super) fn read(sections: &'a Sections<'a>, purpose: Purpose) -> Self {
        let table = &sections.prices;
        let mut given = BTreeMap::new();
        for name in table.names() {
            if table.has_table(name) {
                let hint = format!("put the whole name in quotes, such as \"{name}.….\" = 0.05");
                table.reject(name, "a price in USD per hour", &hint);
            } else if let Some(price) = table.price(name) {
                given.insert(name, price);
            }
        }
        Self {
            sections,
            region: sections.cluster.string("region"),
            given,
            otherwise: (purpose == Purpose::BackTest).then_some(UsdPerHour::ZERO),
        }
    }

    /// The region, where given.
    pub(super) fn region(&self) -> Option<&'a str> {
        self.region
    }

    /// The on-demand price of a host, where known.
    pub(super) fn on_demand(&self, instance_type: &str) -> Option<UsdPerHour> {
        let given = self.given.get(instance_type).copied();
        given
            .or_else(|| catalog::on_demand(self.region?, instance_type))
            .or(self.otherwise)
    }

    /// The spot price of a host: its on-demand price less the saving, where both are known.
    pub(super) fn spot(&self, instance_type: &str) -> Option<UsdPerHour> {
        let offer = self
            .region
            .and_then(|region| catalog::spot(region, instance_type));
        let Some(offer) = offer else {
            return self.otherwise;
        };
        let share_paid = 1.0 - f64::from(offer.savings_percent) / 100.0;
        Some(self.on_demand(instance_type)? * share_paid)
    }

    /// What Fargate bills for a vCPU and for a gigabyte, where both are known.
    pub(super) fn fargate(&self, architecture: Architecture) -> Option<(UsdPerHour, UsdPerHour)> {
        let listed = self
            .region
            .and_then(|region| catalog::fargate(region, architecture));
        let vcpu = self.given.get(FARGATE_VCPU).copied();
        let gb = self.given.get(FARGATE_GB).copied();
        Some((
            vcpu.or(listed.map(|rates| rates.usd_per_vcpu_hour))
                .or(self.otherwise)?,
            gb.or(listed.map(|rates| rates.usd_per_gb_hour))
                .or(self.otherwise)?,
        ))
    }

    /// Notes that a price is not known, at its cause: the region or else the key that asks for it.
    pub(super) fn report_unknown(&self, table: &Table<'_>, key: &str, price: &str, remedy: &str) {
        let cluster = &self.sections.cluster;
        match self.region {
            None if cluster.has("region") => {}
            None => {
                let expected = format!("the region in which the {price} is looked up");
                let hint = format!("give cluster.region, or {remedy}");
                cluster.report("region", "nothing", &expected, &hint);
            }
            Some(region) if !catalog::regions().contains(&region) => self.check_region(remedy),
            Some(region) => {
                let found = format!("no {price} in {region}");
                table.report(key, &found, "a known price", remedy);
            }
        }
    }

    /// Notes a region that the catalog does not have, where prices are looked up in it.
    pub(super) fn check_region(&self, remedy: &str) {
        if let Some(region) = self
            .region
            .filter(|region| !catalog::regions().contains(region))
        {
            let hint = meant(&catalog::nearest_regions(region), remedy);
            let cluster = &self.sections.cluster;
            cluster.reject("region", "a region of the catalog", &hint);
        }
    }

    /// Notes every name under `[prices]` that is no instance type and so has no effect.
    pub(super) fn check_names(&self) {
        let sections = self.sections;
        let used: Vec<&str> = sections
            .hosts
            .iter()
            .chain([&sections.prescale])
            .filter_map(|table| table.string("instance_type"))
            .collect();
        for name in self.given.keys().copied() {
            let is_known = [FARGATE_VCPU, FARGATE_GB].contains(&name)
                || used.contains(&name)
                || catalog::instance_type(name).is_some();
            if is_known {
                continue;
            }
            let mut near = catalog::nearest_instance_types(name);
            near.extend(nearest(name, [FARGATE_VCPU, FARGATE_GB].into_iter()));
            let hint = meant(&near, "remove it");
            let expected = "an instance type, \"fargate.vcpu\" or \"fargate.gb\"";
            sections
                .prices
                .report_key(name, "an unknown name", expected, &hint);
        }
    }
}
