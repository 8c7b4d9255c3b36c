//! Which commands and options there are.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::scenario::read::duration;
use crate::units::Seconds;

/// How long a container deployment takes, what a faster one costs, and whether to pre-scale hosts.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Whether headlines stand out; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the deployment is stuck, or nothing meets the limits; 2 bad input or usage, \
or a file that cannot be read or written; 3 stopped before the proof; 130 interrupted with nothing.";

/// When a headline stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// What the arguments ask for, told before they are known to be right.
    pub fn wanted(arguments: impl Iterator<Item = OsString>) -> Self {
        let arguments: Vec<OsString> = arguments.collect();
        let told = arguments.iter().enumerate().find_map(|(index, argument)| {
            let argument = argument.to_str()?;
            match argument.strip_prefix("--color")? {
                "" => arguments.get(index + 1)?.to_str(),
                value => value.strip_prefix('='),
            }
        });
        told.and_then(|told| Self::from_str(told, false).ok())
            .unwrap_or_default()
    }
}

impl From<Color> for clap::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Which deployment options, how many pre-scaled hosts, how much spot, within the limits
    Recommend(OfScenario),
    /// Whether to pre-scale hosts, against everything else that brings room
    Hosts(OfScenario),
    /// Duration, cost and availability as it stands
    Estimate(OfScenario),
    /// The deployment step by step with times, and the largest levers
    Explain(OfExplained),
    /// The same as estimate by event simulation, with a picture of one deployment
    Simulate(OfSimulation),
    /// One option per service under a shared budget, hosts and spot, with a proven gap
    Fleet(OfFleet),
    /// A capacity-planning report with charts, for paper and screen
    Report(OfReport),
    /// Whether the settings keep to the limits, and the cheapest change that mends it
    Check(OfCheck),
    /// One row for each combination of values, or for each row of a table
    Sweep(OfSweep),
    /// The recommended settings for a tool that deploys
    #[command(subcommand)]
    Emit(EmitTool),
    /// A scenario from what the provider's command line prints
    #[command(subcommand)]
    Import(ImportSource),
    /// How far the model is off: against the simulation, against recorded deployments
    Validate(OfValidation),
    /// Instance types and prices: the regions; the types of a region; a type in every region
    Catalog(OfCatalog),
    /// The JSON Schema of a scenario, or of a fleet's files, for editors
    Schema(OfSchema),
    /// Completions of commands and options for a shell
    Completions(OfCompletions),
    /// The manual page
    Man,
}

#[derive(Debug, Args)]
pub struct OfSchema {
    /// Of which file
    #[arg(value_enum, default_value_t = Described::Scenario)]
    pub of: Described,
}

/// A kind of files that people write.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Described {
    /// A scenario
    Scenario,
    /// A fleet with its services and limits
    Fleet,
    /// The limits beside a flat table of options
    Limits,
}

#[derive(Debug, Args)]
pub struct OfCompletions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct OfScenario {
    /// File with the scenario, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct OfSimulation {
    /// File with the scenario, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Where the random numbers begin: the same seed gives the same answer
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many deployments are played
    #[arg(long, value_name = "N", default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub runs: u32,
    /// Write every event of the first run as CSV
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,
    /// How many threads play them; the answer does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: u32,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct OfExplained {
    /// File with the scenario, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainedFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ExplainedFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Csv,
    Markdown,
}

#[derive(Debug, Args)]
pub struct OfFleet {
    /// Services, clusters and limits, TOML or JSON; - for standard input
    #[arg(value_name = "FLEET", required_unless_present = "options")]
    pub fleet: Option<PathBuf>,
    /// Instead of FLEET: a table of options, CSV with one row per option; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        requires = "limits",
        conflicts_with = "fleet"
    )]
    pub options: Option<PathBuf>,
    /// Limits that the services of the table share, TOML; - for standard input
    #[arg(long, value_name = "FILE", requires = "options")]
    pub limits: Option<PathBuf>,
    /// Write the options of all services as such a table
    #[arg(long, value_name = "FILE", requires = "fleet")]
    pub emit_options: Option<PathBuf>,
    /// Write the limits that belong to it
    #[arg(long, value_name = "FILE", requires = "fleet")]
    pub emit_limits: Option<PathBuf>,
    /// Show so many services, those that bring the most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Solve again with a little more of each limit that binds
    #[arg(long)]
    pub what_if: bool,
    /// Write the fewest minutes for every budget, CSV
    #[arg(long, value_name = "FILE")]
    pub budget_curve: Option<PathBuf>,
    /// Longest time to search, such as 60s or 5m; as long each time that it is solved again
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = time_limit)]
    pub time_limit: Seconds,
    /// How far from the best the plan may be: (objective - bound) / objective
    #[arg(long, value_name = "SHARE", default_value = "1e-4", value_parser = gap)]
    pub gap: f64,
    /// How many threads search, at most two unless given; the answer does not depend on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: FleetFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FleetFormat {
    #[default]
    Text,
    Json,
}

fn time_limit(text: &str) -> Result<Seconds, String> {
    let limit = duration(text).ok_or("expected a number with a unit, such as 60s or 5m")?;
    if limit.0 > 0.0 && limit.0 <= 30.0 * 86_400.0 {
        Ok(limit)
    } else {
        Err("expected more than 0s, and at most 30d".to_owned())
    }
}

fn gap(text: &str) -> Result<f64, String> {
    let gap = text.parse().ok().filter(|gap| (0.0..1.0).contains(gap));
    gap.ok_or_else(|| "expected a share of 1 such as 1e-4, from 0 to below 1".to_owned())
}

#[derive(Debug, Args)]
pub struct OfReport {
    /// File with the scenario or the fleet, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// Where the report is written; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// One page of HTML, Markdown for a pull request, or data; by the file's ending if not given
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    /// Write a fleet's hosts and dollars of each month and cluster, CSV
    #[arg(long, value_name = "FILE")]
    pub yearly_plan: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Html,
    Markdown,
    Json,
}

#[derive(Debug, Args)]
pub struct OfCheck {
    /// File with the scenario or the fleet, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// The scenario or fleet as it was: time, cost and capacity before and after
    #[arg(long, value_name = "OLD")]
    pub against: Option<PathBuf>,
    /// How the answer is written; github: annotations of a workflow, then a Markdown summary
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CheckFormat {
    #[default]
    Text,
    Json,
    Markdown,
    Github,
}

#[derive(Debug, Args)]
pub struct OfSweep {
    /// File with the scenario, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// A key and its values: a,b,c or 0..100 or 0..100:5 or 30s..300s:30s; the last key given
    /// changes fastest
    #[arg(long, value_name = "KEY=VALUES", value_parser = vary, required_unless_present_any = ["grid", "input"])]
    pub vary: Vec<Vary>,
    /// File with such keys and values, each as [[vary]] with key and values; before those of --vary
    #[arg(long, value_name = "FILE")]
    pub grid: Option<PathBuf>,
    /// Table whose columns are keys, CSV, one row a scenario; an empty cell changes nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vary", "grid"])]
    pub input: Option<PathBuf>,
    /// Where the rows are written; there only when complete. Standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How rows are written; by the ending of the output file if not given, else CSV
    #[arg(long, value_enum)]
    pub format: Option<SweepFormat>,
    /// Go on with what an interrupted run has left beside the output file; not for Parquet
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// Only part I of N, counted from 1; the parts one after another are the whole (Parquet: each
    /// is a file of its own)
    #[arg(long, value_name = "I/N", value_parser = shard, default_value = "1/1")]
    pub shard: Shard,
    /// How many work at once; as many as there are processors if not given
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SweepFormat {
    Csv,
    Jsonl,
    Parquet,
}

/// A key and its values, as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    pub key: String,
    pub values: String,
}

/// A part of several, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub part: u32,
    pub parts: u32,
}

fn vary(text: &str) -> Result<Vary, String> {
    match text.split_once('=') {
        Some((key, values)) if !key.trim().is_empty() => Ok(Vary {
            key: key.trim().to_owned(),
            values: values.to_owned(),
        }),
        _ => Err(
            "expected a key and its values, such as deployment.minimum_healthy_percent=0..100"
                .to_owned(),
        ),
    }
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "expected a whole number from 1 on".to_owned())
}

fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/');
    let numbers = numbers.and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    match numbers {
        Some((part, parts)) if (1..=parts).contains(&part) => Ok(Shard { part, parts }),
        _ => Err("expected a part and how many there are, from 1/N to N/N".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub enum EmitTool {
    /// Arguments of Terraform's `aws_ecs_service` and `aws_lb_target_group`
    Terraform(OfEmitted),
    /// Properties of resources in an AWS template, YAML
    #[command(name = "cloudformation")]
    CloudFormation(OfEmitted),
    /// Commands of the AWS command line, added hosts too
    Cli(OfEmitted),
}

#[derive(Debug, Args)]
pub struct OfEmitted {
    /// File with the scenario, TOML or JSON; - for standard input
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// The settings as they stand in the scenario instead of the recommended ones
    #[arg(long)]
    pub current: bool,
}

#[derive(Debug, Subcommand)]
pub enum ImportSource {
    /// An Amazon ECS service, from files that the AWS CLI printed
    Ecs(OfEcs),
}

#[derive(Debug, Args)]
pub struct OfEcs {
    /// What `aws ecs describe-services` printed; - for standard input
    #[arg(long, value_name = "FILE")]
    pub services: PathBuf,
    /// What `aws ecs describe-task-definition` printed
    #[arg(long, value_name = "FILE")]
    pub task_definition: Option<PathBuf>,
    /// What `aws elbv2 describe-target-groups` printed
    #[arg(long, value_name = "FILE")]
    pub target_groups: Option<PathBuf>,
    /// What `aws elbv2 describe-target-group-attributes` printed
    #[arg(long, value_name = "FILE")]
    pub target_group_attributes: Option<PathBuf>,
    /// What `aws ecs describe-container-instances` printed
    #[arg(long, value_name = "FILE")]
    pub container_instances: Option<PathBuf>,
    /// What `aws autoscaling describe-auto-scaling-groups` printed
    #[arg(long, value_name = "FILE")]
    pub auto_scaling_groups: Option<PathBuf>,
    /// Which service, by name or ARN, where several are described
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Where the scenario is written; standard output if not given
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace the output file if it exists
    #[arg(long, requires = "output")]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct OfValidation {
    /// How many random scenarios are compared
    #[arg(long, value_name = "N", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub scenarios: u32,
    /// How many deployments of one are simulated at most; fewer where these tell enough
    #[arg(long, value_name = "N", default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub runs: u32,
    /// Where the random numbers begin: the same seed gives the same answer
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many work at once, as many as there are processors if not given; the answer does not
    /// depend on it
    #[arg(long, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Only write the random scenario with this number, to look into it
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["scenarios", "runs", "threads", "format"])]
    pub emit_scenario: Option<u32>,
    /// The same of those whose hosts are taken back
    #[arg(long, value_name = "NUMBER",
        conflicts_with_all = ["scenarios", "runs", "threads", "format", "emit_scenario"])]
    pub emit_struck: Option<u32>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: ValidationFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ValidationFormat {
    #[default]
    Markdown,
    Json,
}

#[derive(Debug, Args)]
pub struct OfCatalog {
    /// Only this region
    #[arg(long)]
    pub region: Option<String>,
    /// Only these instance types
    #[arg(value_name = "TYPE")]
    pub types: Vec<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    pub format: CatalogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CatalogFormat {
    #[default]
    Text,
    Json,
    Csv,
}
