//! How a job runs, written plainly: tasks in a list, times as numbers, no transactions.

use provost_model::work::InstanceState::{
    self, Blocked, Cancelled, Completed, Errored, InProgress, NotStarted, Skipped, Warning,
};

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) level: i32,
    pub(super) parents: Vec<usize>,
    pub(super) continue_on_error: bool,
    pub(super) state: InstanceState,
    pub(super) produced: bool,
    /// Since when it may be taken.
    pub(super) ready: Option<i64>,
    pub(super) approved: bool,
    pub(super) attempts: u32,
    /// Number of the holding that is valid.
    pub(super) holding: usize,
    pub(super) until: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) steps: Vec<Step>,
    pub(super) state: InstanceState,
    pub(super) cancelled: bool,
    /// Now.
    pub(super) now: i64,
}

impl Model {
    /// Steps with their level, parents and whether an error is allowed.
    pub(super) fn new(steps: &[(i32, Vec<usize>, bool)]) -> Model {
        let steps = steps
            .iter()
            .map(|(level, parents, continue_on_error)| Step {
                level: *level,
                parents: parents.clone(),
                continue_on_error: *continue_on_error,
                state: NotStarted,
                produced: false,
                ready: None,
                approved: false,
                attempts: 0,
                holding: 0,
                until: 0,
            })
            .collect();
        Model { steps, state: NotStarted, cancelled: false, now: 0 }
    }

    fn any(&self, state: InstanceState) -> bool {
        self.steps.iter().any(|s| s.state == state)
    }

    fn unfinished(s: &Step) -> bool {
        s.state == NotStarted || s.state == InProgress
    }

    pub(super) fn is_active(&self) -> bool {
        self.state == NotStarted || self.state == InProgress
    }

    fn make_ready(&mut self, at: usize) {
        self.steps[at].ready = Some(self.now);
    }

    /// What follows from how things stand.
    pub(super) fn settle(&mut self) {
        if !self.is_active() {
            return;
        }
        if self.cancelled {
            if !self.any(InProgress) {
                for s in self.steps.iter_mut().filter(|s| s.state == NotStarted) {
                    (s.state, s.ready) = (Cancelled, None);
                }
                self.state = Cancelled;
            }
            return;
        }
        if self.any(Errored) || self.any(Blocked) {
            let resumed = |s: &Step| s.state == NotStarted && s.ready.is_some() && s.approved;
            for s in self.steps.iter_mut().filter(|s| s.state == NotStarted && !s.approved) {
                s.ready = None;
            }
            if !self.any(InProgress) && !self.steps.iter().any(resumed) {
                self.state = if self.any(Errored) { Errored } else { Blocked };
            }
            return;
        }
        loop {
            let Some(level) = self.steps.iter().filter(|s| Model::unfinished(s)).map(|s| s.level).min() else {
                self.state = if self.any(Warning) { Warning } else { Completed };
                return;
            };
            for at in 0..self.steps.len() {
                let s = &self.steps[at];
                if s.level == level && s.state == NotStarted && s.ready.is_none() {
                    match self.is_needed(at) {
                        true => self.make_ready(at),
                        false => self.steps[at].state = Skipped,
                    }
                }
            }
            if self.steps.iter().any(|s| s.level == level && Model::unfinished(s)) {
                return;
            }
        }
    }

    fn is_needed(&self, at: usize) -> bool {
        let parents = &self.steps[at].parents;
        let gave = |p: &Step| matches!(p.state, Completed | Warning) && p.produced;
        let bad = |p: &Step| matches!(p.state, InProgress | Warning | Errored | Blocked | Cancelled) && !gave(p);
        parents.is_empty()
            || (!parents.iter().any(|p| bad(&self.steps[*p])) && parents.iter().any(|p| gave(&self.steps[*p])))
    }

    /// The step that would be taken.
    pub(super) fn next(&self) -> Option<usize> {
        let waiting = (0..self.steps.len()).filter(|at| self.steps[*at].state == NotStarted);
        waiting.filter_map(|at| Some((self.steps[at].ready?, at))).min().map(|(_, at)| at)
    }

    pub(super) fn take(&mut self, at: usize, holding: usize, until: i64) {
        let s = &mut self.steps[at];
        (s.state, s.holding, s.until) = (InProgress, holding, until);
        s.attempts += 1;
        self.state = InProgress;
    }

    pub(super) fn holds(&self, at: usize, holding: usize) -> bool {
        self.steps[at].state == InProgress && self.steps[at].holding == holding
    }

    pub(super) fn finish(&mut self, at: usize, state: InstanceState, produced: bool) {
        let s = &mut self.steps[at];
        s.state = if state == Errored && s.continue_on_error { Warning } else { state };
        s.produced = produced && state != Errored;
        self.settle();
    }

    /// Leases that are over.
    pub(super) fn expire(&mut self, now: i64, attempts: u32) {
        for at in 0..self.steps.len() {
            if self.steps[at].state != InProgress || self.steps[at].until >= now {
                continue;
            }
            self.steps[at].produced = false;
            if self.steps[at].attempts >= attempts {
                self.steps[at].state = if self.steps[at].continue_on_error { Warning } else { Errored };
            } else {
                self.steps[at].state = NotStarted;
                self.make_ready(at);
            }
            self.settle();
        }
    }

    pub(super) fn resume(&mut self) {
        for at in 0..self.steps.len() {
            if self.steps[at].state == Blocked {
                (self.steps[at].state, self.steps[at].approved, self.steps[at].produced) = (NotStarted, true, false);
                self.make_ready(at);
            }
        }
        self.state = InProgress;
        self.settle();
    }

    pub(super) fn restart(&mut self) {
        let again = |s: &Step| matches!(s.state, Errored | Cancelled | Blocked | NotStarted);
        let from = self.steps.iter().filter(|s| again(s)).map(|s| s.level).min().unwrap_or(0);
        for s in &mut self.steps {
            if again(s) || (s.state == Skipped && s.level > from) {
                (s.state, s.ready, s.approved, s.attempts, s.produced) = (NotStarted, None, false, 0, false);
            }
        }
        (self.state, self.cancelled) = (InProgress, false);
        self.settle();
    }
}
