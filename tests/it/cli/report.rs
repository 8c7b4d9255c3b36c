//! `prescale report`.

use insta::assert_snapshot;
use serde_json::Value;

use super::{prescale, prescale_given};

fn web(change: impl Fn(&str) -> String) -> String {
    change(&std::fs::read_to_string("data/examples/web.toml").expect("it can be read"))
}

#[test]
fn markdown_fits_a_comment() {
    assert_snapshot!(prescale(&[
        "report",
        "--format",
        "markdown",
        "data/examples/settings-first.toml"
    ]));
}

#[test]
fn the_first_line_of_the_page_is_the_decision() {
    let run = prescale(&["report", "data/examples/settings-first.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let heading = run
        .stdout
        .split("<h1>")
        .nth(1)
        .and_then(|rest| rest.split("</h1>").next());
    assert_snapshot!(heading.unwrap_or_default());
    let sections: Vec<&str> = run
        .stdout
        .split("<h2>")
        .skip(1)
        .filter_map(|rest| rest.split("</h2>").next())
        .collect();
    assert_snapshot!("sections", sections.join("\n"));
}

#[test]
fn a_page_names_no_other_host_and_keeps_markup_text() {
    let hostile = web(|text| text.replace("name = \"web\"", "name = '<script>alert(1)</script>'"));
    let run = prescale_given(&hostile, &["report", "-"]);
    assert!(!run.stdout.contains("<script>alert"), "the name is markup");
    assert!(run.stdout.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!run.stdout.contains("http:") && !run.stdout.contains("https:"));
    assert!(run.stdout.contains("default-src 'none'"));
}

#[test]
fn data_holds_every_part() {
    let run = prescale(&[
        "report",
        "--format",
        "json",
        "data/examples/prescaling-pays.toml",
    ]);
    let report: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let decision = &report["decision"];
    let number = |value: &Value| value.as_f64().expect("it is a number");
    let hours = (number(&decision["from_s"]) - number(&decision["to_s"])) / 3600.0
        * number(&report["deployments_per_month"]);
    assert!((hours - number(&decision["saves_hours_per_month"])).abs() < 1e-9);
    // The map holds the recommended plan's own time.
    let map = &report["heat_map"];
    let at = |percents: &str, plan: &str| {
        let wanted = &report["recommendation"]["recommended"][plan];
        let all = map[percents].as_array().expect("percents are a list");
        all.iter()
            .position(|one| one == wanted)
            .expect("it is in the map")
    };
    let cell = &map["cells"][at("minimum_healthy_percents", "minimum_healthy_percent")]
        [at("maximum_percents", "maximum_percent")];
    assert!((number(&cell["time_s"]) - number(&decision["to_s"])).abs() < 1e-6);
    // A line of cost passes through the plan's own total.
    let total = &report["recommendation"]["recommended"]["estimate"]["cost"]["total_usd_per_month"];
    let lines = report["cost_lines"].as_array().expect("lines are a list");
    let line = lines
        .iter()
        .find(|line| line["kind"] == "prescaled")
        .expect("pre-scaling is one way");
    let at_today = number(&line["fixed_usd_per_month"])
        + number(&line["usd_per_month_per_daily_deployment"]) * 3.0;
    assert!((at_today - number(total)).abs() < 1e-6);
}

/// The chart counts deployments as the scenario does, 21 days a month; the key counts those of a
/// calendar day. Both are told, and the lines cross at the mark.
#[test]
fn the_break_even_is_where_the_lines_of_cost_cross() {
    let example = "data/examples/prescaling-pays.toml";
    let report = json(&["report", "--format", "json", example]);
    let turns_at = &report["break_even"];
    let hosts = json(&["hosts", "--format", "json", example]);
    let per_calendar_day = number(&hosts["break_even_deployments_per_day"]);
    assert_eq!(
        turns_at["per_calendar_day"],
        hosts["break_even_deployments_per_day"]
    );
    let per_day = number(&turns_at["per_day"]);
    // As many in a month.
    assert!((per_day * 21.0 - per_calendar_day * 730.0 / 24.0).abs() < 1e-9);
    let at = |kind: &str| {
        let lines = report["cost_lines"].as_array().expect("lines are a list");
        let line = lines.iter().find(|line| line["kind"] == kind).expect(kind);
        number(&line["fixed_usd_per_month"])
            + number(&line["usd_per_month_per_daily_deployment"]) * per_day
    };
    let (prescaled, standing) = (at("prescaled"), at("standing"));
    assert!(
        (prescaled - standing).abs() < 0.005,
        "{prescaled}, {standing}"
    );
    let told = "70 deployments a working day (21 a month; 48 a calendar day)";
    let page = prescale(&["report", example]).stdout;
    assert!(page.contains(told));
    assert!(page.contains(">Deployments per working day<"));
    let text = prescale(&["hosts", example]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains(&format!("Above {told} standing hosts")),
        "{text}"
    );
    // Where every day counts there is one number.
    let page = prescale(&["report", "data/examples/web.toml"]).stdout;
    assert!(page.contains(">Deployments per day<") && !page.contains("working day"));
}

#[test]
fn a_stuck_deployment_has_a_report_too() {
    let run = prescale(&["report", "data/examples/stuck.toml"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("deployments stuck → "));
}

#[test]
fn a_path_that_cannot_be_written_is_told_at_once() {
    let run = prescale(&[
        "report",
        "no-such-scenario.toml",
        "-o",
        "no/such/folder/r.html",
    ]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("no/such/folder/r.html"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("no-such-scenario"), "{}", run.stderr);
    // Nor the random name of what is written first.
    assert!(!run.stderr.contains(".tmp"), "{}", run.stderr);
}

#[test]
fn an_ending_that_names_no_format_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    let written = |more: &[&str]| {
        let path = path.display().to_string();
        let example = "data/examples/settings-first.toml";
        let run = prescale(&[&["report", example, "-o", &path], more].concat());
        (run.code, run.stderr)
    };
    let (code, told) = written(&[]);
    assert_eq!(code, Some(2));
    assert!(told.contains("the ending names no format"), "{told}");
    assert!(!path.exists());
    assert_eq!(written(&["--format", "html"]).0, Some(0));
}

const FLEET: &str = "data/examples/fleet/fleet.toml";

#[test]
fn of_a_fleet_markdown_fits_a_comment() {
    assert_snapshot!(prescale(&["report", "--format", "markdown", FLEET]));
}

#[test]
fn of_a_fleet_the_first_line_of_the_page_is_the_decision() {
    let run = prescale(&["report", FLEET]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let parts = |tag: &str| -> Vec<String> {
        let (begin, end) = (format!("<{tag}>"), format!("</{tag}>"));
        let rest = run.stdout.split(&begin).skip(1);
        rest.filter_map(|rest| Some(rest.split(&end).next()?.to_owned()))
            .collect()
    };
    assert_snapshot!([parts("h1"), parts("h2")].concat().join("\n"));
    assert!(!run.stdout.contains("http:") && !run.stdout.contains("https:"));
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("it is a number")
}

fn json(arguments: &[&str]) -> Value {
    let run = prescale(arguments);
    serde_json::from_str(&run.stdout).expect("it is JSON")
}

#[test]
fn of_a_fleet_subtotals_add_up_to_what_fleet_plans() {
    let report = json(&["report", "--format", "json", FLEET]);
    let planned = json(&["fleet", "--format", "json", FLEET]);
    for (subtotals, key) in [("teams", "usd_per_month"), ("clusters", "usd_per_month")] {
        let sum: f64 = report[subtotals]
            .as_array()
            .expect("subtotals")
            .iter()
            .map(|one| number(&one[key]))
            .sum();
        let pools: f64 = report["cluster_pools"]
            .as_array()
            .expect("pools")
            .iter()
            .map(|pool| number(&pool["usd_per_month"]))
            .sum();
        let added =
            number(&planned["total"]["usd_per_month"]) - number(&planned["today"]["usd_per_month"]);
        assert!((sum + pools - added).abs() < 1e-6, "{subtotals}");
    }
    let hours: f64 = report["services"]
        .as_array()
        .expect("services")
        .iter()
        .filter(|one| one["from_s"].is_number())
        .map(|one| {
            (number(&one["from_s"]) - number(&one["to_s"])) / 3600.0
                * number(&one["deployments_per_month"])
        })
        .sum();
    let decision = &report["decision"];
    let saved = number(&decision["from_hours_per_month"]) - number(&decision["to_hours_per_month"]);
    assert!((hours - saved).abs() < 1e-6, "{hours} {saved}");
}

/// Serving, beside what the plan costs, is all that is paid today.
#[test]
fn of_a_fleet_the_first_bill_is_serving_and_the_plan() {
    let report = json(&["report", "--format", "json", FLEET]);
    let serving: f64 = [
        ("prescaling-pays", 1.0),
        ("billing-per-second", 1.0),
        ("two-tasks-no-room", 1.0),
        ("settings-first", 2.0),
        ("stuck", 1.0),
        ("web", 1.0),
    ]
    .into_iter()
    .map(|(name, times)| {
        let path = format!("data/examples/{name}.toml");
        let estimate = json(&["estimate", "--format", "json", &path]);
        times * number(&estimate["cost"]["serving_usd_per_month"])
    })
    .sum();
    let today = report["yearly"]["today"].as_array().expect("clusters");
    let bill: f64 = today
        .iter()
        .map(|one| number(&one["p50"]["usd_per_month"]))
        .sum();
    let planned = serving + number(&report["total"]["usd_per_month"]);
    assert!((bill - planned).abs() < 1e-6, "{bill} {planned}");
}

#[test]
fn of_a_fleet_the_yearly_plan_grows_month_by_month() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (fleet, plan) = (path("fleet.toml"), path("plan.csv"));
    let scenario = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/examples/web.toml");
    let text = format!(
        "[[service]]\nfile = '{}'\ncluster = \"=1+1\"\n[clusters.\"=1+1\"]\n\
         [plan]\nmonths = 24\ngrowth_percent_per_year = 100.0\npeak_factor = 2.0\n",
        scenario.display()
    );
    std::fs::write(&fleet, text).expect("it can be written");
    let run = prescale(&["report", &fleet, "--format", "json", "--yearly-plan", &plan]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut reader = csv::Reader::from_path(&plan).expect("the plan can be read");
    let columns = reader.headers().expect("a header").clone();
    let at = |name: &str| {
        columns
            .iter()
            .position(|column| column == name)
            .expect(name)
    };
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 24);
    // No spreadsheet takes a cluster's name for a formula.
    assert!(rows.iter().all(|row| &row[at("cluster")] == "'=1+1"));
    let value = |month: usize, name: &str| -> f64 {
        rows[month - 1][at(name)].parse().expect("it is a number")
    };
    assert!((value(12, "load_factor") - 2.0).abs() < 1e-12);
    assert!((value(24, "load_factor") - 4.0).abs() < 1e-12);
    // At twice the load the median is what the peak is today.
    for name in ["hosts", "on_demand", "spot", "usd_per_month"] {
        let (median, peak) = (format!("{name}_p50"), format!("{name}_p95"));
        assert!(
            (value(24, &median) - value(12, &peak)).abs() < 1e-9,
            "{name}"
        );
    }
    for pair in (1..=24).collect::<Vec<_>>().windows(2) {
        assert!(value(pair[0], "hosts_p50") <= value(pair[1], "hosts_p50"));
    }
}

#[test]
fn a_yearly_plan_needs_a_fleet_that_states_its_growth() {
    let of_one = prescale(&[
        "report",
        "data/examples/web.toml",
        "--yearly-plan",
        "/dev/null",
    ]);
    assert_eq!(of_one.code, Some(2));
    assert!(of_one.stderr.contains("one service has no yearly plan"));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fleet = folder.path().join("fleet.toml");
    let scenario = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/examples/web.toml");
    let text = format!("[[service]]\nfile = '{}'\n", scenario.display());
    std::fs::write(&fleet, &text).expect("it can be written");
    let plan = folder.path().join("plan.csv").display().to_string();
    let fleet = fleet.display().to_string();
    let without = prescale(&["report", &fleet, "--yearly-plan", &plan]);
    assert_eq!(without.code, Some(2));
    assert!(
        without.stderr.contains("state [plan]"),
        "{}",
        without.stderr
    );
    std::fs::write(
        &fleet,
        text + "[plan]\nmonths = 0\npeak_factor = 0.5\ngrowth = 3\n",
    )
    .expect("it can be written");
    let wrong = prescale(&["report", &fleet]);
    assert_eq!(wrong.code, Some(2));
    for told in [
        "plan.months",
        "plan.peak_factor",
        "plan.growth: found an unknown key",
    ] {
        assert!(wrong.stderr.contains(told), "{told}\n{}", wrong.stderr);
    }
}

#[test]
fn of_a_fleet_that_no_plan_fits_the_smallest_changes_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let fleet = folder.path().join("<b>fleet.toml");
    let stuck = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/examples/stuck.toml");
    let text = format!(
        "[[service]]\nfile = '{}'\nname = '<b>bold</b>'\n[limits]\nbudget_usd_per_month = 0.0\n",
        stuck.display()
    );
    std::fs::write(&fleet, text).expect("it can be written");
    let run = prescale(&["report", &fleet.display().to_string()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("<h1>No plan meets the limits"));
    assert!(run.stdout.contains("limits.budget_usd_per_month: "));
    assert!(!run.stdout.contains("<b>"), "a name is markup");
}
