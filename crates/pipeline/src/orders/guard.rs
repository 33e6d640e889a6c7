//! The guard of provisioning: does a run ask more of the managed systems than an ordinary day does?

use provost_model::configuration::Limit;
use provost_model::configuration::policy::ResourceType;
use provost_model::orders::ChangeType;
use provost_model::summary::ExceededThreshold;

/// What the orders of one resource type do, against the targets that it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeCounts {
    /// Targets to be made.
    pub added: u64,
    /// Targets to be changed.
    pub modified: u64,
    /// Targets to be removed.
    pub deleted: u64,
    /// Targets that the resource type has.
    pub targets: u64,
}

impl TypeCounts {
    /// Counts one order.
    pub fn count(&mut self, change: ChangeType) {
        match change {
            ChangeType::Added => self.added += 1,
            ChangeType::Modified => self.modified += 1,
            ChangeType::Deleted => self.deleted += 1,
        }
    }
}

/// The thresholds of a resource type that are exceeded: inserts, updates, deletes; absolute before percent. One is
/// enough to block a run, and all are named so that a person sees the whole picture.
///
/// 0 switches a limit off, and a count must be greater than its limit to block. Without a target any order exceeds a
/// percent limit: the first run of a resource type is looked at by somebody.
pub fn exceeded(resource_type: &ResourceType, counts: &TypeCounts) -> Vec<ExceededThreshold> {
    let mut found = Vec::new();
    let mut check = |name: &str, limit: Limit, count: u64| {
        let mut push = |name: String, limit: u32| {
            found.push(ExceededThreshold {
                level: format!("ResourceType {}", resource_type.identifier),
                name,
                limit: limit.into(),
                count,
                base: counts.targets,
            });
        };
        if limit.lines > 0 && count > u64::from(limit.lines) {
            push(name.to_owned(), limit.lines);
        }
        if limit.percent > 0 && u128::from(count) * 100 > u128::from(limit.percent) * u128::from(counts.targets) {
            push(format!("{name}Percent"), limit.percent);
        }
    };
    check("MaximumInsert", resource_type.inserted, counts.added);
    check("MaximumUpdate", resource_type.updated, counts.modified);
    check("MaximumDelete", resource_type.deleted, counts.deleted);
    found
}
