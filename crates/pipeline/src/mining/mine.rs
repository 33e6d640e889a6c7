//! The search.

use super::bits::Bits;
use super::candidates::{Candidate, Candidates};
use super::facts::Facts;
use provost_model::ResourceId;
use provost_model::configuration::policy::{MiningRule, RuleType};
use std::cmp::Reverse;

/// Identities named of each kind.
const SAMPLES: usize = 20;

/// A role, as mining rules select it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Identifier.
    pub identifier: String,
    /// Its category.
    pub category: Option<String>,
    /// Number of validations; nothing when it may not be requested by hand, which counts as none.
    pub approvals: Option<u8>,
}

/// What rules for a role come to, compared with what people have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Holders to whom the rules give it.
    pub true_positives: usize,
    /// Others to whom the rules give it.
    pub false_positives: usize,
    /// Holders to whom the rules do not give it.
    pub false_negatives: usize,
    /// Others to whom they do not.
    pub true_negatives: usize,
    /// Some of those who would get it.
    pub undue: Vec<ResourceId>,
    /// Some of those who would have it by hand only.
    pub missing: Vec<ResourceId>,
}

impl Outcome {
    /// Share of right outcomes, in hundredths of a percent.
    pub fn precision_hundredths(&self) -> u32 {
        share(self.true_positives + self.true_negatives, self.false_positives + self.false_negatives)
    }

    /// Share of undue assignments among those that the rules make, in hundredths of a percent.
    pub fn false_positive_hundredths(&self) -> u32 {
        share(self.false_positives, self.true_positives)
    }

    /// Share of the holders to whom the rules give it, in hundredths of a percent.
    pub fn recall_hundredths(&self) -> u32 {
        share(self.true_positives, self.false_negatives)
    }
}

/// `part` of `part + rest`; all of nothing is everything for right outcomes, and nothing for what is undue.
fn share(part: usize, rest: usize) -> u32 {
    (part as u64 * 10_000).checked_div((part + rest) as u64).unwrap_or(0) as u32
}

/// A rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinedRule {
    /// What it asks for.
    pub asks: Candidate,
    /// Identities that fulfil it.
    pub population: usize,
    /// Those of them that hold the role.
    pub holders: usize,
}

/// What was found for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinedRole {
    /// Position of the role.
    pub role: usize,
    /// Position of the mining rule.
    pub mining_rule: usize,
    /// The rules, those that cover most first.
    pub rules: Vec<MinedRule>,
    /// What they come to.
    pub outcome: Outcome,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mining {
    /// Roles with rules, by role.
    pub found: Vec<MinedRole>,
    /// Roles for which the best rules are not good enough, with these, by role and mining rule.
    pub refused: Vec<MinedRole>,
    /// Roles that a mining rule excludes.
    pub excluded: Vec<usize>,
}

/// Applies mining rules for one entity type: by descending priority, then in their order. A role that got rules is
/// passed over by the following ones; so is one that was excluded.
pub fn mine(rules: &[MiningRule], roles: &[RoleFacts], facts: &Facts, candidates: &Candidates) -> Mining {
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by_key(|at| Reverse(rules[*at].priority));
    let mut mining = Mining::default();
    let mut is_done = vec![false; roles.len()];
    let mut search = Search::new(facts, candidates);
    for mining_rule in order {
        let rule = &rules[mining_rule];
        for role in 0..roles.len().min(facts.holders.len()) {
            if is_done[role] || !selects(rule, &roles[role]) {
                continue;
            }
            if rule.exclude_role {
                is_done[role] = true;
                mining.excluded.push(role);
                continue;
            }
            let (found, outcome) = search.role(role, rule);
            if found.is_empty() {
                continue;
            }
            let is_good = is_good_enough(&outcome, rule);
            is_done[role] = is_good;
            let mined = MinedRole { role, mining_rule, rules: found, outcome };
            if is_good { &mut mining.found } else { &mut mining.refused }.push(mined);
        }
    }
    let got: Vec<usize> = mining.found.iter().map(|mined| mined.role).collect();
    mining.refused.retain(|mined| !got.contains(&mined.role));
    mining.found.sort_by_key(|mined| mined.role);
    mining.refused.sort_by_key(|mined| (mined.role, mined.mining_rule));
    mining.excluded.sort_unstable();
    mining
}

/// What rules would come to, whether they were found or written by hand. Rules about values that no candidate knows
/// give nothing.
pub fn simulate(asks: &[Candidate], role: usize, facts: &Facts, candidates: &Candidates) -> Outcome {
    let mut search = Search::new(facts, candidates);
    search.hold(role);
    let known = asks.iter().filter_map(|asked| candidates.all.iter().position(|candidate| candidate == asked));
    let members = known.flat_map(|candidate| candidates.members(candidate as u32));
    members.for_each(|identity| {
        search.given.insert(*identity);
    });
    search.outcome(facts.holders.get(role).map_or(0, Vec::len))
}

fn selects(rule: &MiningRule, role: &RoleFacts) -> bool {
    let is_included = rule.include.get(usize::from(role.approvals.unwrap_or(0))).copied().unwrap_or(false);
    is_included && rule.category.as_ref().is_none_or(|category| role.category.as_ref() == Some(category))
}

fn is_good_enough(outcome: &Outcome, rule: &MiningRule) -> bool {
    let right = outcome.true_positives + outcome.true_negatives;
    let all = right + outcome.false_positives + outcome.false_negatives;
    right as u64 * 10_000 >= u64::from(rule.precision_min_hundredths) * all as u64
}

/// The memory of a search, used again for each role.
struct Search<'a> {
    facts: &'a Facts,
    candidates: &'a Candidates,
    holders: Bits,
    given: Bits,
    /// Holders of a candidate; and among them those whom no rule taken covers.
    total: Vec<u32>,
    gain: Vec<u32>,
    touched: Vec<u32>,
}

impl<'a> Search<'a> {
    fn new(facts: &'a Facts, candidates: &'a Candidates) -> Search<'a> {
        let (identities, count) = (facts.len(), candidates.len());
        let (total, gain) = (vec![0; count], vec![0; count]);
        let (holders, given) = (Bits::new(identities), Bits::new(identities));
        Search { facts, candidates, holders, given, total, gain, touched: Vec::new() }
    }

    fn hold(&mut self, role: usize) {
        self.holders.clear();
        self.given.clear();
        for holder in self.facts.holders.get(role).into_iter().flatten() {
            self.holders.insert(*holder);
        }
    }

    fn role(&mut self, role: usize, rule: &MiningRule) -> (Vec<MinedRule>, Outcome) {
        self.hold(role);
        let holders = &self.facts.holders[role];
        for holder in holders {
            for candidate in self.candidates.of(*holder) {
                let total = &mut self.total[*candidate as usize];
                if *total == 0 {
                    self.touched.push(*candidate);
                }
                *total += 1;
            }
        }
        for candidate in &self.touched {
            self.gain[*candidate as usize] = self.total[*candidate as usize];
        }
        let taken = self.take(u64::from(rule.false_positive_max_hundredths));
        let taken = self.needed(taken);
        let found = taken.iter().map(|candidate| MinedRule {
            asks: self.candidates.all[*candidate as usize],
            population: self.candidates.members(*candidate).len(),
            holders: self.total[*candidate as usize] as usize,
        });
        let found = found.collect();
        let outcome = self.outcome(holders.len());
        for candidate in self.touched.drain(..) {
            self.total[candidate as usize] = 0;
            self.gain[candidate as usize] = 0;
        }
        (found, outcome)
    }

    /// Takes candidates as long as one covers a holder whom none covers yet.
    fn take(&mut self, most: u64) -> Vec<u32> {
        let undue = |total: u32, population: usize| population as u64 - u64::from(total);
        let mut open: Vec<u32> = self
            .touched
            .iter()
            .copied()
            .filter(|candidate| {
                let population = self.candidates.members(*candidate).len();
                undue(self.total[*candidate as usize], population) * 10_000 <= most * population as u64
            })
            .collect();
        open.sort_unstable();
        let (mut right, mut wrong) = (0u64, 0u64);
        let mut taken = Vec::new();
        loop {
            open.retain(|candidate| self.gain[*candidate as usize] > 0);
            let best = open.iter().copied().min_by_key(|candidate| {
                let population = self.candidates.members(*candidate).len();
                let undue = undue(self.total[*candidate as usize], population);
                (Reverse(self.gain[*candidate as usize]), undue, *candidate)
            });
            let Some(best) = best else { return taken };
            let members = self.candidates.members(best);
            let new = |identity: &&u32| !self.given.contains(**identity);
            let new_wrong =
                members.iter().filter(new).filter(|identity| !self.holders.contains(**identity)).count() as u64;
            let new_right = u64::from(self.gain[best as usize]);
            // Each rule keeps within the limit; all of them together must, too.
            let all = right + wrong + new_right + new_wrong;
            if (wrong + new_wrong) * 10_000 > most * all {
                open.retain(|candidate| *candidate != best);
                continue;
            }
            (right, wrong) = (right + new_right, wrong + new_wrong);
            for identity in members {
                if self.given.insert(*identity) && self.holders.contains(*identity) {
                    for candidate in self.candidates.of(*identity) {
                        self.gain[*candidate as usize] -= 1;
                    }
                }
            }
            taken.push(best);
        }
    }

    /// Leaves out rules whose holders the others cover, the last ones first.
    fn needed(&mut self, mut taken: Vec<u32>) -> Vec<u32> {
        for at in (0..taken.len()).rev() {
            self.given.clear();
            for (_, other) in taken.iter().enumerate().filter(|(other, _)| *other != at) {
                for identity in self.candidates.members(*other) {
                    self.given.insert(*identity);
                }
            }
            let covers = |identity: &u32| self.given.contains(*identity) || !self.holders.contains(*identity);
            if taken.len() > 1 && self.candidates.members(taken[at]).iter().all(covers) {
                taken.remove(at);
            }
        }
        self.given.clear();
        for identity in taken.iter().flat_map(|candidate| self.candidates.members(*candidate)) {
            self.given.insert(*identity);
        }
        taken
    }

    fn outcome(&self, holders: usize) -> Outcome {
        let (given, true_positives) = (self.given.count(), self.given.common(&self.holders));
        let names = |set: &Bits, other: &Bits| {
            let some = set.without(other).take(SAMPLES);
            some.map(|identity| self.facts.identities[identity as usize]).collect()
        };
        Outcome {
            true_positives,
            false_positives: given - true_positives,
            false_negatives: holders - true_positives,
            true_negatives: self.facts.len() - holders - (given - true_positives),
            undue: names(&self.given, &self.holders),
            missing: names(&self.holders, &self.given),
        }
    }
}

/// `Type` of the rules that a mining rule makes, as written.
pub(super) fn type_name(kind: RuleType) -> &'static str {
    match kind {
        RuleType::Required => "Required",
        RuleType::RequestedAutomatically => "RequestedAutomatically",
        RuleType::Suggested => "Suggested",
    }
}
