use crate::tests::both;
use crate::tests::scratch::{Scratch, configuration, slot};
use crate::{Side, StoreError};
use provost_model::ResourceId;

both!(rows_and_links_come_in_order);

fn ids<const N: usize>(ids: [i64; N]) -> Vec<ResourceId> {
    ids.map(ResourceId).to_vec()
}

fn rows_and_links_come_in_order(s: &Scratch) {
    let company = s.deploy(&configuration(), 50);
    company.fill(s);
    let names = |asked: Vec<ResourceId>| {
        let mut found = Vec::new();
        s.read(|tx| {
            tx.rows_in_order(company.person, &[slot(5)], &asked, |row| {
                found.push((row.id.0, row.values[0].unwrap_or_default().to_owned()));
                Ok::<(), StoreError>(())
            })
        });
        found
    };
    let named = |id: i64, name: &str| (id, name.to_owned());
    // A range that holds a department, then ids far apart.
    assert_eq!(names(ids([1, 3, 11, 12])), [named(1, "Ada"), named(3, "Cyd")]);
    assert_eq!(names(ids([2, 999_999])), [named(2, "Bob")]);
    assert_eq!(names(Vec::new()), []);

    let links = |place, asked: Vec<ResourceId>, side| s.read(|tx| tx.links_in_order(place, &asked, side));
    let pair = |near, far| (ResourceId(near), ResourceId(far));
    assert_eq!(links(company.works_in_place, ids([1, 2, 3]), Side::Second), [pair(1, 11), pair(2, 11)]);
    assert_eq!(links(company.works_in_place, ids([2, 999_999]), Side::Second), [pair(2, 11)]);
    assert_eq!(links(company.works_in_place, ids([11, 12]), Side::First), [pair(11, 1), pair(11, 2)]);
    assert_eq!(links(company.heads_place, ids([1]), Side::First), [pair(1, 11), pair(1, 12)]);
    assert_eq!(links(company.heads_place, ids([12, 999_999]), Side::Second), [pair(12, 1)]);
}
