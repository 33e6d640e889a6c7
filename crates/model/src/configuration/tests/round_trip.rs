//! Export and read again: the same items. Any text: no panic.

use super::super::dialect::{self, Attribute, Element, Kind};
use super::*;
use proptest::prelude::*;

/// A legal value that is not the default.
fn value(attribute: &'static Attribute) -> BoxedStrategy<String> {
    let text = "[ -~éß\t\n\r&<>\"'\u{2028}\u{1F600}]{0,12}";
    match attribute.kind {
        Kind::Bool => prop_oneof!["true", "false", "0", "1"].boxed(),
        Kind::Int(least, most) => (least..=most).prop_map(|n| n.to_string()).boxed(),
        Kind::Float => (-1e9f64..1e9).prop_map(|n| n.to_string()).boxed(),
        Kind::Date => "20[0-9]{2}-0[1-9]-[12][0-9]".boxed(),
        Kind::Enum(list) => proptest::sample::select(list.names().collect::<Vec<_>>()).prop_map(str::to_owned).boxed(),
        Kind::PropertyPath => "[A-Z][a-z]{0,3}:[A-Z][a-z]{0,3}".boxed(),
        Kind::Reference(_) | Kind::Property => "[A-Za-z][A-Za-z0-9_]{0,6}".boxed(),
        Kind::Text | Kind::Resource | Kind::Binding | Kind::Expression => text.boxed(),
    }
}

/// An element with some of its attributes and children.
fn element(element: &'static Element, depth: u32) -> BoxedStrategy<String> {
    let all: Vec<&'static Attribute> = element.all_attributes().collect();
    let attributes: Vec<_> = all
        .into_iter()
        .map(|attribute| {
            let spellings = attribute.spellings();
            let always = attribute.required || attribute.name == "Identifier";
            let name = proptest::sample::select(spellings);
            let weight = if always { 0.98 } else { 0.3 };
            proptest::option::weighted(weight, (name, value(attribute)))
        })
        .collect();
    let children: Vec<&'static Element> = element.all_children().collect();
    let below = if depth == 0 || children.is_empty() {
        Just(String::new()).boxed()
    } else {
        let one = proptest::sample::select(children).prop_flat_map(move |child| self::element(child, depth - 1));
        proptest::collection::vec(one, 0..3).prop_map(|all| all.concat()).boxed()
    };
    (attributes, below)
        .prop_map(move |(attributes, below)| {
            let written: String = attributes
                .into_iter()
                .flatten()
                .map(|(name, value)| {
                    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                    format!(" {name}=\"{}\"", value.replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;"))
                })
                .collect();
            format!("<{0}{written}>{below}</{0}>\n", element.name)
        })
        .boxed()
}

fn any_element() -> BoxedStrategy<String> {
    let roots: Vec<&'static Element> = dialect::roots().collect();
    proptest::sample::select(roots).prop_flat_map(|root| element(root, 2)).boxed()
}

fn files() -> BoxedStrategy<Vec<(String, String)>> {
    let one = proptest::collection::vec(any_element(), 0..5).prop_map(|elements| file(&elements.concat()));
    proptest::collection::vec(one, 1..4)
        .prop_map(|texts| texts.into_iter().enumerate().map(|(n, text)| (format!("{n}/é &.xml"), text)).collect())
        .boxed()
}

/// Items in an order of their own: files may come back in another order.
fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by(|a, b| {
        (&a.element, &a.identity, &a.file, &a.attributes).cmp(&(&b.element, &b.identity, &b.file, &b.attributes))
    });
    items
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_exported_is_read_again(files in files()) {
        let parsed = parse(&files);
        let exported = export(&parsed.items);
        let again = parse(&exported);
        prop_assert_eq!(sorted(parsed.items.clone()), sorted(again.items.clone()));
        prop_assert_eq!(&parsed.configuration.entity_types.len(), &again.configuration.entity_types.len());
        prop_assert!(plan(&parsed.items, &again.items).is_empty());
        // Written once, it is written the same for ever.
        prop_assert_eq!(export(&again.items), exported);
    }

    #[test]
    fn a_plan_lists_exactly_what_differs(one in files(), other in files()) {
        let (one, other) = (parse(&one).items, parse(&other).items);
        let forward = plan(&one, &other);
        let back = plan(&other, &one);
        let (added, changed, removed) = forward.counts();
        prop_assert_eq!(back.counts(), (removed, changed, added));
        prop_assert_eq!(one.len() + added, other.len() + removed);
        prop_assert!(plan(&one, &one).is_empty());
    }

    #[test]
    fn mutated_files_never_panic(
        files in files(),
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), "[<>/=\"'&;:a-zA-Z0-9 \n\u{0}\u{FEFF}é]{0,6}"), 1..6),
    ) {
        let mut text = files[0].1.clone();
        for (at, insert) in cuts {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = *at.get(&places);
            let end = (start..=text.len()).skip(insert.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(start);
            text.replace_range(start..end, &insert);
        }
        let parsed = parse(&[("a.xml".to_owned(), text)]);
        for problem in &parsed.problems {
            let place = problem.place.as_ref().unwrap();
            prop_assert!(place.line >= 1 && place.column >= 1 && place.length >= 1);
        }
        let again = parse(&export(&parsed.items));
        prop_assert!(plan(&parsed.items, &again.items).is_empty());
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}") {
        parse(&[("a.xml".to_owned(), text)]);
    }
}

#[test]
fn characters_that_xml_cannot_carry_do_not_break_a_file() {
    let mut item = read("<Agent Identifier='A' DisplayName_L1='x'/>").items.remove(0);
    item.attributes[1].1 = "a\u{0}b\u{1b}c\u{fffe}".to_owned();
    item.file = String::new();
    let files = export(&[item]);
    assert_eq!(files[0].0, DEFAULT_FILE);
    assert_eq!(parse(&files).configuration.agents[0].display_name.as_deref(), Some("a\u{fffd}b\u{fffd}c\u{fffd}"));
}

#[test]
fn an_exported_file_looks_like_one_that_a_person_wrote() {
    let parsed = read(
        "<EntityType Identifier='T' DisplayName_L1='A &amp; &quot;B&quot;&#10;C'><Property Identifier='N'/></EntityType>\
         <LdapResourceTypeMapping Identifier='A_long_identifier' Connection='A_long_connection' \
         DefaultObjectClass='top&#xA;person' RDNAttributeIdentifier='cn'/>",
    );
    insta::assert_snapshot!(export(&parsed.items)[0].1, @r#"
    <?xml version="1.0" encoding="utf-8"?>
    <ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
      <EntityType Identifier="T" DisplayName_L1="A &amp; &quot;B&quot;&#xA;C">
        <Property Identifier="N" />
      </EntityType>
      <LdapResourceTypeMapping
          Identifier="A_long_identifier"
          Connection="A_long_connection"
          DefaultObjectClass="top&#xA;person"
          RDNAttributeIdentifier="cn" />
    </ConfigurationFile>
    "#);
}
