//! Rows against estimates of the same scenarios one by one; parts against the whole.

use std::convert::Infallible;
use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;
use crate::model::estimate;
use crate::scenario::read::{Purpose, Setting, Syntax, Template};
use crate::simulate::{Asked, simulate};

const WEB: &str = include_str!("../../data/examples/two-tasks-no-room.toml");

const ROOMY: &str = r#"
[service]
desired_count = 3
[service.timing]
start = { mean = "40s", cv = 0.2 }
ready = "20s"
[service.load_balancer]
type = "alb"
[deployment]
per_day = 2
[cluster]
free_tasks = 1000
"#;

/// The same with a start that varies more than the drain, so that rollouts are worked out together.
fn roomy_and_varying() -> String {
    ROOMY.replace("ready = \"20s\"", "ready = { mean = \"75s\", cv = 0.2 }")
}

fn template(text: &str) -> Template {
    Template::new(text, Syntax::Toml, Purpose::MonthlyFigures).expect("TOML")
}

fn grid(template: &Template, varied: &[(&str, &str)]) -> Grid {
    let axis = |(key, texts): &(&str, &str)| Axis {
        key: template.key(key).expect(key),
        values: values(texts).expect(texts),
    };
    Grid::new(varied.iter().map(axis).collect()).expect("a grid that can be counted")
}

fn swept(
    template: &Template,
    grid: &Grid,
    layout: Layout,
    threads: usize,
    rows: std::ops::Range<u64>,
) -> String {
    let mut bytes = Vec::new();
    let sweep = Sweep {
        template,
        rows: Rows::Grid(grid, rows),
        layout,
        threads: NonZeroUsize::new(threads).expect("threads"),
    };
    let Ok(()) = run(sweep, |progress| {
        bytes.extend_from_slice(progress.bytes);
        Ok::<(), Infallible>(())
    });
    String::from_utf8(bytes).expect("UTF-8")
}

fn whole(template: &Template, grid: &Grid, layout: Layout) -> String {
    swept(template, grid, layout, 2, 0..grid.rows())
}

/// Every row is what the scenario gives alone, to the last digit.
fn agrees(text: &str, varied: &[(&str, &str)]) {
    let template = template(text);
    let grid = grid(&template, varied);
    let rows = whole(&template, &grid, Layout::JsonLines);
    let mut position = grid.position(0);
    assert_eq!(rows.lines().count() as u64, grid.rows());
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect(line);
        match template.scenario(grid.settings(&position)) {
            Err(_) => assert_eq!(row["verdict"], "invalid", "{line}"),
            Ok(scenario) => match estimate(&scenario) {
                Err(few) => {
                    assert_eq!(row["verdict"], "invalid", "{line}");
                    assert_eq!(row["reason"], few.to_string(), "{line}");
                }
                Ok(estimate) => {
                    let json = serde_json::to_value(&estimate).expect("JSON");
                    for (column, pointer) in [
                        ("verdict", "/verdict"),
                        ("reason", "/stuck/reason"),
                        ("lower_bound", "/tasks/lower_bound"),
                        ("upper_bound", "/tasks/upper_bound"),
                        ("room", "/tasks/room"),
                        ("peak", "/tasks/peak"),
                        ("lead_s", "/duration/lead_s/mean"),
                        ("new_version_s_mean", "/duration/new_version_s/mean"),
                        ("completed_s_p99", "/duration/completed_s/p99"),
                        ("total_usd_per_month", "/cost/total_usd_per_month"),
                        ("availability_monthly", "/availability/monthly"),
                    ] {
                        let own = json.pointer(pointer).cloned().unwrap_or_default();
                        match (row[column].as_f64(), own.as_f64()) {
                            (Some(row), Some(own)) => {
                                assert!((row - own).abs() <= 1e-9 * own.abs(), "{column}: {line}");
                            }
                            _ => assert_eq!(row[column], own, "{column}: {line}"),
                        }
                    }
                }
            },
        }
        grid.advance(&mut position);
    }
}

#[test]
fn rows_are_what_each_scenario_gives_alone() {
    agrees(
        ROOMY,
        &[
            ("deployment.minimum_healthy_percent", "0,34,50,100,101"),
            ("deployment.maximum_percent", "100,134,200"),
            ("service.desired_count", "0..4"),
        ],
    );
    agrees(
        WEB,
        &[
            ("service.load_balancer.deregistration_delay", "30s,300s"),
            ("service.timing.ready", "60s,75s"),
            ("prescale.hosts", "0..2"),
            ("deployment.minimum_healthy_percent", "50,100"),
        ],
    );
    agrees(
        WEB,
        &[
            ("cluster.hosts.0.count", "1..4"),
            ("cluster.hosts.0.instance_type", "t3.small,t3.nonsense"),
            ("service.load_balancer.type", "alb,nlb"),
            ("deployment.stopping_counts", "true,false"),
        ],
    );
}

#[test]
fn a_duration_that_varies_keeps_how() {
    let template = template(WEB);
    let read = |key: &str, value: &str| {
        let key = template.key(key).expect(key);
        template
            .scenario([(&key, &Setting::of(value))])
            .expect("a good scenario")
    };
    let start = read("service.timing.start", "90s").service.timing.start;
    assert_eq!((start.mean.0, start.cv), (90.0, 0.2));
    // Not given: the default varies too.
    let boot = read("prescale.boot", "100s").prescale.boot;
    assert_eq!((boot.mean.0, boot.cv), (100.0, 0.2));
    let cv = read("service.timing.start.cv", "0.7").service.timing.start;
    assert_eq!((cv.mean.0, cv.cv), (45.0, 0.7));
    let fixed = read("service.load_balancer.deregistration_delay", "45s");
    let delay = fixed
        .service
        .load_balancer
        .expect("one")
        .deregistration_delay;
    assert_eq!(delay, crate::units::Seconds(45.0));
}

#[test]
fn defaults_that_vary_are_those_of_the_reader() {
    let template = template(ROOMY);
    let read = |key: &str, of: fn(&crate::scenario::Scenario) -> crate::scenario::DurationLaw| {
        let own = of(&template.scenario([]).expect("a good scenario"));
        let path = template.key(key).expect(key);
        let text = format!("{}s", own.mean.0);
        let set = of(&template
            .scenario([(&path, &Setting::of(&text))])
            .expect("a good scenario"));
        assert_eq!(own, set, "{key}");
    };
    read("service.timing.stop", |s| s.service.timing.stop);
    read("deployment.reaction", |s| s.deployment.reaction);
    read("prescale.boot", |s| s.prescale.boot);
    read("service.timing.cold_start_extra", |s| {
        s.service.timing.cold_start_extra
    });
}

#[test]
fn a_key_that_is_none_is_told() {
    let template = template(WEB);
    for (path, said) in [
        (
            "deployment.minimum_helthy_percent",
            "minimum_healthy_percent",
        ),
        ("service", "is a table"),
        ("service.timing", "is a table"),
        ("cluster.hosts.count", "number"),
        ("cluster.hosts.7.count", "has 1"),
        ("service.load_balancer.slow_starts", "unknown key"),
        ("", ""),
    ] {
        let problem = template.key(path).expect_err(path);
        assert!(problem.contains(said), "{path}: {problem}");
    }
    for path in [
        "prices.m5.large",
        "service.timing.stop.cv",
        "cluster.hosts.0.count",
    ] {
        template.key(path).expect(path);
    }
}

#[test]
fn many_rollouts_of_one_timing_are_close_to_each_alone_and_the_same_with_any_threads() {
    let template = template(&roomy_and_varying());
    let grid = grid(
        &template,
        &[
            ("deployment.minimum_healthy_percent", "0..100:4"),
            ("deployment.maximum_percent", "100..200:4"),
            ("service.desired_count", "1..30"),
        ],
    );
    let rows = whole(&template, &grid, Layout::JsonLines);
    let end = grid.rows();
    let parts: String = [0..end / 3, end / 3..end]
        .map(|part| swept(&template, &grid, Layout::JsonLines, 3, part))
        .concat();
    assert!(rows == parts, "they differ by threads or parts");
    let mut position = grid.position(0);
    let mut compared = 0;
    for (number, line) in rows.lines().enumerate() {
        if number % 101 == 0 {
            let row: serde_json::Value = serde_json::from_str(line).expect(line);
            let scenario = template.scenario(grid.settings(&position)).expect("valid");
            let own = estimate(&scenario).expect("it fits");
            if let Some(duration) = &own.duration {
                compared += 1;
                for (column, own, most) in [
                    ("new_version_s_mean", duration.new_version_s.mean.0, 0.01),
                    ("completed_s_mean", duration.completed_s.mean.0, 0.01),
                    ("completed_s_p95", duration.completed_s.p95.0, 0.02),
                ] {
                    let row = row[column].as_f64().expect(column);
                    assert!((row - own).abs() < most * own, "{column} {own}: {line}");
                }
                let own = own.availability.monthly.expect("per day is given");
                let row = row["availability_monthly"].as_f64().expect("a number");
                // The time short is close as a part of all deployments of a month.
                let all =
                    duration.completed_s.mean.0 * scenario.deployment.per_month().expect("given");
                let off = (row - own).abs() * 730.0 * 3_600.0;
                assert!(off < 0.01 * all, "{own}: {line}");
            }
        }
        grid.advance(&mut position);
    }
    assert!(compared > 150, "{compared}");
}

#[test]
fn parts_are_the_whole_where_the_first_rows_are_no_scenarios() {
    let template = template(&roomy_and_varying());
    let percents = [
        ("deployment.minimum_healthy_percent", "0..100:4"),
        ("deployment.maximum_percent", "80..200:4"),
    ];
    let start = ("service.timing.start", "oops,30s,45s");
    for vary in [
        [percents[0], percents[1], ("service.desired_count", "0..35")].as_slice(),
        &[
            start,
            percents[1],
            percents[0],
            ("service.desired_count", "1..30"),
        ],
    ] {
        let grid = grid(&template, vary);
        let end = grid.rows();
        let rows = whole(&template, &grid, Layout::JsonLines);
        let parts: String = [0..end / 3, end / 3..end / 2, end / 2..end]
            .map(|part| swept(&template, &grid, Layout::JsonLines, 2, part))
            .concat();
        assert!(rows == parts, "{vary:?}: they differ by parts");
    }
}

#[test]
fn many_rollouts_of_one_timing_are_what_is_simulated() {
    // The last starts of some come a round later than the others, or nearly so.
    const ASKED: Asked = Asked {
        runs: 4_000,
        seed: 7,
        threads: 1,
    };
    let template = template(&roomy_and_varying());
    let grid = grid(
        &template,
        &[
            ("service.desired_count", "7..37:3"),
            ("deployment.minimum_healthy_percent", "0..100"),
            ("deployment.maximum_percent", "100..200"),
        ],
    );
    for (desired, minimum, maximum) in [(31, 32, 130), (31, 35, 168), (37, 75, 110), (13, 70, 150)]
    {
        let row = ((desired - 7) / 3 * 101 + minimum) * 101 + maximum - 100;
        let line = swept(&template, &grid, Layout::JsonLines, 1, row..row + 1);
        let found: serde_json::Value = serde_json::from_str(&line).expect("one row");
        let position = grid.position(row);
        let scenario = template.scenario(grid.settings(&position)).expect("valid");
        let played = simulate(&scenario, ASKED).expect("it fits");
        let played = played.duration.expect("it completes");
        for (clock, played) in [
            ("new_version", played.new_version_s),
            ("completed", played.completed_s),
        ] {
            for (figure, played, most) in [
                ("mean", played.mean, 0.01),
                ("p95", played.p95, 0.02),
                ("p99", played.p99, 0.03),
            ] {
                let found = found[format!("{clock}_s_{figure}")].as_f64().expect(clock);
                let off = (found - played).abs() / played;
                assert!(off < most, "{clock} {figure} {found} for {played}: {line}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn parts_make_the_whole_with_any_threads(parts in 1_u32..9, threads in 1_usize..4) {
        let template = template(ROOMY);
        let grid = grid(&template, &[
            ("deployment.minimum_healthy_percent", "0..100:50"),
            ("service.desired_count", "1..4"),
            ("deployment.maximum_percent", "100,200"),
        ]);
        for layout in [Layout::Csv, Layout::JsonLines] {
            let parts: String = (1..=parts)
                .map(|part| swept(&template, &grid, layout, threads, part_of(grid.rows(), part, parts)))
                .collect();
            prop_assert_eq!(parts, whole(&template, &grid, layout));
        }
    }

    #[test]
    fn parts_follow_one_another(rows in 0_u64.., parts in 1_u32..1000) {
        let mut end = 0;
        for part in 1..=parts {
            let part = part_of(rows, part, parts);
            prop_assert_eq!(part.start, end);
            prop_assert!(part.end - part.start <= rows / u64::from(parts) + 1);
            end = part.end;
        }
        prop_assert_eq!(end, rows);
    }
}
