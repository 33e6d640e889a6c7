use super::*;
use proptest::prelude::*;

fn tables() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let value = prop_oneof![
        Just(Vec::new()),
        proptest::collection::vec(any::<u8>(), 0..12),
        "[0-9]{1,14}".prop_map(String::into_bytes),
        "[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}".prop_map(String::into_bytes),
        "\\PC{0,120}".prop_map(String::into_bytes),
        Just(b"Sales".to_vec()),
    ];
    proptest::collection::vec(proptest::collection::vec(value, 0..5), 0..60)
}

fn profile(rows: &[Vec<Vec<u8>>], pairs: bool) -> TableProfile {
    let columns = ["id", "a", "b", "c"];
    let mut profiler = if pairs { Profiler::for_pairs(&columns) } else { Profiler::new(&columns) };
    for row in rows {
        profiler.observe(&row.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    profiler.finish(rows.len() as u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_tables_can_be_compared_and_stored(before in tables(), now in tables(), pairs: bool, blocked: bool) {
        let (before, now) = (profile(&before, pairs), profile(&now, pairs));
        let context = Context { subject: "X", file: "x.csv", blocked, ..Context::default() };
        let causes = compare(Some(&before), &now, &context);
        let text = serde_json::to_string(&now).unwrap();
        let stored: TableProfile = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&stored, &now);
        prop_assert_eq!(compare(Some(&before), &stored, &context), causes);
        prop_assert_eq!(compare(Some(&now), &now, &Context { blocked: false, ..context }), Vec::new());
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(rows in tables(), seed in any::<u64>(), pairs: bool) {
        // Keys are unique after cleansing.
        let key = |row: &Vec<Vec<u8>>| (0..=usize::from(pairs)).map(|at| row.get(at).cloned().unwrap_or_default()).collect();
        let rows: BTreeMap<Vec<Vec<u8>>, _> = rows.into_iter().map(|row| (key(&row), row)).collect();
        let rows: Vec<_> = rows.into_values().collect();
        let mut shuffled = rows.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        prop_assert_eq!(profile(&rows, pairs), profile(&shuffled, pairs));
    }
}

/// The same people are in the sample of a table that lost some rows, got others, and is in another order.
#[test]
fn the_sample_is_stable_and_bounded() {
    let sampled = |range: Box<dyn Iterator<Item = usize>>| {
        let mut profiler = Profiler::new(&["id", "name"]);
        let mut rows = 0;
        for n in range {
            rows += 1;
            let key = format!("E{n:07}");
            if profiler.wants(key.as_bytes()) {
                profiler.observe(&[key.as_bytes(), b"x"]);
            }
        }
        profiler.finish(rows)
    };
    let before = sampled(Box::new(0..100_000));
    let now = sampled(Box::new((1_000..101_000).rev()));
    for profile in [&before, &now] {
        assert!((10_000..=20_000).contains(&profile.sampled), "{}", profile.sampled);
        assert_eq!(profile.rows, 100_000);
    }
    let overlap = before.keys.overlap(&now.keys, 1).unwrap();
    assert!(overlap.smaller >= 200 && overlap.coefficient() > 0.95, "{overlap:?}");
    // Thinned to another level, the smaller sample is still a part of the larger one.
    let tenfold = sampled(Box::new(0..400_000));
    assert!(before.keys.overlap(&tenfold.keys, 1).unwrap().coefficient() > 0.95);
}

#[test]
fn profiles_are_small_whatever_the_table() {
    let names: Vec<String> = (0..25).map(|n| format!("some_column_{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut profiler = Profiler::new(&names);
    for n in 0..3_000usize {
        let values: Vec<String> = (0..25)
            .map(|c| match c % 3 {
                0 => format!(
                    "{n}-{c}-a value of some length that is the only one of its kind, and so on and on and on and on"
                ),
                1 => format!("{:0>60}", n % 400),
                _ => format!("Überraschung \"{}\"", n % (c * 10)),
            })
            .collect();
        profiler.observe(&values.iter().map(String::as_bytes).collect::<Vec<_>>());
    }
    let size = serde_json::to_string(&profiler.finish(3_000)).unwrap().len();
    assert!(size <= 20_000, "{size}");
}

#[test]
fn huge_values_do_not_fill_the_memory() {
    let mut profiler = Profiler::new(&["id", "photo"]);
    let huge = vec![b'x'; 10_000_000];
    for n in 0..50u32 {
        profiler.observe(&[&n.to_le_bytes(), &huge]);
    }
    let profile = profiler.finish(50);
    assert_eq!(profile.columns[1].lengths, Lengths { min: 10_000_000, mean: 10_000_000.0, max: 10_000_000 });
    assert_eq!(profile.columns[1].top.len(), 1);
    assert!(profile.columns[1].top[0].value.len() < 80);
}
