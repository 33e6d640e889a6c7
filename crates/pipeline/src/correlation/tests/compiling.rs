use super::super::keys::{KeyRow, Side};
use super::super::{Classifier, CorrelationReport, QueryMatch, Rules, query_matches};
use super::model::{Store, set};
use crate::expression::program::Environment;
use crate::expression::program::testing::World;
use provost_model::configuration::policy as conf;
use provost_model::policy::PolicyCatalog;
use provost_model::{PolicyObjectId, ResourceId};

fn operand(binding: &str, expression: &str) -> conf::Operand {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    conf::Operand { binding: given(binding), expression: given(expression) }
}

fn correlation(identity: &str, source: conf::Operand, target: conf::Operand, confidence: u8) -> conf::CorrelationRule {
    conf::CorrelationRule {
        identity: identity.to_owned(),
        resource_type: "Job".to_owned(),
        source,
        target,
        confidence,
        ..conf::CorrelationRule::default()
    }
}

/// Records belong to persons; classification by expression; a record's person is found by a query rule.
fn world() -> (World, PolicyCatalog) {
    let mut world = World::new();
    let query = |identity: &str, source: &str, confidence| conf::QueryRule {
        identity: identity.to_owned(),
        property: "Person".to_owned(),
        source: operand(source, ""),
        target: operand("Mail", "ToLower"),
        confidence,
        ..conf::QueryRule::default()
    };
    let policy = &mut world.metadata.configuration.policy;
    policy.resource_types = vec![conf::ResourceType {
        identifier: "Job".to_owned(),
        source_entity_type: "Person".to_owned(),
        target_entity_type: "Record".to_owned(),
        query_rules: vec![
            query("Job/low", "Number", 80),
            query("Job/high", "Mail", 100),
            query("Job/wrong", "Mial", 100),
        ],
        ..conf::ResourceType::default()
    }];
    policy.correlation_rules = vec![
        correlation("one", operand("Mail", "ToLower"), operand("Position", "ToLower"), 100),
        correlation("two", operand("Mail", "ToLower"), operand("Position", ""), 90),
        correlation("bad", operand("Mail", ""), operand("Nowhere", ""), 90),
    ];
    policy.classification_rules = [("weak", "", 50), ("strong", "C#:r:nonsense(", 120)]
        .map(|(identity, expression, confidence)| conf::ClassificationRule {
            identity: identity.to_owned(),
            resource_type: "Job".to_owned(),
            target_expression: Some(expression.to_owned()).filter(|text| !text.is_empty()),
            confidence,
            ..conf::ClassificationRule::default()
        })
        .into();
    let mut catalog = PolicyCatalog::default();
    let names = [
        ("ResourceType", "Job"),
        ("ResourceCorrelationRule", "one"),
        ("ResourceCorrelationRule", "two"),
        ("ResourceCorrelationRule", "bad"),
        ("QueryRule", "Job/low"),
        ("QueryRule", "Job/high"),
        ("QueryRule", "Job/wrong"),
        ("ResourceClassificationRule", "weak"),
        ("ResourceClassificationRule", "strong"),
    ];
    for ((element, identity), id) in names.into_iter().zip(1..) {
        catalog.objects.insert((element.to_owned(), identity.to_owned()), PolicyObjectId(id));
    }
    (world, catalog)
}

#[test]
fn equal_operands_on_one_entity_type_share_a_set() {
    let (world, catalog) = world();
    let rules = Rules::compile(&world.metadata, &catalog);
    let sets: Vec<(i64, Side, usize)> =
        rules.key_sets.iter().map(|set| (set.id.rule.0, set.id.side, set.entity_type)).collect();
    // Mail in lower case is the source of both correlation rules and the target of the query rules.
    let expected =
        [(2, Side::Source, 0), (2, Side::Target, 2), (3, Side::Target, 2), (5, Side::Source, 0), (6, Side::Source, 0)];
    // The plain mail is the source of the faulty rule "bad" too, which has the smaller id but does not count.
    assert_eq!(sets.len(), expected.len(), "{sets:?}");
    assert_eq!(sets[..4], expected[..4]);
    assert_eq!(rules.key_sets_of(2).count(), 2);
    let problems: Vec<(&str, bool)> = rules.problems.iter().map(|p| (p.rule.as_str(), p.error.is_some())).collect();
    assert_eq!(problems, [("bad", true), ("Job/wrong", true)]);
    let correlator = &rules.correlators[0];
    assert_eq!((correlator.target_type, correlator.types.len()), (2, 1));
    assert!(correlator.serves(PolicyObjectId(1)) && !correlator.serves(PolicyObjectId(2)));
    let order: Vec<i64> = rules.query_rules.iter().map(|rule| rule.rule.0).collect();
    assert_eq!(order, [6, 5], "by descending confidence");
}

#[test]
fn keys_are_what_the_expression_gives() {
    let (mut world, catalog) = world();
    let long = format!("Ä{}@example.org ", "x".repeat(10_000));
    world.set("Person", 2, &format!("Mail={long}"));
    let rules = Rules::compile(&world.metadata, &catalog);
    let mut key = String::from("left over");
    let mut of = |set, id| {
        let person = world.population.find(0, ResourceId(id)).unwrap();
        let found = rules.key_set(set).unwrap().key(person, &world.population, &Environment::at(0), &mut key).unwrap();
        (found, key.clone())
    };
    assert_eq!(of(set(2, Side::Source), 1), (true, "ada@example.org".to_owned()));
    assert_eq!(of(set(2, Side::Source), 2), (true, long.to_lowercase()));
    assert_eq!(of(set(2, Side::Source), 3), (false, String::new()));
    assert_eq!(of(set(5, Side::Source), 3), (true, "E003".to_owned()));
}

#[test]
fn query_rules_find_one_resource_or_nothing() {
    let (world, catalog) = world();
    let rules = Rules::compile(&world.metadata, &catalog);
    let (low, high) = (rules.query_rules[1], rules.query_rules[0]);
    let mut store = Store::default();
    let mut add = |set, key: &str, resource| {
        store.rows.insert(KeyRow { set, key: key.to_owned(), resource: ResourceId(resource) });
    };
    // Owner 1 finds by both rules; owner 2 by the weak one, since two resources have the other key; owner 3 nothing.
    for (owner, mail, number) in [(1, "a", "x"), (2, "b", "y"), (3, "c", "z")] {
        add(high.source, mail, owner);
        add(low.source, number, owner);
    }
    for (key, resource) in [("a", 50), ("x", 51), ("b", 52), ("b", 53), ("b", 54), ("y", 55)] {
        add(high.target, key, resource);
    }
    let mut report = CorrelationReport::default();
    let owners = [3, 2, 1].map(ResourceId);
    let found = query_matches(&rules.query_rules, &owners, &mut store, &mut report).unwrap();
    let told = |owner, rule: super::super::QueryRule, resource| QueryMatch {
        owner: ResourceId(owner),
        rule: rule.rule,
        resource: ResourceId(resource),
    };
    assert_eq!(found, [told(1, high, 50), told(1, low, 51), told(2, low, 55)]);
    assert_eq!(report.query_ambiguous, 1);
    assert_eq!(report.query_samples.first().map(|(_, key)| key.as_str()), Some("b"));
}

#[test]
fn classification_takes_the_most_certain_rule_that_can_be_used() {
    let (world, catalog) = world();
    let classifier = Classifier::compile(&world.metadata, &catalog);
    assert_eq!(classifier.problems.iter().map(|p| p.rule.as_str()).collect::<Vec<_>>(), ["strong"]);
    let record = world.population.find(2, ResourceId(20)).unwrap();
    let given = classifier.classify(record, &world.population, &Environment::at(0), &mut |_, _| {}).unwrap();
    assert_eq!((given.rule.0, given.resource_type.0, given.is_suggested()), (8, 1, true));
    let person = world.population.find(0, ResourceId(1)).unwrap();
    assert_eq!(classifier.classify(person, &world.population, &Environment::at(0), &mut |_, _| {}), None);
}
