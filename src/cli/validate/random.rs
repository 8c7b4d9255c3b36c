//! The model against the simulation, in words and tables.

use super::super::page::Page;
use super::{percent, points, share, table};
use crate::validate::Validation;
use crate::validate::agreement::{Compared, Kind, MEAN_WITHIN, NONE_BEYOND, P95_WITHIN, spread};
use crate::validate::scenarios::MOST_TASKS;

/// How many scenarios are shown whole.
const SHOWN: usize = 3;

type ErrorOf = fn(&Compared) -> Option<f64>;

/// Each error with its aim.
const ERRORS: [(&str, ErrorOf, f64); 8] = [
    (
        "new version, mean",
        |one| Some(one.new_version.mean),
        MEAN_WITHIN,
    ),
    (
        "new version, p95",
        |one| Some(one.new_version.p95),
        P95_WITHIN,
    ),
    (
        "completed, mean",
        |one| Some(one.completed.mean),
        MEAN_WITHIN,
    ),
    ("completed, p95", |one| Some(one.completed.p95), P95_WITHIN),
    ("time below required", |one| Some(one.short), MEAN_WITHIN),
    ("cost of one, mean", |one| Some(one.cost?.mean), MEAN_WITHIN),
    ("cost of one, p95", |one| Some(one.cost?.p95), P95_WITHIN),
    (
        "cost of 20, p95",
        |one| Some(one.cost?.month_p95),
        P95_WITHIN,
    ),
];

pub fn section(page: &mut Page, validation: &Validation) {
    let all = &validation.agreement.compared;
    page.title("## Against the simulation");
    page.title(&format!(
        "{} random scenarios of seed {}: 1 to {MOST_TASKS} tasks, any percents, every load \
         balancer or none, coefficients of variation up to 0.8, room for none to twice the desired \
         count, warm and cold, spread and packed, and Fargate. The simulation (`src/simulate`) \
         shares no formula with the model. Each is simulated until the standard error is about \
         0.1 % of the mean and 0.3 % of the 95 % quantile, as far as the number of runs allows; \
         smaller errors are noise.",
        all.len(),
        validation.seed,
    ));
    let left_out = validation.agreement.left_out.iter().map(u32::to_string);
    let left_out: Vec<String> = left_out.collect();
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        page.title(&format!(
            "Left out, as one side has no duration: {left_out}."
        ));
    }
    let rows = ERRORS.iter().filter_map(|&(name, error, aim)| {
        let errors: Vec<f64> = all.iter().filter_map(error).collect();
        let spread = spread(errors.iter().copied())?;
        let within = errors.iter().filter(|error| error.abs() <= aim).count();
        Some(vec![
            name.to_owned(),
            percent(spread.p50),
            percent(spread.p90),
            percent(spread.p95),
            percent(spread.largest),
            format!("{} ({})", share(within, errors.len()), percent(aim)),
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let header = [
        "size of the error",
        "p50",
        "p90",
        "p95",
        "largest",
        "within",
    ];
    table(page, &header, &[0], &rows);
    page.title(
        "The time below the required tasks is in error by a share of the whole deployment. Cost is \
         what one deployment adds by added hosts or by tasks on Fargate, and what the 20 of a month \
         add, where that is something.",
    );
    groups(page, all);
    misses(page, all);
}

/// By launch type, load balancer, size and what is particular.
fn groups(page: &mut Page, all: &[Compared]) {
    let of = |name: &str, belongs: &dyn Fn(&Compared) -> bool| {
        let group: Vec<&Compared> = all.iter().filter(|one| belongs(one)).collect();
        let count = |near: &dyn Fn(&Compared) -> bool| group.iter().filter(|one| near(one)).count();
        let largest = group.iter().map(|one| one.largest()).fold(0.0, f64::max);
        (!group.is_empty()).then(|| {
            vec![
                name.to_owned(),
                group.len().to_string(),
                share(count(&|one| one.in_aims() <= 1.0), group.len()),
                share(count(&|one| !one.is_surely_beyond()), group.len()),
                count(&|one| one.largest() > NONE_BEYOND).to_string(),
                percent(largest),
            ]
        })
    };
    let mut rows = Vec::new();
    for kind in ["alb", "nlb", "clb", "none"] {
        let name = format!("load balancer {kind}");
        rows.extend(of(&name, &|one| one.load_balancer == kind));
    }
    for launch_type in ["ec2", "fargate"] {
        rows.extend(of(launch_type, &|one| one.launch_type == launch_type));
    }
    for (from, to) in [(1, 2), (3, 10), (11, 50), (51, MOST_TASKS)] {
        let name = format!("{from} to {to} tasks");
        rows.extend(of(&name, &|one| (from..=to).contains(&one.desired)));
    }
    for (kind, name) in [
        (Kind::BeyondStartLimit, "1. beyond start limits"),
        (Kind::PackedOnAddedHosts, "2. packed, hosts added"),
        (Kind::StoppingDoNotCount, "3. stopping not counted"),
        (Kind::Plain, "nothing of 1, 2, 3"),
    ] {
        rows.extend(of(name, &|one| one.kind == kind));
    }
    let header = ["", "count", "within", "perhaps", "beyond 4 %", "largest"];
    table(page, &header, &[0], &rows);
    page.title(
        "Within: both means and both quantiles are. Perhaps: so are those whose misses lie in the \
         simulation's own 95 % confidence interval. The last four are by what is particular, the \
         first that applies:",
    );
    points(
        page,
        &[
            "1: more tasks may start at once than the provider's rate limit lets through, 250 on \
             EC2 and 100 on Fargate."
                .to_owned(),
            "2: `placement = \"binpack\"` with hosts that are added without the image. Which start \
             is a cold one depends on which hosts are fuller at that moment."
                .to_owned(),
            "3: `stopping_counts = false`, so that room and upper bound hold starts back by turns."
                .to_owned(),
        ],
    );
}

/// Every scenario beyond an aim, and the worst ones whole.
fn misses(page: &mut Page, all: &[Compared]) {
    let mut beyond: Vec<&Compared> = all.iter().filter(|one| one.in_aims() > 1.0).collect();
    beyond.sort_by(|a, b| b.in_aims().total_cmp(&a.in_aims()));
    if beyond.is_empty() {
        return;
    }
    page.title(&format!(
        "All {} that are beyond an aim, the worst first, in percent, mean and p95 of new version \
         and of completed. d: tasks; L–U: bounds; room: further tasks, any on Fargate, + where some \
         are on hosts without the image; last: what is particular. `prescale validate --seed N \
         --emit-scenario NUMBER` writes any of them.",
        beyond.len()
    ));
    let rows: Vec<Vec<String>> = beyond.iter().map(|one| row(one)).collect();
    let header = [
        "no.", "d", "L–U", "room", "lb", "new", "p95", "all", "p95", "",
    ];
    table(page, &header, &[4], &rows);
    for one in beyond.iter().take(SHOWN) {
        page.title(&format!("Number {}, the whole scenario:", one.number));
        page.verbatim([String::new(), "```toml".to_owned()]);
        page.verbatim(one.toml.lines().map(str::to_owned));
        page.verbatim(["```".to_owned()]);
    }
}

fn row(one: &Compared) -> Vec<String> {
    let signed = |share: f64| format!("{:+.1}", share * 100.0);
    vec![
        one.number.to_string(),
        one.desired.to_string(),
        format!("{}–{}", one.lower_bound, one.upper_bound),
        match (one.room, one.added_hosts) {
            (None, _) => "any".to_owned(),
            (Some(room), 0) => room.to_string(),
            (Some(room), _) => format!("{room}+"),
        },
        match one.load_balancer {
            "none" => "–",
            kind => kind,
        }
        .to_owned(),
        signed(one.new_version.mean),
        signed(one.new_version.p95),
        signed(one.completed.mean),
        signed(one.completed.p95),
        match one.kind {
            Kind::BeyondStartLimit => "1",
            Kind::PackedOnAddedHosts => "2",
            Kind::StoppingDoNotCount => "3",
            Kind::Plain => "",
        }
        .to_owned(),
    ]
}
