//! The model against recordings, and its rules one by one, in words and tables.

use super::super::page::Page;
use super::super::words;
use super::{percent, points, table};
use crate::import::fit::RecordedParts;
use crate::validate::Evidence;
use crate::validate::recordings::{Compared, FittedOn, MOST_WITHIN, Predicted, Since, WITHIN};
use crate::validate::rules::{Calibration, Change, Rule};

/// Deployments that were predicted from another one.
pub fn predictions(all: &[Compared]) -> impl Iterator<Item = &Predicted> {
    let deployments = all.iter().flat_map(|one| &one.deployments);
    deployments.filter(|one| one.fitted_on != FittedOn::Itself)
}

pub fn sections(page: &mut Page, evidence: &Evidence) {
    let all = &evidence.recordings;
    page.title("## Against recorded deployments");
    page.title(
        "Start, readiness and whatever else the events show are fitted on one deployment of a \
         service; the next one is predicted, with as many tasks (d) as it had. Of the two clocks \
         only \"completed\" is in a log. Where the request is recorded durations count from it, \
         else on both sides from the first move. What no event of a service shows is as usual in \
         the other recordings, never in its own: the wait from the request to the first move, and \
         the lag before \"completed\" where no old task was seen to go. Facts and sources are in \
         `data/recorded`.",
    );
    deployments(page, all, &|one| one.fitted_on != FittedOn::Itself);
    page.title("Seconds to \"completed\". c: fitted on the creation of the service. r: from the recorded request.");
    groups(page, all);
    misses(page, all);
    page.title(
        "The first deployment of a log has none before it. Fitted on itself it predicts nothing, \
         but shows whether the rules add up:",
    );
    deployments(page, all, &|one| one.fitted_on == FittedOn::Itself);
    page.title("Which settings are recorded and which are not:");
    let settings: Vec<String> = all.iter().map(settings).collect();
    points(page, &settings);
    if let Some(calibration) = &evidence.reaction {
        reaction(page, calibration);
    }
    rules(page, evidence);
}

fn deployments(page: &mut Page, all: &[Compared], shown: &dyn Fn(&Predicted) -> bool) {
    let row = |recording: &Compared, one: &Predicted| {
        let creation = match one.fitted_on {
            FittedOn::Creation => " c",
            FittedOn::Previous | FittedOn::Itself => "",
        };
        let since = match one.since {
            Since::Request => " r",
            Since::FirstMove => "",
        };
        vec![
            recording.recording.to_owned(),
            format!("{}{creation}{since}", one.deployment),
            one.tasks.to_string(),
            format!("{}/{}", one.percents[0], one.percents[1]),
            format!("{:.0}", one.recorded_s),
            format!("{:.0}", one.predicted_s),
            off(one.difference),
        ]
    };
    let mut rows = Vec::new();
    for recording in all {
        let those = recording.deployments.iter().filter(|one| shown(one));
        rows.extend(those.map(|one| row(recording, one)));
    }
    let header = [
        "recording",
        "",
        "d",
        "min/max",
        "recorded",
        "model",
        "off %",
    ];
    table(page, &header, &[0, 1], &rows);
}

/// By load balancer and launch type.
fn groups(page: &mut Page, all: &[Compared]) {
    let mut groups: Vec<(String, Vec<f64>)> = Vec::new();
    for one in all {
        let balancer = match one.load_balancer {
            "none" => "no load balancer",
            _ => "target group",
        };
        let launch_type = one.launch_type.as_deref().unwrap_or("not known");
        let name = format!("{balancer}, {launch_type}");
        let sizes = predictions(std::slice::from_ref(one)).map(|one| one.difference.abs());
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(sizes),
            None => groups.push((name, sizes.collect())),
        }
    }
    let everything = groups.iter().flat_map(|(_, sizes)| sizes.iter().copied());
    let everything: Vec<f64> = everything.collect();
    groups.push(("all".to_owned(), everything));
    let rows = groups.into_iter().filter_map(|(name, mut sizes)| {
        sizes.sort_by(f64::total_cmp);
        let by = |share: f64| sizes.iter().filter(|size| **size <= share).count();
        Some(vec![
            name,
            sizes.len().to_string(),
            percent(*sizes.get(sizes.len().saturating_sub(1) / 2)?),
            percent(*sizes.last()?),
            by(MOST_WITHIN).to_string(),
            by(WITHIN).to_string(),
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let header = ["", "count", "median", "largest", "≤ 10 %", "≤ 15 %"];
    table(page, &header, &[0], &rows);
}

fn misses(page: &mut Page, all: &[Compared]) {
    let mut misses = Vec::new();
    for recording in all {
        let found = predictions(std::slice::from_ref(recording));
        let found = found.filter(|one| one.difference.abs() > MOST_WITHIN);
        misses.extend(found.map(|one| miss(recording, one)));
    }
    if !misses.is_empty() {
        page.title(
            "Those off by more than 10 %, with the parts of the deployment that was fitted on, and \
             of the one that was predicted:",
        );
        points(page, &misses);
    }
}

fn miss(recording: &Compared, one: &Predicted) -> String {
    let part = |name: &str, of: fn(&RecordedParts) -> Option<f64>| {
        let seconds = |part: Option<f64>| match part {
            Some(seconds) => format!("{seconds:.0} s"),
            None => "not seen".to_owned(),
        };
        let (before, then) = (of(&one.parts_before), of(&one.parts));
        let seen = before.is_some() || then.is_some();
        seen.then(|| format!("{name} {} and {}", seconds(before), seconds(then)))
    };
    let parts = [
        part("started to registered", |parts| parts.start),
        part("registered to the stop or end it allowed", |parts| {
            parts.verdict
        }),
        part("last stop to end", |parts| parts.end),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut text = format!(
        "`{}` {}, {} %: {}",
        recording.recording,
        one.deployment,
        off(one.difference),
        parts.join("; ")
    );
    if let Some(lag) = one.usual_lag_s {
        text += &format!("; usual lag before \"completed\" {lag:.0} s");
    }
    if let Some(wait) = one.usual_wait_s {
        text += &format!("; usual wait for the first move {wait:.0} s");
    }
    if one.fitted_on == FittedOn::Creation {
        text += "; a creation does not show how an old task goes";
    }
    text + "."
}

fn settings(one: &Compared) -> String {
    let list = |what: &str, settings: &[String]| {
        let told = format!("{what} {}", settings.join(", "));
        (!settings.is_empty()).then_some(told)
    };
    let lists = [
        list("recorded", &one.recorded),
        list("from its events", &one.inferred),
        list("assumed", &one.assumed),
    ];
    let lists: Vec<String> = lists.into_iter().flatten().collect();
    format!("`{}`: {}.", one.recording, lists.join("; "))
}

fn reaction(page: &mut Page, calibration: &Calibration) {
    let Calibration {
        reactions,
        mean_s,
        cv,
        mean_of_requests_s,
        mean_of_others_s,
        mean_of_recordings_s,
        mean_interval_s: [low, high],
        default_mean_s,
        default_range_s: [from, to],
        in_default_range,
    } = calibration;
    page.title("## The default reaction of the scheduler");
    page.title(
        "Most logs show a reaction only together with readiness and checks, or with drain and stop. \
         These show it alone:",
    );
    let rows = [
        (Change::Request, "request to first move"),
        (Change::Stopped, "old task gone to next start, or end"),
        (Change::Healthy, "new task healthy to old one told to stop"),
        (Change::Unhealthy, "task unhealthy to replacement started"),
    ]
    .map(|(change, name)| {
        let those = reactions.iter().filter(|one| one.change == change);
        let those = those.map(|one| format!("{:.0}", one.seconds));
        vec![name.to_owned(), those.collect::<Vec<String>>().join(", ")]
    });
    table(page, &["", "seconds"], &[0, 1], &rows);
    let position = if (*low..=*high).contains(default_mean_s) {
        "inside"
    } else {
        "outside"
    };
    page.title(&format!(
        "Their mean is {mean_s:.1} s, their coefficient of variation {cv:.2}; the mean of the \
         recordings' means is {mean_of_recordings_s:.1} s, its 95 % confidence interval \
         {low:.1} s to {high:.1} s. The default of {default_mean_s:.0} s is {position} it. \
         {in_default_range} of {} lie between the default's quantiles 0.05 and 0.95, {from:.0} s \
         and {to:.0} s. The first move after a request comes after {mean_of_requests_s:.1} s in \
         the mean, all other reactions take {mean_of_others_s:.1} s.",
        reactions.len(),
    ));
    page.title(
        "The default stays as it is: apart from the request, which the model does not tell from \
         other changes, the recordings agree with it, and they are few. `import` fits the reaction \
         of a service where its own events leave less.",
    );
}

fn rules(page: &mut Page, evidence: &Evidence) {
    page.title("## The rules one by one");
    page.title(
        "What the logs show directly, beside what the model's rules say. One reaction is the middle \
         half of the default law. A rule holds if the median of what was seen is what it says; of \
         fewer than three values none is judged.",
    );
    let rules: Vec<String> = evidence.rules.iter().map(rule).collect();
    points(page, &rules);
    let spreads = evidence.verdict_spreads.iter().map(|spread| {
        format!(
            "{:.1} s in `{}` ({} deployments, mean {:.0} s), at least {:.0} s by the rules",
            spread.deviation_s,
            spread.recording,
            spread.deployments,
            spread.mean_s,
            spread.expected_deviation_s,
        )
    });
    let spreads: Vec<String> = spreads.collect();
    if !spreads.is_empty() {
        page.title(&format!(
            "From registered to the next stop, readiness, checks and reaction vary less within a \
             log than a check at a random phase and the default reaction would. Standard \
             deviations: {}. The intervals of these checks are not known, 30 s is assumed. Means \
             can be fitted, but the quantiles of such a service are too far from them.",
            spreads.join("; ")
        ));
    }
}

fn rule(rule: &Rule) -> String {
    let range = |from: f64, to: f64| {
        if to.is_infinite() {
            format!("{from:.0} s or more")
        } else if (from - to).abs() < 0.5 {
            format!("{from:.0} s")
        } else {
            format!("{from:.0} s to {to:.0} s")
        }
    };
    let [from, to] = rule.expected_s;
    let seen = match rule.seen_s.as_slice() {
        [first, .., last] => format!(
            "{}, median {:.0} s, {} times in {}",
            range(*first, *last),
            rule.median_s,
            rule.seen_s.len(),
            words::counted(
                u32::try_from(rule.recordings).unwrap_or(u32::MAX),
                "recording"
            ),
        ),
        _ => format!("{:.0} s, once", rule.median_s),
    };
    let mut what = rule.what.to_owned();
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut text = format!("{what}, {}. Seen {seen}: ", range(from, to));
    text += match rule.holds {
        Some(true) => "holds",
        Some(false) => "differs",
        None => "too few to tell",
    };
    if rule.holds != Some(true)
        && !rule.consequence.is_empty()
        && !(from..=to).contains(&rule.median_s)
    {
        text += &format!("; {}", rule.consequence);
    }
    text + "."
}

/// A share of 1 in percent, with its sign.
fn off(share: f64) -> String {
    format!("{:+.1}", share * 100.0)
}
