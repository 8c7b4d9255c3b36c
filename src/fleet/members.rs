//! A fleet with the offers of its services, as a problem for the solver.
//!
//! A service with windows claims hosts of its cluster's pool in the window it deploys in; there the
//! hosts of all services that share the window add up. A service without deploys at any time: of
//! those, the pool holds the p99 of what is needed at once, by a bound that is a sum over services.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::concurrency::EffectiveHosts;
use super::offers::{Hosts, Member, Offer, Offers, offers, price_of_a_host};
use super::problem::{Cluster, Limits, Pool, Problem, Service, ServiceOption};
use super::read::FleetFile;
use crate::rollout::TooFewPlaces;

/// Parts of a host in which claims on a pool that is open at any time are counted.
pub const PARTS: f64 = 1000.0;

/// What the name of a pool that is open at any time ends with.
const OPEN: &str = " at any time, in 1/1000 hosts";

/// The cluster whose pool is open at any time, by the pool's name in the problem.
#[must_use]
pub fn cluster_of_open_pool(name: &str) -> Option<&str> {
    name.strip_suffix(OPEN)
}

/// Services, their offers, and what they share.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// The limits, clusters and pools.
    pub file: FleetFile,
    /// The services.
    pub members: Vec<Member>,
    /// What each can choose.
    pub offers: Vec<Offers>,
}

/// Why a fleet cannot be planned.
#[derive(Debug, Clone, PartialEq)]
pub enum Obstacle {
    /// The desired count of a service does not fit on its hosts.
    TooFewPlaces(TooFewPlaces),
    /// A service is stuck with the settings of today, and no others are within its limits.
    NoOffer,
    /// Another service has the same name.
    SameName,
    /// Its cluster is not among the limits.
    UnknownCluster(String),
    /// Its pool of spot hosts is not among the limits.
    UnknownPool(String),
}

/// Which option of the problem is which offer, in which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Index into [`Offers::all`].
    pub offer: usize,
    /// Index into the windows that the service may choose from; none where it claims no hosts of a
    /// window.
    pub window: Option<usize>,
}

/// A problem, and what its options mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Posed {
    /// The problem.
    pub problem: Problem,
    /// For each service, for each option.
    pub meanings: Vec<Vec<Meaning>>,
    /// What the reserves of the pools that are open at any time cost \[USD/month\]; the problem's
    /// budget is what is left.
    pub reserves_usd: f64,
}

/// The pools that are open at any time, by cluster; no entry: none may claim hosts of it.
pub type AnyTime = BTreeMap<String, OpenPool>;

/// A pool that is open at any time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenPool {
    /// How claims on it are bounded.
    pub bound: EffectiveHosts,
    /// Most hosts of it; the windows of the cluster have the rest. None: not limited.
    pub most: Option<u32>,
}

impl Fleet {
    /// The offers of all services.
    ///
    /// # Errors
    /// Every service that keeps the fleet from being planned, by its index.
    pub fn new(file: FleetFile, members: Vec<Member>) -> Result<Self, Vec<(usize, Obstacle)>> {
        let found = in_parallel(&members, |member| offers(&file, member));
        let mut obstacles = Vec::new();
        let mut offers = Vec::with_capacity(members.len());
        for (i, found) in found.into_iter().enumerate() {
            let same = |other: &Member| other.name == members[i].name;
            if members[..i].iter().any(same) {
                obstacles.push((i, Obstacle::SameName));
            }
            obstacles.extend(unknown(&file, &members[i]).map(|obstacle| (i, obstacle)));
            match found {
                Ok(found) if found.all().next().is_none() => {
                    obstacles.push((i, Obstacle::NoOffer));
                }
                Ok(found) => offers.push(found),
                Err(few) => obstacles.push((i, Obstacle::TooFewPlaces(few))),
            }
        }
        if obstacles.is_empty() {
            Ok(Self {
                file,
                members,
                offers,
            })
        } else {
            Err(obstacles)
        }
    }

    /// What a host of a cluster's pool costs \[USD/month\].
    #[must_use]
    pub fn usd_per_extra_host(&self, cluster: &str) -> f64 {
        let given = self
            .file
            .clusters
            .get(cluster)
            .and_then(|limits| limits.usd_per_extra_host_per_month);
        given
            .unwrap_or_else(|| price_of_a_host(cluster, &self.members).map_or(0.0, |price| price.0))
    }

    /// Clusters with a service that deploys at any time and could use the pool.
    #[must_use]
    pub fn clusters_open_at_any_time(&self) -> Vec<String> {
        let mut clusters: Vec<String> = self
            .members
            .iter()
            .zip(&self.offers)
            .filter(|(member, offers)| {
                member.terms.windows.is_empty()
                    && offers
                        .all()
                        .any(|offer| matches!(offer.hosts, Hosts::Pool(_)))
            })
            .filter_map(|(member, _)| member.terms.cluster.clone())
            .collect();
        clusters.sort();
        clusters.dedup();
        clusters
    }

    /// The fleet as a problem for the solver.
    #[must_use]
    pub fn pose(&self, any_time: &AnyTime) -> Posed {
        let names = Names {
            fleet: self,
            windows: self.windows(),
            any_time,
        };
        let mut meanings = Vec::with_capacity(self.members.len());
        let mut services = Vec::with_capacity(self.members.len());
        for (member, offers) in self.members.iter().zip(&self.offers) {
            let (mine, options) = names.options(member, offers).into_iter().unzip();
            meanings.push(mine);
            services.push(Service {
                name: Arc::from(member.name.as_str()),
                options,
            });
        }
        let reserves_usd = any_time
            .iter()
            .map(|(cluster, open)| self.usd_per_extra_host(cluster) * open.bound.reserve())
            .sum();
        let clusters = self.file.clusters.iter().map(|(name, limits)| Cluster {
            name: Arc::from(name.as_str()),
            extra_hosts_max: limits.extra_hosts_max.map(|most| {
                let open = any_time.get(name).and_then(|open| open.most);
                most.saturating_sub(open.unwrap_or(0))
            }),
            usd_per_extra_host: self.usd_per_extra_host(name),
        });
        let budget = self.file.budget_usd_per_month;
        let problem = Problem {
            services,
            clusters: clusters.collect(),
            pools: names.pools(),
            windows: names.windows,
            limits: Limits {
                budget_usd: budget.map(|budget| budget - reserves_usd),
                shortfall_minutes: self.file.shortfall_minutes_per_month,
            },
        };
        Posed {
            problem,
            meanings,
            reserves_usd,
        }
    }

    /// Names of the windows; the first is for services that deploy at any time.
    fn windows(&self) -> Vec<Arc<str>> {
        let mut windows: Vec<Arc<str>> = vec![Arc::from("any")];
        for window in self.members.iter().flat_map(|member| &member.terms.windows) {
            if !windows.iter().any(|known| **known == **window) {
                windows.push(Arc::from(window.as_str()));
            }
        }
        windows
    }
}

/// What the problem's indices stand for.
struct Names<'a> {
    fleet: &'a Fleet,
    windows: Vec<Arc<str>>,
    any_time: &'a AnyTime,
}

impl Names<'_> {
    /// The given pools of spot hosts, then the pools of hosts that are open at any time.
    fn pools(&self) -> Vec<Pool> {
        let file = &self.fleet.file;
        let given = file.pools.iter().map(|(name, most)| Pool {
            name: Arc::from(name.as_str()),
            spot_hosts_max: *most,
        });
        let at_any_time = self.any_time.iter().map(|(cluster, open)| Pool {
            name: Arc::from(format!("{cluster}{OPEN}")),
            spot_hosts_max: open
                .most
                .map(|most| whole(((f64::from(most) - open.bound.reserve()) * PARTS).max(0.0))),
        });
        given.chain(at_any_time).collect()
    }

    /// The options of a service, each with what it means.
    fn options(&self, member: &Member, offers: &Offers) -> Vec<(Meaning, ServiceOption)> {
        let file = &self.fleet.file;
        let terms = &member.terms;
        let cluster = index(file.clusters.keys(), terms.cluster.as_ref());
        let spot_pool = index(file.pools.keys(), terms.spot_pool.as_ref());
        let mut options = Vec::new();
        for (i, offer) in offers.all().enumerate() {
            let plan = &offer.plan.plan;
            let meaning = |window| Meaning { offer: i, window };
            let own = ServiceOption {
                name: Arc::from(name_of(offer, None)),
                cluster: None,
                window: 0,
                pool: spot_pool,
                weighted_minutes: offer.weighted_minutes(member),
                usd: offer.usd,
                hosts: plan.prescale_hosts + plan.headroom_hosts,
                spot_hosts: plan.spot_hosts,
                shortfall_minutes: offer.plan.shortfall_minutes_per_month,
            };
            if offer.hosts == Hosts::Own {
                options.push((meaning(None), own));
                continue;
            }
            for (w, window) in terms.windows.iter().enumerate() {
                let named = (terms.windows.len() > 1).then_some(window.as_str());
                let at = self.windows.iter().position(|known| **known == **window);
                let option = ServiceOption {
                    name: Arc::from(name_of(offer, named)),
                    cluster,
                    window: at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0),
                    pool: None,
                    ..own.clone()
                };
                options.push((meaning(Some(w)), option));
            }
            if terms.windows.is_empty() {
                let at_any_time = self.at_any_time(member, offer, own);
                options.extend(at_any_time.map(|option| (meaning(None), option)));
            }
        }
        options
    }

    /// The option of a service that claims hosts of a pool which is open at any time.
    fn at_any_time(
        &self,
        member: &Member,
        offer: &Offer,
        own: ServiceOption,
    ) -> Option<ServiceOption> {
        let cluster = member.terms.cluster.as_ref()?;
        let bound = self.any_time.get(cluster)?.bound;
        let claimed = bound.of(offer.claim(member));
        let parts = (claimed * PARTS).ceil();
        if parts >= f64::from(u32::MAX) {
            return None;
        }
        let before = u32::try_from(self.fleet.file.pools.len()).ok()?;
        Some(ServiceOption {
            pool: Some(before + index(self.any_time.keys(), Some(cluster))?),
            usd: own.usd + self.fleet.usd_per_extra_host(cluster) * claimed,
            hosts: whole(parts),
            spot_hosts: whole(parts),
            ..own
        })
    }
}

fn index<'a>(names: impl Iterator<Item = &'a String>, name: Option<&String>) -> Option<u32> {
    let mut numbered = (0..).zip(names);
    numbered
        .find(|(_, known)| Some(*known) == name)
        .map(|(at, _)| at)
}

/// Names in a service's terms that the limits do not know.
fn unknown<'a>(file: &'a FleetFile, member: &'a Member) -> impl Iterator<Item = Obstacle> + 'a {
    let terms = &member.terms;
    let cluster = terms.cluster.as_ref();
    let pool = terms.spot_pool.as_ref();
    let cluster = cluster.filter(|name| !file.clusters.contains_key(*name));
    let pool = pool.filter(|name| !file.pools.contains_key(*name));
    let cluster = cluster.map(|name| Obstacle::UnknownCluster(name.clone()));
    cluster
        .into_iter()
        .chain(pool.map(|name| Obstacle::UnknownPool(name.clone())))
}

/// A short name of an offer, unique among those of its service.
fn name_of(offer: &Offer, window: Option<&str>) -> String {
    if offer.plan.changed.is_empty() {
        return "today".to_owned();
    }
    let plan = &offer.plan.plan;
    let mut name = format!("{}/{}", plan.minimum_healthy_percent, plan.maximum_percent);
    match offer.hosts {
        Hosts::Pool(hosts) => name += &format!(" +{hosts} of the pool"),
        Hosts::Own if plan.prescale_hosts > 0 => {
            name += &format!(" +{} before", plan.prescale_hosts);
        }
        Hosts::Own if plan.headroom_hosts > 0 => {
            name += &format!(" +{} standing", plan.headroom_hosts);
        }
        Hosts::Own => {}
    }
    if plan.spot_hosts > 0 {
        name += &format!(" ({} spot)", plan.spot_hosts);
    }
    if let Some(window) = window {
        name += &format!(" in {window}");
    }
    name
}

fn whole(parts: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and far below 2^32"
    )]
    let parts = parts as u32;
    parts
}

/// The same for each item, in order, on as many threads as there are processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], of: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = items.len().div_ceil(threads).max(1);
    let of = &of;
    std::thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(size)
            .map(|part| scope.spawn(move || part.iter().map(of).collect::<Vec<R>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| match part.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
