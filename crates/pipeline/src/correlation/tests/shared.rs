use super::super::keys::Side;
use super::super::{CorrelationReport, Known, Match, correlate};
use super::model::{Rule, Store, build, options, set};
use std::time::Instant;

fn run(owners: i64, targets: i64, multiple: bool, most: usize) -> (Vec<Match>, CorrelationReport) {
    let correlator = build(&[options(7, multiple, false)], &[Rule::new(1, 7, 100)], most);
    let mut store = Store { page: 1_000_000, ..Store::default() };
    (0..owners).for_each(|owner| store.add(set(1, Side::Source), "n/a", owner));
    (0..targets).for_each(|target| store.add(set(1, Side::Target), "n/a", 1_000_000 + target));
    let (mut matches, mut report) = (Vec::new(), CorrelationReport::default());
    correlate(&correlator, &Known::new(), &mut store, &mut report, &mut |found| {
        matches.push(found);
        Ok(())
    })
    .unwrap();
    (matches, report)
}

#[test]
fn a_key_of_ten_thousand_owners_correlates_nobody_and_is_reported() {
    let (matches, report) = run(10_000, 10_000, false, 100);
    assert_eq!(matches, []);
    assert_eq!((report.ignored, report.ambiguous, report.automatic), (1, 0, 0));
    let told = &report.ignored_samples[0];
    // Owners beyond the most are counted, not kept.
    assert_eq!((told.owners, told.targets, told.key.as_str(), told.rule.0), (10_000, 10_000, "n/a", 1));
}

#[test]
fn a_key_of_ten_thousand_accounts_gives_the_first_one_or_all() {
    let (matches, report) = run(1, 10_000, false, 100);
    assert_eq!(matches.iter().map(|m| (m.owner.0, m.target.0)).collect::<Vec<_>>(), [(0, 1_000_000)]);
    assert_eq!((report.ambiguous, report.crowded, report.crowded_samples[0].targets), (0, 1, 10_000));
    let (matches, report) = run(1, 10_000, true, 100);
    assert_eq!((matches.len(), report.crowded), (10_000, 0));
}

#[test]
fn owners_that_share_a_key_get_one_target_each_in_order() {
    let (matches, report) = run(3, 5, false, 100);
    let told: Vec<(i64, i64)> = matches.iter().map(|m| (m.owner.0, m.target.0)).collect();
    assert_eq!(told, [(0, 1_000_000), (1, 1_000_001), (2, 1_000_002)]);
    assert_eq!((report.ambiguous, report.ambiguous_samples[0].owners), (1, 3));
}

/// Without the limit the same key costs its owners and targets once each: their product would take minutes.
#[test]
fn the_work_grows_with_the_sum_not_the_product() {
    let start = Instant::now();
    let (matches, _) = run(50_000, 50_000, false, usize::MAX - 1);
    assert_eq!(matches.len(), 50_000);
    assert_eq!((matches[49_999].owner.0, matches[49_999].target.0), (49_999, 1_049_999));
    let (matches, _) = run(50_000, 50_000, true, usize::MAX - 1);
    assert!(matches.iter().all(|m| m.owner.0 == 0) && matches.len() == 50_000);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
