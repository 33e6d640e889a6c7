//! The decisions.

use super::closure::Closure;
use super::keys::Keys;
use super::known::Known;
use super::report::{CorrelationReport, SharedKey};
use super::rules::{Correlator, Level, NOBODY, TypeOptions};
use super::stream::{self, Shared};
use provost_model::{PolicyObjectId, ResourceId};
use std::collections::{HashMap, HashSet};

/// Targets beyond this number that share a key are worth a word, where an owner may have one of them only.
const MANY_TARGETS: usize = 100;

/// A target that was found to belong to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The owner.
    pub owner: ResourceId,
    /// The target.
    pub target: ResourceId,
    /// Type that the target has by that.
    pub resource_type: PolicyObjectId,
    /// Confidence of the rule, in percent.
    pub confidence: u8,
    /// The rule.
    pub rule: PolicyObjectId,
    /// It waits for a review. A match of 100 % or more does so, too, where the type suggests all correlations.
    pub is_suggested: bool,
}

impl Match {
    /// Confidence, below 100 for what waits for a review.
    pub fn effective_confidence(&self) -> u8 {
        if self.is_suggested { self.confidence.min(99) } else { self.confidence }
    }
}

/// What becomes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Correlated,
    Suggested,
    Ignored,
}

/// What an owner has of a type.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    /// Correlated before this run.
    pub(super) before: bool,
    /// Correlated by this run.
    pub(super) correlated: bool,
    /// Suggested by this run.
    pub(super) suggested: bool,
}

/// The matrix of spec 20 §8, one candidate at a time, the most certain first.
pub(super) fn decide(options: TypeOptions, confidence: u8, held: Held) -> Decision {
    use Decision::{Correlated, Ignored, Suggested};
    let is_certain = confidence >= 100;
    match (options.multiple, options.suggest_all) {
        (false, false) if held.before || held.correlated || held.suggested => Ignored,
        (false, false) if is_certain => Correlated,
        (false, false) => Suggested,
        (false, true) if held.before && !is_certain => Ignored,
        (false, true) => Suggested,
        (true, _) if is_certain => Correlated,
        (true, false) if held.before || held.correlated => Ignored,
        (true, _) => Suggested,
    }
}

/// Matches all targets of an entity type. Calls `out` with the matches: by descending confidence, then owner, then
/// target. What is known already is not repeated.
///
/// Memory: some 16 bytes for each key of one confidence whose owner and target may still be matched.
///
/// # Errors
/// The keys cannot be read, or `out` fails.
pub fn correlate<K: Keys>(
    correlator: &Correlator,
    known: &Known,
    keys: &mut K,
    report: &mut CorrelationReport,
    out: &mut impl FnMut(Match) -> Result<(), K::Error>,
) -> Result<(), K::Error> {
    let mut run = Run::new(correlator, known);
    for level in &correlator.levels {
        let mut groups = Groups::default();
        for (at, rule) in level.rules.iter().enumerate() {
            // One more than the most tells that there are too many.
            let most = correlator.most_owners + 1;
            stream::join((rule.source, rule.target), most, keys, |shared| {
                groups.add(&run, level, at, &shared, report);
            })?;
        }
        groups.resolve(&mut run, level, report, out)?;
    }
    Ok(())
}

/// Matches what a change may have touched ([`Closure::find`]); the matches of everything else are as before.
///
/// # Errors
/// `out` fails.
pub fn correlate_touched<E>(
    correlator: &Correlator,
    known: &Known,
    closure: &Closure,
    report: &mut CorrelationReport,
    out: &mut impl FnMut(Match) -> Result<(), E>,
) -> Result<(), E> {
    let mut run = Run::new(correlator, known);
    for level in &correlator.levels {
        let mut groups = Groups::default();
        for (at, rule) in level.rules.iter().enumerate() {
            for (key, owners, targets) in closure.shared(rule.source, rule.target) {
                let shared = Shared { key, owners, owner_count: owners.len(), targets };
                groups.add(&run, level, at, &shared, report);
            }
        }
        groups.resolve(&mut run, level, report, out)?;
    }
    Ok(())
}

/// What was decided so far.
struct Run<'a> {
    correlator: &'a Correlator,
    known: &'a Known,
    decided: HashSet<ResourceId>,
    held: HashMap<(ResourceId, usize), Held>,
}

impl<'a> Run<'a> {
    fn new(correlator: &'a Correlator, known: &'a Known) -> Run<'a> {
        Run { correlator, known, decided: HashSet::new(), held: HashMap::new() }
    }

    fn is_free(&self, target: ResourceId) -> bool {
        self.known.is_free(target) && !self.decided.contains(&target)
    }

    fn held(&self, owner: ResourceId, resource_type: usize) -> Held {
        let mut held = self.held.get(&(owner, resource_type)).copied().unwrap_or_default();
        held.before = self.known.has(owner, self.correlator.types[resource_type].id);
        held
    }

    fn decide(&self, owner: ResourceId, resource_type: usize, confidence: u8) -> Decision {
        decide(self.correlator.types[resource_type], confidence, self.held(owner, resource_type))
    }

    fn note(&mut self, owner: ResourceId, resource_type: usize, target: ResourceId, decision: Decision) {
        self.decided.insert(target);
        let held = self.held.entry((owner, resource_type)).or_default();
        match decision {
            Decision::Correlated => held.correlated = true,
            Decision::Suggested => held.suggested = true,
            Decision::Ignored => {}
        }
    }
}

/// The free targets of a key of a rule.
struct Group {
    rule: usize,
    /// First target that may still be free. Targets are never freed again, so this only grows, for all owners.
    next: usize,
    end: usize,
}

/// All keys of one confidence.
#[derive(Default)]
struct Groups {
    groups: Vec<Group>,
    targets: Vec<ResourceId>,
    owners: Vec<(ResourceId, u32)>,
}

impl Groups {
    fn add(&mut self, run: &Run<'_>, level: &Level, rule: usize, shared: &Shared<'_>, report: &mut CorrelationReport) {
        let of = level.rules[rule];
        let (owners, targets) = (shared.owner_count, shared.targets.len());
        let told = || SharedKey { owners, targets, rule: of.rule, key: shared.key.to_owned() };
        if owners > run.correlator.most_owners {
            return report.ignored(told());
        }
        if owners > 1 {
            report.ambiguous(told());
        }
        if targets > MANY_TARGETS && !run.correlator.types[of.resource_type].multiple {
            report.crowded(told());
        }
        let start = self.targets.len();
        self.targets.extend(shared.targets.iter().filter(|target| run.is_free(**target)));
        let group = self.groups.len() as u32;
        let before = self.owners.len();
        if start < self.targets.len() {
            let interested = shared
                .owners
                .iter()
                .filter(|owner| run.decide(**owner, of.resource_type, level.confidence) != Decision::Ignored);
            self.owners.extend(interested.map(|owner| (*owner, group)));
        }
        if before < self.owners.len() {
            self.groups.push(Group { rule, next: start, end: self.targets.len() });
        } else {
            self.targets.truncate(start);
        }
    }

    fn resolve<E>(
        mut self,
        run: &mut Run<'_>,
        level: &Level,
        report: &mut CorrelationReport,
        out: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        self.owners.sort_unstable();
        let owners = std::mem::take(&mut self.owners);
        for of_owner in owners.chunk_by(|a, b| a.0 == b.0) {
            self.resolve_owner(of_owner, run, level, report, out)?;
        }
        Ok(())
    }

    /// Goes through the candidates of one owner by target, resource type and rule.
    fn resolve_owner<E>(
        &mut self,
        of_owner: &[(ResourceId, u32)],
        run: &mut Run<'_>,
        level: &Level,
        report: &mut CorrelationReport,
        out: &mut impl FnMut(Match) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut done: Vec<usize> = Vec::new();
        loop {
            let mut best = (NOBODY, usize::MAX);
            for (_, at) in of_owner {
                let group = &mut self.groups[*at as usize];
                if done.contains(&level.rules[group.rule].resource_type) {
                    continue;
                }
                while group.next < group.end && !run.is_free(self.targets[group.next]) {
                    group.next += 1;
                }
                if group.next < group.end {
                    let candidate = (self.targets[group.next], group.rule);
                    if best.1 == usize::MAX || candidate < best {
                        best = candidate;
                    }
                }
            }
            let (target, rule) = best;
            let (Some(of), Some((owner, _))) = (level.rules.get(rule), of_owner.first()) else {
                return Ok(());
            };
            let decision = run.decide(*owner, of.resource_type, level.confidence);
            if decision == Decision::Ignored {
                done.push(of.resource_type);
                continue;
            }
            run.note(*owner, of.resource_type, target, decision);
            let is_suggested = decision == Decision::Suggested;
            *(if is_suggested { &mut report.suggested } else { &mut report.automatic }) += 1;
            out(Match {
                owner: *owner,
                target,
                resource_type: run.correlator.types[of.resource_type].id,
                confidence: level.confidence,
                rule: of.rule,
                is_suggested,
            })?;
        }
    }
}
