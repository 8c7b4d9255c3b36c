//! Services drawn at random, written as the scenarios a user would write, so that each can be given
//! to any other command.

use std::fmt::Write as _;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

use crate::rollout::{self, Verdict};
use crate::scenario::Scenario;
use crate::scenario::read::{Purpose, Syntax, scenario};

/// The most tasks that a drawn service has.
pub const MOST_TASKS: u32 = 500;

/// One task's size; hosts register a multiple of it.
const CPU: u32 = 128;
const MEMORY_MIB: u32 = 256;
/// What a host registers beyond its tasks: less than one of them \[MiB\].
const TOO_LITTLE_MIB: u32 = 100;
/// Draws that may be stuck or not fit before the number is given up.
const MOST_DRAWS: u32 = 1000;

/// A scenario that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Which one of its seed, from 1.
    pub number: u32,
    /// The scenario as TOML.
    pub toml: String,
    /// The same, read.
    pub scenario: Scenario,
}

/// The scenario with this number, of at most so many tasks, whose deployment completes. It depends
/// on nothing but the arguments. Absent where no draw can be used.
///
/// Counts and mean durations are even on a logarithmic scale. Percents are round ones or any; hosts
/// have places for none to twice the desired count beside it, on hosts of one to twenty tasks, some
/// of them added without the image.
#[must_use]
pub fn drawn(seed: u64, number: u32, most_tasks: u32) -> Option<Drawn> {
    first_that_completes(seed, number, |draw| draw.service(number, most_tasks))
}

/// The first of the draws for a number whose deployment completes.
pub(super) fn first_that_completes(
    seed: u64,
    number: u32,
    service: impl Fn(&mut Draw) -> String,
) -> Option<Drawn> {
    // Neighbouring numbers begin far from each other: the multiplier is that of Weyl's sequence.
    let apart = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_add(apart)));
    (0..MOST_DRAWS).find_map(|_| {
        let toml = service(&mut draw);
        let scenario = scenario(&toml, Syntax::Toml, Purpose::MonthlyFigures).ok()?;
        match rollout::verdict(&scenario) {
            Ok(Verdict::Completes(_)) => Some(Drawn {
                number,
                toml,
                scenario,
            }),
            Ok(Verdict::Stuck(_)) | Err(_) => None,
        }
    })
}

/// Where what is drawn comes from.
pub(super) struct Draw(Xoshiro256PlusPlus);

/// Where tasks run and how they are reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ports {
    Dynamic,
    Static,
    OwnInterface,
    Fargate,
}

impl Draw {
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        self.0.random_range(0..limit)
    }

    pub(super) fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.0.random_range(0..items.len())]
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..high)
    }

    /// Even on a logarithmic scale.
    fn scaled(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    pub(super) fn count(&mut self, most: u32) -> u32 {
        let count = self.scaled(1.0, f64::from(most) + 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to most"
        )]
        let count = count as u32;
        count.clamp(1, most)
    }

    pub(super) fn law(&mut self, shortest: f64, longest: f64) -> String {
        let mean = self.scaled(shortest, longest);
        let family = self.one_of(&["", "", "gamma", "weibull", "fixed"]);
        if family == "fixed" {
            return format!("\"{mean:.1}s\"");
        }
        let cv = self.between(0.05, 0.8);
        let family = match family {
            "" => String::new(),
            other => format!(", distribution = \"{other}\""),
        };
        format!("{{ mean = \"{mean:.1}s\", cv = {cv:.2}{family} }}")
    }

    fn service(&mut self, number: u32, most_tasks: u32) -> String {
        let desired = self.count(most_tasks);
        let balancer = self.one_of(&["alb", "alb", "alb", "nlb", "clb", ""]);
        let ports = match balancer {
            "clb" => Ports::Static,
            _ => self.one_of(&[
                Ports::Dynamic,
                Ports::Dynamic,
                Ports::Static,
                Ports::OwnInterface,
                Ports::Fargate,
            ]),
        };
        let mut text = format!(
            "[service]\nname = \"random-{number}\"\ndesired_count = {desired}\n\
             cpu = {CPU}\nmemory_mib = {MEMORY_MIB}\n"
        );
        text += match ports {
            Ports::Dynamic => "network_mode = \"bridge\"\nhost_port = \"dynamic\"\n",
            Ports::Static => "network_mode = \"bridge\"\nhost_port = \"static\"\n",
            Ports::OwnInterface => "network_mode = \"awsvpc\"\n",
            Ports::Fargate => "launch_type = \"fargate\"\n",
        };
        if ports != Ports::Fargate {
            let placement = self.one_of(&["spread", "binpack"]);
            let _ = writeln!(text, "placement = \"{placement}\"");
        }
        self.timing(&mut text);
        if !balancer.is_empty() {
            self.load_balancer(&mut text, balancer);
        }
        if self.below(4) == 0 {
            let interval = self.one_of(&[5, 10, 30]);
            let _ = write!(
                text,
                "\n[service.health_check]\ninterval = \"{interval}s\"\ntimeout = \"5s\"\n\
                 retries = 3\nstart_period = \"0s\"\n"
            );
        }
        let required = match self.below(2) {
            0 => desired,
            _ => 1 + self.below(desired),
        };
        let _ = write!(text, "\n[service.load]\nrequired_tasks = {required}\n");
        self.deployment(&mut text);
        if ports == Ports::Fargate {
            text += "\n[cluster]\nregion = \"us-east-1\"\n";
        } else {
            self.hosts(&mut text, desired, ports);
        }
        text
    }

    fn timing(&mut self, text: &mut String) {
        let start = self.law(5.0, 120.0);
        let ready = self.law(5.0, 200.0);
        let stop = self.law(1.0, 60.0);
        let timeout = self.one_of(&[10, 30, 120]);
        let cold = self.law(5.0, 60.0);
        let _ = write!(
            text,
            "\n[service.timing]\nstart = {start}\nready = {ready}\nstop = {stop}\n\
             stop_timeout = \"{timeout}s\"\ncold_start_extra = {cold}\n"
        );
    }

    fn load_balancer(&mut self, text: &mut String, kind: &str) {
        let interval = self.one_of(&[5, 10, 30, 60]);
        let healthy = 2 + self.below(9);
        let unhealthy = 2 + self.below(4);
        let delay = self.one_of(&[0, 15, 60, 300, 600]);
        let _ = write!(
            text,
            "\n[service.load_balancer]\ntype = \"{kind}\"\n\
             health_check_interval = \"{interval}s\"\nhealthy_threshold = {healthy}\n\
             unhealthy_threshold = {unhealthy}\nderegistration_delay = \"{delay}s\"\n"
        );
        if kind != "clb" && self.below(3) == 0 {
            *text += "health_rule = \"threshold\"\n";
        }
        if kind == "nlb" {
            let delay = self.law(70.0, 180.0);
            let _ = writeln!(text, "registration_delay = {delay}");
        }
    }

    fn deployment(&mut self, text: &mut String) {
        let (minimum, maximum) = if self.below(2) == 0 {
            (self.below(101), 100 + self.below(101))
        } else {
            (
                self.one_of(&[0, 25, 50, 75, 90, 100, 100]),
                self.one_of(&[100, 110, 125, 150, 200, 200]),
            )
        };
        let reaction = self.law(10.0, 40.0);
        let stopping_counts = self.below(4) > 0;
        let lag = self.one_of(&[0, 0, 10]);
        // One deployment a month, so that minutes per month are minutes per deployment.
        let _ = write!(
            text,
            "\n[deployment]\nminimum_healthy_percent = {minimum}\nmaximum_percent = {maximum}\n\
             reaction = {reaction}\nstopping_counts = {stopping_counts}\n\
             completion_lag = \"{lag}s\"\nper_day = 1\ndays_per_month = 1\n"
        );
    }

    /// Hosts with exactly so many places as are drawn: equal ones, and a smaller one for the rest.
    fn hosts(&mut self, text: &mut String, desired: u32, ports: Ports) {
        let beside = match self.below(3) {
            0 => desired * 2,
            _ => self.below(desired + 2),
        };
        let cold = match self.below(3) {
            0 => beside,
            1 => self.below(beside + 1),
            _ => 0,
        };
        let each = match ports {
            Ports::Static => 1,
            Ports::OwnInterface => self.one_of(&[1, 2, 3]),
            Ports::Dynamic | Ports::Fargate => self.one_of(&[1, 2, 4, 8, 20]),
        };
        let places = desired + beside - cold;
        *text += "\n[cluster]\nregion = \"us-east-1\"\n";
        for (count, tasks) in [(places / each, each), (1, places % each)] {
            if count > 0 && tasks > 0 {
                let _ = write!(
                    text,
                    "\n[[cluster.hosts]]\ninstance_type = \"m5.xlarge\"\ncount = {count}\n\
                     registered_cpu = {}\nregistered_memory_mib = {}\n",
                    tasks * CPU,
                    tasks * MEMORY_MIB + TOO_LITTLE_MIB,
                );
            }
        }
        let each_added = if places >= each { each } else { places };
        let added = cold.div_ceil(each_added);
        if added > 0 {
            let _ = write!(text, "\n[prescale]\nhosts = {added}\n");
        }
    }
}
