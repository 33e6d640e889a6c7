//! The order in which the tasks of a job run.

use super::types::{Job, JobStep};

/// Groups of steps: those of one group start together, the next group when all of them ended.
///
/// Steps of one level are a group; levels ascend. A step without level (-1) is a group of its own, behind the step that
/// stands before it in the document. A group of more than `max_batch` steps is cut into several.
pub fn effective_order(job: &Job, max_batch: usize) -> Vec<Vec<&JobStep>> {
    let mut anchor = -1;
    let mut keyed: Vec<((i32, usize), &JobStep)> = Vec::with_capacity(job.steps.len());
    for (at, step) in job.steps.iter().enumerate() {
        if step.level < 0 {
            keyed.push(((anchor, at + 1), step));
        } else {
            anchor = step.level;
            keyed.push(((anchor, 0), step));
        }
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed
        .chunk_by(|(one, _), (other, _)| one == other)
        .flat_map(|level| level.chunks(max_batch.max(1)))
        .map(|batch| batch.iter().map(|(_, step)| *step).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::jobs::Task;
    use proptest::prelude::*;

    fn job(levels: &[i32]) -> Job {
        let step = |(at, level): (usize, &i32)| JobStep {
            task: Task { identifier: at.to_string(), ..Task::default() },
            level: *level,
        };
        Job { steps: levels.iter().enumerate().map(step).collect(), ..Job::default() }
    }

    fn order(levels: &[i32], max_batch: usize) -> Vec<Vec<usize>> {
        let job = job(levels);
        let number = |step: &&JobStep| step.task.identifier.parse().unwrap();
        effective_order(&job, max_batch).iter().map(|group| group.iter().map(number).collect()).collect()
    }

    #[test]
    fn positions_levels_and_batches() {
        assert_eq!(order(&[], 5), Vec::<Vec<usize>>::new());
        assert_eq!(order(&[-1, -1, -1], 5), [[0], [1], [2]]);
        assert_eq!(order(&[1, 0, 1], 5), vec![vec![1], vec![0, 2]]);
        assert_eq!(order(&[0, 0, 0, 0, 0, 0, 0], 3), vec![vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
        // Without a level, a step stays behind its predecessor.
        assert_eq!(order(&[-1, 2, -1, 2, 0], 5), vec![vec![0], vec![4], vec![1, 3], vec![2]]);
        assert_eq!(order(&[3, 3], 0), [[0], [1]]);
    }

    /// Plainly: pick the smallest key again and again.
    fn naive(levels: &[i32], max_batch: usize) -> Vec<Vec<usize>> {
        let mut left: Vec<(i32, usize, usize)> = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            let before = levels[..at].iter().rev().find(|level| **level >= 0).copied().unwrap_or(-1);
            left.push(if *level >= 0 { (*level, 0, at) } else { (before, at + 1, at) });
        }
        let mut groups = Vec::new();
        while let Some(least) = left.iter().map(|(level, place, _)| (*level, *place)).min() {
            let mut group = Vec::new();
            while group.len() < max_batch {
                let Some(next) = left.iter().position(|(level, place, _)| (*level, *place) == least) else {
                    break;
                };
                group.push(left.remove(next).2);
            }
            groups.push(group);
        }
        groups
    }

    proptest! {
        #[test]
        fn it_is_what_a_plain_search_gives(levels in prop::collection::vec(-1..4i32, 0..20), batch in 1..6usize) {
            prop_assert_eq!(order(&levels, batch), naive(&levels, batch));
        }
    }
}
