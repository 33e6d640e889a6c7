//! Random queries over random companies, now and in the past, against an evaluator that knows nothing of SQL.

use super::Company;
use crate::tests::scratch::Scratch;
use crate::{PageRequest, Restrictions, RunId, WriteTx};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use provost_model::changes::Command;
use provost_model::query::{
    Binding, Direction, Filter, History, Operand, Operator, Order, Query, format_instant, parse_instant,
};
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

crate::tests::both!(queries_find_what_a_naive_evaluator_finds);

const JOINS: &str = "join Groups g join Groups h join Pupils p join g.People q";
const ALIASES: [&str; 4] = ["g", "h", "p", "q"];

/// Name, age, height, active, hired; department, mentor, groups.
type Values = [Option<String>; 5];
#[derive(Clone, Debug, Default)]
struct Person {
    values: Values,
    department: Option<i64>,
    mentor: Option<i64>,
    groups: BTreeSet<i64>,
}
type World = BTreeMap<i64, Person>;

/// Departments are 101 to 103, teams 201 to 203; their names do not change.
const PLACES: [(i64, &str); 6] = [(101, "a"), (102, "B"), (103, "ab"), (201, "a"), (202, "b"), (203, "é")];

fn world() -> impl Strategy<Value = World> {
    let of = |values: &[&'static str]| prop::option::weighted(0.8, select(values.to_vec()).prop_map(str::to_owned));
    let values = (
        of(&["a", "A", "b", "ab", "Ba", "é", "a%", "x_"]),
        of(&["1", "2", "3", "-3", "10", "9223372036854775807", "9223372036854775808", "x", "-", "1-2"]),
        of(&["1.5", "1.50", "-2", "0.25", "10", "tall", "1.", "1.2.3", "--1"]),
        of(&["true", "false", "1", "0", "maybe"]),
        of(&["20200101000000", "20210101120000", "20210101120001"]),
    );
    let person = (
        values,
        prop::option::of(101..=103_i64),
        prop::option::of(1..=8_i64),
        prop::collection::btree_set(201..=203_i64, 0..3),
    )
        .prop_map(|((a, b, c, d, e), department, mentor, groups)| Person {
            values: [a, b, c, d, e],
            department,
            mentor,
            groups,
        });
    prop::collection::btree_map(1..=8_i64, person, 0..8).prop_map(|mut world| {
        let ids: BTreeSet<i64> = world.keys().copied().collect();
        for person in world.values_mut() {
            person.mentor = person.mentor.filter(|id| ids.contains(id));
        }
        world
    })
}

#[derive(Clone, Debug, PartialEq)]
enum Val {
    Null,
    Text(String),
    Int(i64),
    Double(f64),
    /// Digits, as stored.
    Date(String),
}

/// Bindings with an example of their type.
const BINDINGS: [(&str, char); 16] = [
    ("Name", 't'),
    ("Age", 'i'),
    ("Height", 'd'),
    ("Active", 'b'),
    ("Hired", 'z'),
    ("Id", 'i'),
    ("Department.Label", 't'),
    ("Mentor.Name", 't'),
    ("Mentor.Age", 'i'),
    ("Mentor", 'i'),
    ("g.Label", 't'),
    ("h.Label", 't'),
    ("p.Age", 'i'),
    ("p.Department.Label", 't'),
    ("q.Name", 't'),
    ("q", 'i'),
];

fn binding(text: &str) -> Binding {
    Binding::of(text.split('.'))
}

fn operand(kind: char) -> BoxedStrategy<Operand> {
    let text = |values: &[&str]| {
        let values: Vec<Operand> = values.iter().map(|v| Operand::Text((*v).to_owned())).collect();
        select(values).boxed()
    };
    let literal = match kind {
        't' => text(&["a", "A", "b", "ab", "é", "%", "_", ""]),
        'i' => {
            select(vec![Operand::Int(1), Operand::Int(2), Operand::Int(-3), Operand::Int(10), Operand::Int(i64::MAX)])
                .boxed()
        }
        'd' => text(&["1.5", "-2", "0.3"]),
        'b' => any::<bool>().prop_map(Operand::Bool).boxed(),
        _ => text(&["2020-01-01", "2021-01-01T12:00:00.5Z", "2021-01-01T12:00:01Z"]),
    };
    let same: Vec<Operand> =
        BINDINGS.iter().filter(|(_, k)| *k == kind).map(|(name, _)| Operand::Binding(binding(name))).collect();
    prop_oneof![4 => literal, 1 => select(same)].boxed()
}

fn comparison() -> impl Strategy<Value = Filter> {
    select(BINDINGS.to_vec()).prop_flat_map(|(name, kind)| {
        let fits = move |operator: &Operator| match operator {
            Operator::Bits => kind == 'i',
            Operator::Equal | Operator::Different => true,
            Operator::Less | Operator::Greater | Operator::LessOrEqual | Operator::GreaterOrEqual => true,
            _ => kind == 't',
        };
        let operators: Vec<Operator> = Operator::SIGNS.iter().map(|(_, o)| *o).filter(|o| fits(o)).collect();
        let null = select(vec![(Operator::Equal, Operand::Null), (Operator::Different, Operand::Null)]);
        let pair = prop_oneof![5 => (select(operators), operand(kind)), 1 => null];
        pair.prop_map(move |(operator, right)| Filter::Compare { left: binding(name), operator, right })
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    comparison().prop_recursive(3, 6, 3, |inner| {
        (prop::collection::vec(inner, 2..4), any::<bool>())
            .prop_map(|(parts, all)| if all { Filter::All(parts) } else { Filter::Any(parts) })
    })
}

fn query() -> impl Strategy<Value = Query> {
    let term = (select(BINDINGS[..10].to_vec()), any::<bool>()).prop_map(|((name, _), up)| Order {
        binding: binding(name),
        direction: if up { Direction::Ascending } else { Direction::Descending },
    });
    (prop::option::weighted(0.9, filter()), prop::collection::vec(term, 0..3)).prop_map(|(filter, order)| Query {
        joins: Query::parse(JOINS).unwrap().joins,
        select: ["Id", "g.Label", "p.Id", "q.Id", "Department.Label", "Mentor"].map(binding).to_vec(),
        filter,
        order,
        ..Query::default()
    })
}

/// The value that a binding has for a person and its joined entities.
fn value(world: &World, root: i64, joined: &[Option<i64>; 4], binding: &Binding) -> Val {
    let (mut at, path) = match ALIASES.iter().position(|alias| *alias == binding.path[0]) {
        Some(n) => (joined[n], &binding.path[1..]),
        None => (Some(root), &binding.path[..]),
    };
    for name in path {
        let person = at.and_then(|id| world.get(&id));
        match name.as_str() {
            "Department" => at = person.and_then(|p| p.department),
            "Mentor" => at = person.and_then(|p| p.mentor),
            "Id" => {}
            "Label" => {
                let label = PLACES.iter().find(|(id, _)| Some(*id) == at);
                return label.map_or(Val::Null, |(_, label)| Val::Text((*label).to_owned()));
            }
            scalar => {
                let n = ["Name", "Age", "Height", "Active", "Hired"].iter().position(|p| *p == scalar).unwrap();
                return person.and_then(|p| p.values[n].as_deref()).map_or(Val::Null, |text| read(n, text));
            }
        }
    }
    at.map_or(Val::Null, Val::Int)
}

fn read(n: usize, text: &str) -> Val {
    match n {
        0 => Val::Text(text.to_owned()),
        1 => text.parse().map_or(Val::Null, Val::Int),
        2 if text == "1." => Val::Null,
        2 => text.parse().map_or(Val::Null, Val::Double),
        3 => match text {
            "true" | "1" => Val::Int(1),
            "false" | "0" => Val::Int(0),
            _ => Val::Null,
        },
        _ => Val::Date(text.to_owned()),
    }
}

/// Nothing sorts before everything.
fn compare(a: &Val, b: &Val) -> Ordering {
    match (a, b) {
        (Val::Null, Val::Null) => Ordering::Equal,
        (Val::Null, _) => Ordering::Less,
        (_, Val::Null) => Ordering::Greater,
        (Val::Text(a), Val::Text(b)) | (Val::Date(a), Val::Date(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Val::Int(a), Val::Int(b)) => a.cmp(b),
        (Val::Double(a), Val::Double(b)) => a.partial_cmp(b).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn holds(world: &World, root: i64, joined: &[Option<i64>; 4], filter: &Filter) -> bool {
    let (left, operator, right) = match filter {
        Filter::All(parts) => return parts.iter().all(|part| holds(world, root, joined, part)),
        Filter::Any(parts) => return parts.iter().any(|part| holds(world, root, joined, part)),
        Filter::Compare { left, operator, right } => (value(world, root, joined, left), *operator, right),
    };
    let right = match right {
        Operand::Null => Val::Null,
        Operand::Binding(binding) => value(world, root, joined, binding),
        Operand::Int(value) => Val::Int(*value),
        Operand::Bool(value) => Val::Int(i64::from(*value)),
        Operand::Text(text) => match &left {
            Val::Double(_) => Val::Double(text.parse().unwrap()),
            Val::Date(_) => {
                let micros = parse_instant(text).unwrap();
                let digits = format_instant(micros).replace(['-', 'T', ':', 'Z'], "");
                Val::Date(digits)
            }
            _ => Val::Text(text.clone()),
        },
    };
    let known = left != Val::Null && right != Val::Null;
    let texts = |f: fn(&str, &str) -> bool| match (&left, &right) {
        (Val::Text(a), Val::Text(b)) => f(&a.to_ascii_lowercase(), &b.to_ascii_lowercase()),
        _ => false,
    };
    match operator {
        Operator::Equal => compare_or_null(&left, &right),
        Operator::Different => !compare_or_null(&left, &right),
        Operator::Less => known && compare(&left, &right).is_lt(),
        Operator::Greater => known && compare(&left, &right).is_gt(),
        Operator::LessOrEqual => known && compare(&left, &right).is_le(),
        Operator::GreaterOrEqual => known && compare(&left, &right).is_ge(),
        Operator::Bits => matches!((&left, &right), (Val::Int(a), Val::Int(b)) if a & b == *b),
        Operator::StartsWith => texts(|a, b| a.starts_with(b)),
        Operator::EndsWith => texts(|a, b| a.ends_with(b)),
        Operator::Contains => texts(|a, b| a.contains(b)),
        Operator::NotStartsWith => !texts(|a, b| a.starts_with(b)),
        Operator::NotEndsWith => !texts(|a, b| a.ends_with(b)),
        Operator::NotContains => !texts(|a, b| a.contains(b)),
    }
}

/// A literal is compared with nothing as if it were of another type.
fn compare_or_null(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Null, Val::Null) => true,
        (Val::Null, _) | (_, Val::Null) => false,
        (a, b) => compare(a, b).is_eq(),
    }
}

fn or_none(ids: Vec<i64>) -> Vec<Option<i64>> {
    if ids.is_empty() { vec![None] } else { ids.into_iter().map(Some).collect() }
}

/// Every combination of joined entities of a person.
fn combinations(world: &World, root: i64) -> Vec<[Option<i64>; 4]> {
    let groups: Vec<i64> = world[&root].groups.iter().copied().collect();
    let pupils = world.iter().filter(|(_, p)| p.mentor == Some(root)).map(|(id, _)| *id).collect();
    let members = |group: i64| world.iter().filter(|(_, p)| p.groups.contains(&group)).map(|(id, _)| *id).collect();
    let mut all = Vec::new();
    for g in or_none(groups.clone()) {
        for h in or_none(groups.clone()) {
            for p in or_none(Vec::clone(&pupils)) {
                for q in or_none(g.map(members).unwrap_or_default()) {
                    all.push([g, h, p, q]);
                }
            }
        }
    }
    all
}

/// All rows, in order.
fn expected(world: &World, query: &Query) -> Vec<Value> {
    let mut found: Vec<(i64, Vec<[Option<i64>; 4]>)> = Vec::new();
    for id in world.keys() {
        let mut those = combinations(world, *id);
        those.retain(|joined| query.filter.as_ref().is_none_or(|filter| holds(world, *id, joined, filter)));
        if !those.is_empty() {
            found.push((*id, those));
        }
    }
    found.sort_by(|(a, _), (b, _)| {
        let by = |order: &Order| {
            let of = |id: &i64| value(world, *id, &[None; 4], &order.binding);
            let up = compare(&of(a), &of(b));
            if order.direction == Direction::Ascending { up } else { up.reverse() }
        };
        query.order.iter().map(by).fold(Ordering::Equal, Ordering::then).then(a.cmp(b))
    });
    found.iter().map(|(id, those)| row(world, *id, those)).collect()
}

fn row(world: &World, id: i64, those: &[[Option<i64>; 4]]) -> Value {
    let label = |id: i64| PLACES.iter().find(|(place, _)| *place == id).unwrap().1;
    let distinct = |n: usize, of: &dyn Fn(&[Option<i64>; 4]) -> bool| -> BTreeSet<i64> {
        those.iter().filter(|joined| of(joined)).filter_map(|joined| joined[n]).collect()
    };
    let named = |ids: BTreeSet<i64>| -> Vec<Value> { ids.iter().map(|id| json!({"Id": id.to_string()})).collect() };
    let groups: Vec<Value> = distinct(0, &|_| true)
        .into_iter()
        .map(|g| json!({"Label": label(g), "People": named(distinct(3, &|joined| joined[0] == Some(g)))}))
        .collect();
    let mut row = json!({"Id": id.to_string(), "Groups": groups, "Pupils": named(distinct(2, &|_| true))});
    if let Some(department) = world[&id].department {
        row["Department"] = json!({"Label": label(department)});
    }
    if let Some(mentor) = world[&id].mentor {
        row["Mentor"] = json!({"Id": mentor.to_string()});
    }
    row
}

/// Brings the repository from one world to another.
fn change(c: &Company, tx: &mut WriteTx, run: RunId, from: &World, to: &World) {
    type Links = BTreeSet<(&'static str, i64, i64)>;
    let links = |world: &World| -> Links {
        let mut links = Links::new();
        for (id, person) in world {
            links.extend(person.department.map(|d| ("WorksIn", d, *id)));
            links.extend(person.mentor.map(|m| ("Guides", m, *id)));
            links.extend(person.groups.iter().map(|g| ("Belongs", *g, *id)));
        }
        links
    };
    let mut put = |command, id: i64, person: &Person| {
        let key = format!("P{id}");
        let mut values = vec![Some(key.as_str())];
        values.extend(person.values.iter().map(Option::as_deref));
        values.extend([None, None]);
        c.put(tx, run, command, "Person", id, &values);
    };
    for (id, person) in to {
        match from.get(id) {
            None => put(Command::Insert, *id, person),
            Some(before) if before.values != person.values => put(Command::Update, *id, person),
            Some(_) => {}
        }
    }
    for (id, person) in from.iter().filter(|(id, _)| !to.contains_key(id)) {
        put(Command::Delete, *id, person);
    }
    let (before, after) = (links(from), links(to));
    for (association, one, two) in before.difference(&after) {
        c.link(tx, run, Command::Delete, association, *one, *two);
    }
    for (association, one, two) in after.difference(&before) {
        c.link(tx, run, Command::Insert, association, *one, *two);
    }
}

/// All pages of a query.
fn walked(s: &Scratch, c: &Company, query: &Query, size: u32) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let request =
            PageRequest { page_size: Some(size), continuation_token: token.as_deref(), ..PageRequest::default() };
        let page = s.store.read(|tx| tx.query(&c.catalogue, "Person", query, &request, &Restrictions::none()));
        let page = page.unwrap_or_else(|e| panic!("{query}: {e}"));
        assert!(page.next.is_none() || page.rows.len() == size as usize);
        rows.extend(page.rows);
        token = page.next.map(|token| token.to_string());
        if token.is_none() {
            return rows;
        }
    }
}

fn queries_find_what_a_naive_evaluator_finds(s: &Scratch) {
    let cases = if s.store.dialect() == crate::Dialect::Sqlite { 40 } else { 8 };
    let c = Company::deploy(s);
    c.run(s, 10, |tx, run| {
        for (id, label) in PLACES {
            let entity_type = if id < 200 { "Department" } else { "Team" };
            c.put(tx, run, Command::Insert, entity_type, id, &[Some(&format!("K{id}")), Some(label)]);
        }
    });
    let world_now = std::cell::RefCell::new((World::new(), 100_i64));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let strategy = (world(), prop::collection::vec((query(), 1..5_u32), 12));
    runner
        .run(&strategy, |(next, queries)| {
            let (before, now) = world_now.replace((next.clone(), 0));
            c.run(s, now, |tx, run| change(&c, tx, run, &before, &next));
            world_now.replace((next.clone(), now + 100));
            for (query, size) in queries {
                prop_assert_eq!(walked(s, &c, &query, size), expected(&next, &query), "{}", &query);
                let past = Query { history: Some(History::AsOf(now - 1)), ..query };
                prop_assert_eq!(walked(s, &c, &past, size), expected(&before, &past), "{}", &past);
            }
            Ok(())
        })
        .unwrap();
}
