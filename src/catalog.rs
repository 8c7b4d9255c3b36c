//! Which instance types, prices and spot offers there are, from the tables of `data/catalog`.
//!
//! The tables are checked and packed into the program when it is built: sorted by name, one column
//! of prices per region, so that a look-up is two binary searches and nothing is read at run time.
//! Linux, shared tenancy; sources, dates and gaps are in `data/catalog/README.md`. What is not in
//! the tables is absent, never zero.

use std::fmt;

use serde::Serialize;

use crate::units::UsdPerHour;

/// An instance type: what one host of it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceType {
    /// Its name, such as `m5.large`.
    pub name: &'static str,
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory of the machine; a host registers less of it \[MiB\].
    pub memory_mib: u32,
    /// Its processor's instruction set.
    pub architecture: Architecture,
    /// Network interfaces, the host's own included; absent where not known.
    pub max_enis: Option<u32>,
    /// Further interfaces with trunking, 0 where it cannot trunk; absent where not known.
    pub branch_enis: Option<u32>,
    /// Graphics processors.
    pub gpus: u32,
}

/// A processor's instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Architecture {
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
    /// Graviton and other ARM processors.
    #[serde(rename = "arm64")]
    Arm64,
}

/// What the Spot Advisor says of a type in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpotOffer {
    /// Average saving on the on-demand price \[%\].
    pub savings_percent: u32,
    /// Band of the share of hosts interrupted in a month, 0 to 4.
    pub interruption_band: u8,
}

/// What Fargate bills, per second with a minimum of one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FargateRates {
    /// For a vCPU \[USD/h\].
    pub usd_per_vcpu_hour: UsdPerHour,
    /// For a gigabyte of memory \[USD/h\].
    pub usd_per_gb_hour: UsdPerHour,
}

impl InstanceType {
    /// Tasks with an interface of their own that a host takes without trunking; absent where the
    /// type's interfaces are not known.
    ///
    /// # Formula
    /// `max_enis − 1`: the first interface is the host's (Amazon ECS, task networking).
    #[must_use]
    pub fn task_interfaces(&self) -> Option<u32> {
        self.max_enis?.checked_sub(1)
    }

    /// Tasks with an interface of their own that a host takes with trunking; absent where the
    /// type cannot trunk or its interfaces are not known.
    ///
    /// # Formula
    /// `branch_enis + max_enis − 2`: one interface is the host's, one the trunk (Amazon ECS,
    /// elastic network interface trunking).
    #[must_use]
    pub fn trunked_task_interfaces(&self) -> Option<u32> {
        let branches = self.branch_enis.filter(|&branches| branches > 0)?;
        (branches + self.max_enis?).checked_sub(2)
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        })
    }
}

impl SpotOffer {
    /// The band as the Spot Advisor words it.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self.interruption_band {
            0 => "<5%",
            1 => "5-10%",
            2 => "10-15%",
            3 => "15-20%",
            _ => ">20%",
        }
    }

    /// Probability that a host is interrupted within a month: the middle of the band, 25 % for the
    /// open one [0 to 1].
    #[must_use]
    pub fn monthly_interruption(&self) -> f64 {
        match self.interruption_band {
            0 => 0.025,
            1 => 0.075,
            2 => 0.125,
            3 => 0.175,
            _ => 0.25,
        }
    }
}

/// The instance type of a name.
#[must_use]
pub fn instance_type(name: &str) -> Option<InstanceType> {
    type_index(name).map(|index| tables::INSTANCE_TYPES[index])
}

/// All instance types, by name.
pub fn instance_types() -> impl Iterator<Item = InstanceType> {
    tables::INSTANCE_TYPES.iter().copied()
}

/// The names of up to three instance types that an unknown one may mean, nearest first.
#[must_use]
pub fn nearest_instance_types(name: &str) -> Vec<&'static str> {
    nearest(name, instance_types().map(|known| known.name))
}

/// All regions with prices, by name.
#[must_use]
pub fn regions() -> &'static [&'static str] {
    &tables::REGIONS
}

/// The names of up to three regions that an unknown one may mean, nearest first.
#[must_use]
pub fn nearest_regions(name: &str) -> Vec<&'static str> {
    nearest(name, tables::REGIONS.iter().copied())
}

/// The on-demand price of a type in a region \[USD/h\].
#[must_use]
pub fn on_demand(region: &str, instance_type: &str) -> Option<UsdPerHour> {
    let micro_usd = tables::ON_DEMAND_MICRO_USD[region_index(region)?][type_index(instance_type)?];
    (micro_usd > 0).then(|| from_micro_usd(micro_usd))
}

/// The spot offer for a type in a region.
#[must_use]
pub fn spot(region: &str, instance_type: &str) -> Option<SpotOffer> {
    let code = tables::SPOT_CODES[region_index(region)?][type_index(instance_type)?];
    // The build packs 1 + 5 × saving + band.
    let [band, savings] = code.checked_sub(1).map(|code| [code % 5, code / 5])?;
    Some(SpotOffer {
        savings_percent: savings.into(),
        interruption_band: band.try_into().ok()?,
    })
}

/// The Fargate prices of an architecture in a region.
#[must_use]
pub fn fargate(region: &str, architecture: Architecture) -> Option<FargateRates> {
    let index = tables::FARGATE_MICRO_USD
        .binary_search_by_key(&(region, architecture), |&(key, _)| key)
        .ok()?;
    let (_, (vcpu, gb)) = tables::FARGATE_MICRO_USD[index];
    Some(FargateRates {
        usd_per_vcpu_hour: from_micro_usd(vcpu),
        usd_per_gb_hour: from_micro_usd(gb),
    })
}

/// The smallest Fargate task size on offer that holds CPU units and memory \[MiB\], and is also the
/// cheapest one; absent if none is large enough.
#[must_use]
pub fn fargate_size(cpu: u32, memory_mib: u32) -> Option<(u32, u32)> {
    tables::FARGATE_SIZES
        .iter()
        .copied()
        .find(|&(offered_cpu, offered_mib)| offered_cpu >= cpu && offered_mib >= memory_mib)
}

#[expect(
    clippy::unreadable_literal,
    reason = "written by the build from data/catalog"
)]
mod tables {
    use super::Architecture::{self, Arm64, X86_64};
    use super::InstanceType;

    /// Region and architecture; millionths of a dollar per vCPU-hour and per GB-hour.
    type FargateRow = ((&'static str, Architecture), (u32, u32));

    include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
}

fn type_index(name: &str) -> Option<usize> {
    tables::INSTANCE_TYPES
        .binary_search_by_key(&name, |known| known.name)
        .ok()
}

fn region_index(name: &str) -> Option<usize> {
    tables::REGIONS.binary_search(&name).ok()
}

fn from_micro_usd(micro_usd: u32) -> UsdPerHour {
    UsdPerHour(f64::from(micro_usd) / 1e6)
}

/// Up to three names within some typing errors (insertion, deletion, substitution, transposition);
/// of equally distant ones those that begin alike come first.
fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let name = name.to_ascii_lowercase();
    let most = 1 + name.chars().count() / 3;
    let mut candidates: Vec<_> = known
        .map(|known| (strsim::osa_distance(&name, known), known))
        .filter(|&(distance, _)| distance <= most)
        .map(|(distance, known)| (distance, -strsim::jaro_winkler(&name, known), known))
        .collect();
    candidates.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    candidates
        .iter()
        .take(3)
        .map(|&(.., known)| known)
        .collect()
}

#[cfg(test)]
mod tests;
