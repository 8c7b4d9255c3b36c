//! `prescale fleet --options --limits`: a table that anyone can make, and searches that are stopped.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{Run, assert_narrow, binary, prescale};
use crate::middle_fleets::{Shape, fleet};

const TABLE: [&str; 5] = [
    "fleet",
    "--options",
    "data/examples/fleet/options.csv",
    "--limits",
    "data/examples/fleet/limits.toml",
];

/// A table and its limits in a folder of their own.
struct Table {
    folder: TempDir,
}

impl Table {
    fn new(options: &str, limits: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let write = |name, text| std::fs::write(folder.path().join(name), text);
        write("options.csv", options).expect("it can be written");
        write("limits.toml", limits).expect("it can be written");
        Self { folder }
    }

    /// One for which to prove the best plan takes far longer than anybody waits.
    fn large() -> Self {
        let shape = Shape {
            services: 1500,
            options: 30,
            clusters: 20,
            windows: 12,
            pools: 15,
            choosing: 0.0,
        };
        let problem = fleet(&shape, 7);
        let mut options = "service,option,cluster,window,pool,weighted_minutes_per_month,\
            usd_per_month,hosts,spot_hosts,shortfall_minutes_per_month\n"
            .to_owned();
        for service in &problem.services {
            for option in &service.options {
                let cluster = option.cluster.map(|i| &*problem.clusters[i as usize].name);
                let pool = option.pool.map(|i| &*problem.pools[i as usize].name);
                options += &format!(
                    "{},{},{},{},{},{},{},{},{},{}\n",
                    service.name,
                    option.name,
                    cluster.unwrap_or_default(),
                    problem.windows[option.window as usize],
                    pool.unwrap_or_default(),
                    option.weighted_minutes,
                    option.usd,
                    option.hosts,
                    option.spot_hosts,
                    option.shortfall_minutes,
                );
            }
        }
        let of = |limit: Option<f64>| limit.expect("it is limited");
        let mut limits = format!(
            "budget_usd_per_month = {:?}\nshortfall_minutes_per_month = {:?}\n",
            of(problem.limits.budget_usd),
            of(problem.limits.shortfall_minutes),
        );
        for cluster in &problem.clusters {
            limits += &format!(
                "[clusters.{}]\nextra_hosts_max = {}\nusd_per_extra_host_per_month = {:?}\n",
                cluster.name,
                cluster.extra_hosts_max.expect("it is limited"),
                cluster.usd_per_extra_host,
            );
        }
        for pool in &problem.pools {
            let most = pool.spot_hosts_max.expect("it is limited");
            limits += &format!("[pools.{}]\nspot_hosts_max = {most}\n", pool.name);
        }
        Self::new(&options, &limits)
    }

    fn command(&self, further: &[&str]) -> Command {
        let path = |name| self.folder.path().join(name).display().to_string();
        let mut command = binary(&["fleet"]);
        command.args([
            "--options",
            &path("options.csv"),
            "--limits",
            &path("limits.toml"),
        ]);
        command.args(further);
        command
    }

    fn run(&self, further: &[&str]) -> Run {
        Run::from(self.command(further).output().expect("the binary runs"))
    }
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).expect("it is JSON")
}

#[test]
fn a_table_is_planned() {
    let run = prescale(&[&TABLE[..], &["--what-if"]].concat());
    assert_narrow(&run);
    insta::assert_snapshot!(run);
}

#[test]
fn a_table_is_planned_as_json() {
    let run = prescale(&[&TABLE[..], &["--gap", "0", "--format", "json"]].concat());
    insta::assert_snapshot!(run);
}

#[test]
fn only_the_services_that_take_most_are_shown() {
    let run = prescale(&[&TABLE[..], &["--top", "2"]].concat());
    assert_narrow(&run);
    assert!(run.stdout.contains("search") && run.stdout.contains("checkout"));
    assert!(!run.stdout.contains("catalog"), "{}", run.stdout);
    assert!(run.stdout.contains("and 2 more"), "{}", run.stdout);
}

#[test]
fn the_emitted_limits_are_those_of_the_fleet() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (options, limits) = (path("options.csv"), path("limits.toml"));
    let emitted = ["--emit-options", &options, "--emit-limits", &limits];
    let run = prescale(&[&["fleet", "data/examples/fleet/fleet.toml"], &emitted[..]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let read = |path: &str| std::fs::read_to_string(path).expect("it was written");
    let (options, limits) = (read(&options), read(&limits));
    let names: Vec<&str> = options
        .lines()
        .filter(|line| line.starts_with("search,"))
        .map(|line| line.splitn(6, ',').take(5).collect::<Vec<_>>())
        .map(|fields| {
            if fields[3] == "any" {
                fields[1]
            } else {
                fields[3]
            }
        })
        .collect();
    assert!(
        names.contains(&"10h") && names.contains(&"14h"),
        "{names:?}"
    );
    let header = options.lines().next().unwrap_or_default();
    insta::assert_snapshot!(format!("{header}\n\n{limits}"));
}

#[test]
fn names_are_no_formulas_in_the_emitted_table_and_read_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let scenario = std::path::absolute("data/examples/two-tasks-no-room.toml").expect("a path");
    let fleet = format!(
        "[clusters.\"@c\"]\nextra_hosts_max = 3\nusd_per_extra_host_per_month = 9.0\n\
         [[service]]\nfile = '{}'\nname = '=1+1'\ncluster = '@c'\nwindow = '-w'\n",
        scenario.display()
    );
    std::fs::write(path("fleet.toml"), fleet).expect("it can be written");
    let (options, limits) = (path("options.csv"), path("limits.toml"));
    let emitted = ["--emit-options", &options, "--emit-limits", &limits];
    let run = prescale(&[&["fleet", &path("fleet.toml")], &emitted[..]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let table = std::fs::read_to_string(&options).expect("it was written");
    let cells = || table.lines().skip(1).flat_map(|row| row.split(','));
    assert!(cells().any(|cell| cell == "'@c") && cells().any(|cell| cell == "'-w"));
    assert!(
        cells().all(|cell| !cell.starts_with(['=', '+', '@'])),
        "{table}"
    );
    let run = prescale(&[
        "fleet",
        "--options",
        &options,
        "--limits",
        &limits,
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(json(&run)["choices"][0]["service"], "=1+1");
}

#[test]
fn all_that_is_wrong_with_a_table_is_told() {
    let table = Table::new(
        "service,option,cluster,window,pool,weighted_minutes_per_month,usd_per_month,hosts,\
         spot_hosts,shortfall_minutes_per_month\n\
         a,today,main,10h,,12,0,0,0,0\n\
         a,today,main,10h,,11,0,0,0,0\n\
         b,today,mian,10h,,12,0,0,0,0\n\
         b,fast,main,10h,spot,-3,free,2,3,0\n",
        "[clusters.main]\nextra_hosts_max = 2\n",
    );
    let run = table.run(&[]);
    let folder = table.folder.path().display().to_string();
    assert_eq!(run.code, Some(2));
    insta::assert_snapshot!(run.stderr.replace(&folder, "FOLDER"));
}

#[test]
fn limits_that_no_plan_meets_are_infeasible() {
    let table = Table::new(
        "service,option,cluster,window,pool,weighted_minutes_per_month,usd_per_month,hosts,\
         spot_hosts,shortfall_minutes_per_month\n\
         a,small,main,10h,spot,12,4,2,2,1\n\
         a,large,main,10h,spot,9,7,4,4,1\n\
         b,only,main,10h,,20,3,3,0,1\n",
        "budget_usd_per_month = 20.0\nshortfall_minutes_per_month = 5.0\n\
         [clusters.main]\nextra_hosts_max = 4\nusd_per_extra_host_per_month = 3.0\n\
         [pools.spot]\nspot_hosts_max = 9\n",
    );
    let run = table.run(&[]);
    assert_narrow(&run);
    insta::assert_snapshot!(run);
    let answer = json(&table.run(&["--format", "json"]));
    assert_eq!(answer["status"], "infeasible");
    assert_eq!(answer["objective"], Value::Null);
    assert_eq!(answer["bound"], Value::Null);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let table = Table::large();
    let run = |threads| table.run(&["--gap", "1e-3", "--threads", threads, "--format", "json"]);
    let one = run("1");
    assert_eq!(one.code, Some(0), "{}{}", one.stdout, one.stderr);
    assert_eq!(one.stdout, run("2").stdout);
}

/// The exit code and answer of a stopped search with a plan: its gap is proven, and not yet closed.
fn assert_stopped_with_a_plan(run: &Run, ended: &str) {
    assert_eq!(run.code, Some(3), "{}{}", run.stdout, run.stderr);
    let answer = json(run);
    assert_eq!(answer["status"], "gap");
    assert_eq!(answer["ended"], ended);
    let number = |key: &str| answer[key].as_f64().expect("a number");
    assert!(number("bound") < number("objective"));
    assert!(number("gap") > 0.0 && number("gap") < 1.0);
    assert_eq!(answer["choices"].as_array().map(Vec::len), Some(1500));
}

#[test]
fn out_of_time_the_best_plan_so_far_is_given() {
    let table = Table::large();
    let asked = |limit: &str| table.run(&["--gap", "0", "--time-limit", limit, "--format", "json"]);
    // Before there is a plan nothing is claimed.
    let none = asked("0.001s");
    assert_eq!(none.code, Some(3), "{}{}", none.stdout, none.stderr);
    assert_eq!(json(&none)["status"], "unknown");
    let limits = ["1s", "2s", "4s", "8s", "16s", "32s", "64s", "128s"];
    let mut runs = limits.iter().map(|limit| asked(limit));
    let with_a_plan = runs.find(|run| json(run)["status"] != "unknown");
    assert_stopped_with_a_plan(&with_a_plan.expect("a plan is found"), "time_limit");
}

#[cfg(unix)]
#[test]
fn interrupted_the_best_plan_so_far_is_given() {
    let table = Table::large();
    let interrupted_after = |wait: Duration| {
        let further = ["--gap", "0", "--time-limit", "600s", "--format", "json"];
        let mut command = table.command(&further);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the binary starts");
        std::thread::sleep(wait);
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.expect("kill runs").success());
        Run::from(child.wait_with_output().expect("the binary ends"))
    };
    let waits = (0..8).map(|doubled| Duration::from_millis(1000 << doubled));
    let mut runs = waits.map(interrupted_after);
    // With nothing found yet it ends with 130, or by the signal where nothing is handled yet.
    let with_a_plan = runs.find(|run| !matches!(run.code, Some(130) | None));
    assert_stopped_with_a_plan(&with_a_plan.expect("a plan is found"), "interrupted");
}
