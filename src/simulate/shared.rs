//! What tasks share on one host: each job goes on as fast as the others leave it, moment by moment.

/// A resource of one host, shared evenly by the jobs that are under way (processor sharing).
#[derive(Debug, Clone)]
pub struct Shared<T> {
    /// How many jobs go at full speed side by side.
    width: f64,
    jobs: Vec<Job<T>>,
    /// Until when what is left of the jobs is counted \[s\].
    counted: f64,
    /// When the next one is expected to be done \[s\].
    expected: Option<f64>,
}

#[derive(Debug, Clone)]
struct Job<T> {
    task: u32,
    /// How long it would still take alone \[s\].
    left: f64,
    then: T,
}

/// Moments that are no farther apart are the same \[s\].
const SAME: f64 = 1e-9;

impl<T> Shared<T> {
    /// Without any job; so many go at full speed side by side.
    #[must_use]
    pub const fn of(width: f64) -> Self {
        Self {
            width,
            jobs: Vec::new(),
            counted: 0.0,
            expected: None,
        }
    }

    /// Forgets all jobs.
    pub fn clear(&mut self) {
        self.jobs.clear();
        self.counted = 0.0;
        self.expected = None;
    }

    /// Begins a task's job that takes so long alone; and what follows it.
    pub fn begin(&mut self, now: f64, task: u32, alone: f64, then: T) {
        self.go_on(now);
        let left = alone;
        self.jobs.push(Job { task, left, then });
    }

    /// Gives up a task's job; whether it had one.
    pub fn give_up(&mut self, now: f64, task: u32) -> bool {
        self.go_on(now);
        let before = self.jobs.len();
        self.jobs.retain(|job| job.task != task);
        self.jobs.len() < before
    }

    /// Takes out a job that is done by now: its task, and what follows.
    pub fn done(&mut self, now: f64) -> Option<(u32, T)> {
        self.go_on(now);
        let at = self.jobs.iter().position(|job| job.left <= SAME)?;
        let job = self.jobs.remove(at);
        Some((job.task, job.then))
    }

    /// When the next job is done if none comes or goes before \[s\]; absent where that has been
    /// said before, or there is none.
    pub fn expects(&mut self) -> Option<f64> {
        let next = self.next_done();
        let before = std::mem::replace(&mut self.expected, next);
        next.filter(|_| next != before)
    }

    /// Whether a job was last expected to be done by now; it may be said again then.
    pub fn is_expected(&mut self, now: f64) -> bool {
        self.expected
            .take_if(|at| (*at - now).abs() <= SAME)
            .is_some()
    }

    fn next_done(&self) -> Option<f64> {
        let least = self.jobs.iter().map(|job| job.left).reduce(f64::min)?;
        Some(self.counted + least.max(0.0) / self.speed())
    }

    /// The speed of each job, against that of one alone.
    fn speed(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "tasks on one host")]
        let jobs = self.jobs.len() as f64;
        (self.width / jobs).min(1.0)
    }

    fn go_on(&mut self, now: f64) {
        if !self.jobs.is_empty() {
            let done = (now - self.counted) * self.speed();
            for job in &mut self.jobs {
                job.left -= done;
            }
        }
        self.counted = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_next(shared: &mut Shared<()>, at: f64) {
        let next = shared.expects().expect("a job is under way");
        assert!((next - at).abs() < 1e-9, "{next}, not {at}");
    }

    #[test]
    fn a_job_that_comes_later_slows_the_first_and_is_alone_at_last() {
        // 10 s alone from 0; at 4 s another of 10 s joins: 6 s left at half speed, 12 s more. The
        // other has 4 s left then and is alone: done at 20 s.
        let mut shared = Shared::of(1.0);
        shared.begin(0.0, 1, 10.0, ());
        assert_next(&mut shared, 10.0);
        shared.begin(4.0, 2, 10.0, ());
        assert_next(&mut shared, 16.0);
        assert_eq!(shared.expects(), None);
        assert!(!shared.is_expected(10.0) && shared.is_expected(16.0));
        assert_eq!(shared.done(15.9), None);
        assert_eq!(shared.done(16.0), Some((1, ())));
        assert_next(&mut shared, 20.0);
    }

    #[test]
    fn so_many_go_at_full_speed_and_one_that_is_given_up_leaves_its_share() {
        // Two processors, three jobs of 12 s: at two thirds of the speed 18 s; with one less at 6 s
        // 8 s are left of each at full speed.
        let mut shared = Shared::of(2.0);
        for task in 1..=3 {
            shared.begin(0.0, task, 12.0, ());
        }
        assert_next(&mut shared, 18.0);
        assert!(shared.give_up(6.0, 2));
        assert!(!shared.give_up(6.0, 2));
        assert_next(&mut shared, 14.0);
    }
}
