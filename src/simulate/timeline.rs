//! What happened in one run, as rows of a table and as a picture.

use serde::Serialize;

/// One event and how many tasks there are after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Since the request \[s\].
    pub time: f64,
    /// What happened.
    pub happening: Happening,
    /// To which task, by number; old ones come first.
    pub task: Option<u32>,
    /// On which host, by number.
    pub host: Option<u32>,
    /// Healthy tasks of the old version.
    pub old: u32,
    /// Healthy tasks of the new version.
    pub new: u32,
    /// Tasks that are not healthy yet.
    pub starting: u32,
    /// Tasks that drain or stop.
    pub stopping: u32,
}

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// The deployment is asked for.
    Request,
    /// A task was given a host.
    Pending,
    /// Its process runs.
    Running,
    /// It passed its verdict.
    Healthy,
    /// It was still unhealthy after the grace period.
    Killed,
    /// Its start failed.
    Failed,
    /// It was told to stop and drains.
    Stopping,
    /// It is gone.
    Stopped,
    /// A host is taken back.
    Notice,
    /// Managed scaling launches a host.
    Launched,
    /// A host is there: one that was launched, or another in the place of one taken back.
    Joined,
    /// The version is given up; the old one comes back.
    GivenUp,
    /// The deployment is completed.
    Completed,
    /// Tasks begin to move off the hosts that go.
    Release,
}

impl Row {
    /// Tasks on all hosts.
    #[must_use]
    pub fn tasks(&self) -> u32 {
        self.old + self.new + self.starting + self.stopping
    }
}

/// One moment of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Since the request \[s\].
    pub time: f64,
    /// The last event until then.
    pub row: Row,
}

/// A run at moments of equal distance, at most so many, and their distance \[s\].
#[must_use]
pub fn moments(rows: &[Row], most: u32) -> (f64, Vec<Moment>) {
    let Some(last) = rows.last() else {
        return (1.0, Vec::new());
    };
    let nice = [
        1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
    ];
    let wanted = last.time / f64::from(most.max(1));
    let hours = (wanted / 3600.0).ceil().max(1.0) * 3600.0;
    let every = nice
        .into_iter()
        .find(|&step| step >= wanted)
        .unwrap_or(hours);
    let mut moments: Vec<Moment> = Vec::new();
    let mut next = rows.iter().peekable();
    let mut row = rows[0];
    let mut time = 0.0;
    while moments.last().is_none_or(|moment| moment.time < last.time) {
        while let Some(&reached) = next.next_if(|row| row.time <= time) {
            row = reached;
        }
        moments.push(Moment { time, row });
        time += every;
    }
    (every, moments)
}
