//! Whether to pre-scale, for a terminal: the answer first, then what it was weighed against.

use super::super::output::Terminal;
use super::super::page::{Align, Page};
use super::super::recommend::{not_calibrated, show_background};
use super::super::words;
use super::{called, headline};
use crate::recommend::{
    Alternative, AlternativeKind, BreakEven, HostsAnswer, PlanReport, Range, Recommendation,
};
use crate::scenario::{Granularity, Scenario};
use crate::units::{Seconds, Share};

/// The whole answer.
pub fn text(scenario: &Scenario, recommendation: &Recommendation, terminal: Terminal) -> String {
    let hosts = &recommendation.hosts_answer;
    let mut page = Page::new(terminal);
    page.headline(&headline(scenario, recommendation));
    if let Some(line) = not_calibrated(recommendation) {
        page.paragraph(&line);
    }
    show_alternatives(&mut page, hosts);
    show_worth(&mut page, scenario, recommendation);
    if !hosts.robust_while.is_empty() {
        page.title("The answer stays while");
        let rows: Vec<Vec<String>> = hosts.robust_while.iter().map(range).collect();
        page.table(&[Align::Left, Align::Left], &rows);
    }
    if let Some(plan) = prescaled(recommendation) {
        page.title("Added hosts");
        page.paragraph(&billed(scenario, plan));
    }
    show_background(&mut page, scenario, recommendation);
    page.into_text()
}

fn show_alternatives(page: &mut Page, hosts: &HostsAnswer) {
    page.title("Ways to get room, each at its best within the limits (minutes; USD a month)");
    let header = [
        "",
        "percents",
        "added hosts",
        "lead",
        "live",
        "completed",
        "USD",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(hosts.alternatives.iter().map(alternative));
    let right = Align::Right;
    page.table(
        &[
            Align::Left,
            Align::Left,
            Align::Left,
            right,
            right,
            right,
            right,
        ],
        &rows,
    );
    let remarks: Vec<Vec<String>> = hosts
        .alternatives
        .iter()
        .filter(|alternative| !alternative.remark.is_empty())
        .map(|Alternative { kind, remark, .. }| vec![format!("{}:", called(*kind)), remark.clone()])
        .collect();
    if !remarks.is_empty() {
        page.title("Remarks");
        page.table(&[Align::Left, Align::Left], &remarks);
    }
}

fn alternative(alternative: &Alternative) -> Vec<String> {
    let name = called(alternative.kind).to_owned();
    let Some(plan) = &alternative.plan else {
        return vec![name, "–".to_owned()];
    };
    let estimate = &plan.estimate;
    vec![
        name,
        words::percents(plan),
        words::added_hosts(plan),
        words::minutes(estimate, |durations| durations.lead_s.mean),
        words::minutes(estimate, |durations| durations.new_version_s.mean),
        words::minutes(estimate, |durations| durations.completed_s.mean),
        words::usd_per_month(estimate),
    ]
}

/// What it saves and costs, against what, and from where on it pays.
fn show_worth(page: &mut Page, scenario: &Scenario, recommendation: &Recommendation) {
    let hosts = &recommendation.hosts_answer;
    let mut points = Vec::new();
    if let Some((saves, costs)) = hosts.saves_s_per_deployment.zip(hosts.costs_usd_per_month) {
        points.push(format!(
            "Pre-scaling {}, lead included, {}, against {}.",
            saved(saves),
            words::for_a_month(costs),
            against(hosts)
        ));
        if costs.0 <= 0.0 && saves.0 >= 0.5 {
            points.push("It pays whatever a minute of waiting is worth.".to_owned());
        }
    }
    if let Some(saves) = hosts.saves_vs_current_s {
        points.push(format!(
            "The recommended plan {} against the current one.",
            saved(saves)
        ));
    }
    if let Some(turns_at) = BreakEven::of(scenario, hosts) {
        let minutes = match scenario.usd_per_minute {
            Some(_) => ", the minutes that they save left aside",
            None => "",
        };
        points.push(format!(
            "Above {} standing hosts cost less than pre-scaled ones{minutes}.",
            turns_at.told(words::number)
        ));
    }
    // What costs no more pays at any worth.
    let dearer = hosts.costs_usd_per_month.is_none_or(|costs| costs.0 > 0.0);
    if let Some(usd) = hosts.break_even_usd_per_minute.filter(|_| dearer) {
        points.push(format!(
            "Pre-scaling pays where a minute of waiting is worth more than {} USD.",
            words::number(usd)
        ));
    }
    if !points.is_empty() {
        page.title("Worth");
        page.points(points.iter().map(String::as_str));
    }
}

/// What a plan does to the time of a deployment.
fn saved(saves: Seconds) -> String {
    if saves.0.abs() < 0.5 {
        "saves no time".to_owned()
    } else if saves < Seconds::ZERO {
        format!("takes {} longer a deployment", Seconds::ZERO - saves)
    } else {
        format!("saves {saves} a deployment")
    }
}

/// What pre-scaling is measured against.
fn against(hosts: &HostsAnswer) -> &'static str {
    let reactive = hosts
        .against
        .as_ref()
        .is_some_and(|plan| plan.estimate.tasks.hosts_on_demand.is_some());
    let settings = best(hosts, AlternativeKind::SettingsOnly);
    let on_demand = best(hosts, AlternativeKind::OnDemand);
    match settings.or(on_demand) {
        Some(_) if reactive => "the best plan with the hosts of managed scaling alone (reactive)",
        Some(_) => "the best plan without added hosts",
        None => "the current plan, as no plan without added hosts is within the limits",
    }
}

/// The best plan of a kind.
fn best(hosts: &HostsAnswer, kind: AlternativeKind) -> Option<&PlanReport> {
    let mut alternatives = hosts.alternatives.iter();
    alternatives
        .find(|alternative| alternative.kind == kind)?
        .plan
        .as_ref()
}

fn range(range: &Range) -> Vec<String> {
    let Range {
        key,
        now,
        from,
        to,
        unit,
        below,
        above,
    } = range;
    let unit = match *unit {
        "1/day" => "a day",
        unit => unit,
    };
    let span = match (from.map(words::number), to.map(words::number)) {
        (None, None) => "whatever it is".to_owned(),
        (Some(from), None) => format!("at least {from} {unit}"),
        (None, Some(to)) => format!("at most {to} {unit}"),
        (Some(from), Some(to)) => format!("{from} to {to} {unit}"),
    };
    let otherwise: String = [("below", below), ("above", above)]
        .into_iter()
        .filter_map(|(side, taken)| Some(format!("; {side} it {}", words::taken((*taken)?))))
        .collect();
    vec![
        format!("{key}:"),
        format!("{span} (now {} {unit}){otherwise}", words::number(*now)),
    ]
}

/// The plan with pre-scaled hosts: the recommended one, else the best of its kind.
fn prescaled(recommendation: &Recommendation) -> Option<&PlanReport> {
    recommendation
        .recommended
        .as_ref()
        .filter(|plan| plan.prescale_hosts > 0)
        .or_else(|| best(&recommendation.hosts_answer, AlternativeKind::Prescaled))
        .filter(|plan| plan.prescale_hosts > 0)
}

/// How long added hosts are billed, and that their release is a second rollout.
fn billed(scenario: &Scenario, plan: &PlanReport) -> String {
    let hosts = words::counted(plan.prescale_hosts, "pre-scaled host");
    let Some(durations) = &plan.estimate.duration else {
        return format!("With {hosts} the deployment is stuck all the same.");
    };
    let unit = match scenario.billing.granularity {
        Granularity::Second => "by the second",
        Granularity::Hour => "by the started hour",
    };
    let release = if durations.evacuation_s.mean.0 > 0.0 {
        format!(
            "Release is a second rollout: for {} of it tasks move off the hosts that go.",
            durations.evacuation_s.mean
        )
    } else {
        "Release would be a second rollout; here no task has to move off the hosts that go."
            .to_owned()
    };
    let failing = match scenario.deployment.failure.rate {
        rate if rate > 0.0 => format!(
            " A deployment that fails, {} of them, keeps the hosts for {}, until the old version \
             is back.",
            Share(rate),
            durations.rollback_s.mean
        ),
        _ => String::new(),
    };
    format!(
        "{hosts} billed {unit}, from launch to the end of release: lead {}, deployment {}, \
         release {}; {} a deployment. {release}{failing}",
        words::none_or(durations.lead_s.mean),
        durations.completed_s.mean,
        words::none_or(durations.release_s.mean),
        plan.estimate.cost.per_deployment_usd
    )
}
