//! The tasks of a deployment over time, with the required tasks, the room, and the spread.

use super::super::svg::{Axis, Chart, Margins, for_screens, legend};
use super::super::words;
use super::Figure;
use crate::explain::{Explanation, Moment};
use crate::model::Duration;

/// One state of tasks: its colour, its name, how many.
type State = (&'static str, &'static str, fn(&Moment) -> u32);

/// From the ground up: what is healthy stands below.
const STATES: [State; 4] = [
    ("c-blue", "old, healthy", |moment| moment.old),
    ("c-green", "new, healthy", |moment| moment.new),
    ("c-sky", "new, not healthy yet", |moment| moment.starting),
    ("c-grey", "old, draining or stopping", |moment| {
        moment.stopping
    }),
];

/// The timeline of a deployment.
pub fn tasks(moments: &[Moment], explanation: &Explanation) -> Figure {
    let estimate = &explanation.estimate;
    let Some(durations) = estimate.duration.filter(|_| moments.len() > 1) else {
        return Figure::nothing("The deployment is stuck: its tasks stay as they are.");
    };
    let last = moments.last().map_or(0.0, |moment| moment.at_s.minutes());
    let end = last.max(durations.completed_s.p99.minutes());
    let existing = |moment: &Moment| STATES.iter().map(|(.., count)| count(moment)).sum::<u32>();
    let peak = moments.iter().map(existing).max().unwrap_or(0);
    let room = estimate
        .tasks
        .room
        .map(|room| estimate.tasks.desired.saturating_add(room));
    let required = estimate.availability.required_tasks;
    let shown_room = room.filter(|&room| room <= peak.saturating_mul(2).max(peak + 2));
    let highest = [Some(peak), Some(required), shown_room];
    let highest = highest.into_iter().flatten().max().unwrap_or(1);
    let drawn = for_screens(|screen| {
        let margins = Margins {
            left: 60.0,
            right: 16.0,
        };
        let x = Axis::from_zero("Time from the request [min]", [end].into_iter());
        let y = Axis::of_counts("Tasks", highest.saturating_add(highest.div_ceil(10)));
        let mut chart = Chart::new(screen, "Tasks over time", 300.0, margins, (x, y));
        let end = chart.last_x();
        let mut base = vec![0_u32; moments.len()];
        for (class, name, count) in STATES {
            stack(&mut chart, moments, end, &mut base, (class, name, count));
        }
        for (class, name, duration) in [
            ("band-new", "new version live", durations.new_version_s),
            ("band-end", "completed", durations.completed_s),
        ] {
            spread(&mut chart, class, name, &duration);
        }
        let mut level = |class: &str, tasks: u32, tip: &str| {
            let y = f64::from(tasks);
            chart.line(class, &[(0.0, y), (end, y)], tip);
        };
        let tip = format!("required: {required} tasks");
        level("s-vermillion", required, &tip);
        if let Some(room) = shown_room {
            let tip = format!("the hosts hold {room} tasks");
            level("s-ink dashed", room, &tip);
        }
        chart
    });
    let mut entries: Vec<(&str, &str)> = STATES
        .iter()
        .map(|&(class, name, _)| (class, name))
        .collect();
    entries.push(("c-vermillion", "required tasks (line)"));
    if shown_room.is_some() {
        entries.push(("c-ink", "room on the hosts (dashed)"));
    }
    entries.extend([
        ("band-new", "new version live: mean and p50 to p95"),
        ("band-end", "completed: mean and p50 to p95"),
    ]);
    let room_told = match (room, shown_room) {
        (None, _) => " The room is not limited.".to_owned(),
        (Some(room), None) => format!(" The hosts hold {room} tasks, beyond the drawing."),
        _ => String::new(),
    };
    Figure::Drawn(format!(
        "{drawn}{}<p class=\"note\">Bars: tasks as if every phase took its mean; bands: the whole \
         model. {ends}{room_told}</p>",
        legend(&entries),
        ends = explanation.ends.as_deref().unwrap_or_default()
    ))
}

/// Draws one state on top of what is drawn already, and adds it to that.
fn stack(chart: &mut Chart, moments: &[Moment], end: f64, base: &mut [u32], state: State) {
    let (class, name, count) = state;
    let spans: Vec<(f64, f64)> = moments
        .iter()
        .enumerate()
        .map(|(i, moment)| {
            let until = moments.get(i + 1).map_or(end, |next| next.at_s.minutes());
            (moment.at_s.minutes(), until)
        })
        .collect();
    for ((moment, &(from, to)), base) in moments.iter().zip(&spans).zip(base) {
        let tasks = count(moment);
        if tasks > 0 && to > from {
            let top = *base + tasks;
            // No gap between what follows one another.
            let to_next = to + chart.units_x(0.2);
            let corners = [(from, f64::from(top)), (to_next, f64::from(*base))];
            let tip = format!("{from:.1} to {to:.1} min: {tasks} {name}");
            chart.rectangle(class, corners, &tip);
        }
        *base += tasks;
    }
}

/// A band from the median to the 95th percentile and a line at the mean.
fn spread(chart: &mut Chart, class: &str, name: &str, duration: &Duration) {
    let tip = format!(
        "{name}: {}, p50 {}, p99 {}",
        words::with_p95(duration),
        duration.p50,
        duration.p99
    );
    let (top, bottom) = (chart.top_y(), 0.0);
    let from = duration.p50.minutes();
    let to = duration.p95.minutes().max(from + chart.units_x(2.0));
    chart.rectangle(class, [(from, top), (to, bottom)], &tip);
    let mean = duration.mean.minutes();
    chart.line(&format!("s-{class}"), &[(mean, bottom), (mean, top)], &tip);
}
