//! Role mining on a company of any size, in one process.

use crate::measure::Program;
use crate::random::Random;
use crate::report::{Goal, Line};
use crate::{Bench, Failure, child};
use provost_model::ResourceId;
use provost_model::configuration::policy::MiningRule;
use provost_pipeline::mining::{Candidates, DimensionTree, Facts, RoleFacts, mine};
use std::time::Instant;

/// Values of each dimension: departments, sites, jobs, contracts, grades. A department has two hundred people, as fewer
/// prove no rule, and departments lie in divisions of twenty.
fn values(identities: u64) -> [u64; 5] {
    [(identities / 200).max(1), 50, 200, 5, 10]
}
const DIVISION: i64 = 20;

/// What a role was given for, before the noise.
enum Planted {
    Department(u64),
    Division(u64),
    DepartmentAndGrade(u64, u64),
    Nobody,
}

/// The path, without yardstick.
pub(crate) fn path(bench: &Bench) -> Result<Vec<Line>, Failure> {
    let (identities, roles) = if bench.real { (100_000, 2_000) } else { (10_000, 40) };
    let program = child("mining")?.words(&[&identities.to_string(), &roles.to_string()]);
    let mut line = Line {
        path: "Role mining",
        rows: identities,
        bytes: 0,
        ours: Vec::new(),
        yardstick: "–",
        theirs: Vec::new(),
        goal: Goal { wall: None, cpu: None, peak: Some(1024.0) },
    };
    for _ in 0..bench.runs {
        let (usage, told) = Program::measure(&program, &bench.folder)?;
        print!("{told}");
        line.ours.push(usage);
    }
    Ok(vec![line])
}

/// Makes the company, and mines it. Most of the roles that were planted must come out again.
pub(crate) fn play(identities: u64, roles: u64) -> Result<(), Failure> {
    let start = Instant::now();
    let planted: Vec<Planted> = (0..roles).map(|role| plant(role, values(identities))).collect();
    let facts = company(identities, &planted);
    let made = start.elapsed();
    let start = Instant::now();
    let candidates = Candidates::find(&facts, 10, 100);
    let found = start.elapsed();
    let start = Instant::now();
    let rule = MiningRule {
        include: [true; 4],
        precision_min_hundredths: 9_950,
        false_positive_max_hundredths: 500,
        ..MiningRule::default()
    };
    let of: Vec<RoleFacts> =
        (0..roles).map(|role| RoleFacts { identifier: format!("R{role}"), ..RoleFacts::default() }).collect();
    let mining = mine(&[rule], &of, &facts, &candidates);
    let mined = start.elapsed();
    let rules: usize = mining.found.iter().map(|role| role.rules.len()).sum();
    println!(
        "notice: {} identities × {} roles: data {:.2} s, {} candidates {:.2} s, {} roles with {} rules {:.2} s",
        identities,
        roles,
        made.as_secs_f64(),
        candidates.len(),
        found.as_secs_f64(),
        mining.found.len(),
        rules,
        mined.as_secs_f64()
    );
    let sought = planted.iter().filter(|planted| !matches!(planted, Planted::Nobody)).count();
    if mining.found.len() * 10 < sought * 8 {
        return Err(format!("{} of {sought} planted roles were found", mining.found.len()).into());
    }
    Ok(())
}

fn plant(role: u64, values: [u64; 5]) -> Planted {
    let mut random = Random::new(role + 1_000_000_007);
    let department = random.below(values[0]);
    match role % 10 {
        0..=4 => Planted::Department(department),
        5 => Planted::Division(department / DIVISION as u64),
        6 | 7 => Planted::DepartmentAndGrade(department, random.below(values[4])),
        _ => Planted::Nobody,
    }
}

fn company(identities: u64, planted: &[Planted]) -> Facts {
    let values = values(identities);
    let base = |dimension: usize| 1_000_000 * (dimension as i64 + 1);
    let departments = (0..values[0] as i64).map(|d| (ResourceId(base(0) + d), ResourceId(base(9) + d / DIVISION)));
    let tree = |dimension: usize| DimensionTree {
        column: dimension as u8,
        parents: if dimension == 0 { departments.clone().collect() } else { Default::default() },
    };
    let mut facts = Facts::new((0..values.len()).map(tree).collect(), planted.len());
    for identity in 0..identities {
        let mut random = Random::new(identity);
        let is: [u64; 5] = values.map(|count| random.below(count));
        let context: Vec<(usize, ResourceId)> =
            is.iter().enumerate().map(|(at, value)| (at, ResourceId(base(at) + *value as i64))).collect();
        let holds = planted.iter().enumerate().filter(|(_, planted)| {
            let given = match planted {
                Planted::Department(department) => is[0] == *department,
                Planted::Division(division) => is[0] / DIVISION as u64 == *division,
                Planted::DepartmentAndGrade(department, grade) => is[0] == *department && is[4] == *grade,
                Planted::Nobody => false,
            };
            // One in a hundred lacks what the others have; one in two thousand has what they lack.
            if given { random.below(100) > 0 } else { random.below(2_000) == 0 }
        });
        let holds: Vec<usize> = holds.map(|(role, _)| role).collect();
        facts.push(ResourceId(identity as i64), [context.as_slice()], holds);
    }
    facts
}
