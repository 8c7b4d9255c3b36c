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
}
