use super::testing::World;
use super::*;
use PropertyType as T;

fn text(world: &mut World, binding: &str, expression: &str, kind: T, person: i64) -> Result<Option<String>, String> {
    let subject = world.resource("Person", person);
    let program = Program::compile(Some(binding), Some(expression), &world.scope(Wanted::Text(kind)))
        .map_err(|e| format!("{e} — {}", e.remedy))?;
    let mut out = "kept ".to_owned();
    let found = program.text(subject, &world.population, &Environment::at(0), &mut out).map_err(|e| e.to_string())?;
    let value = out.strip_prefix("kept ").unwrap();
    assert_eq!(found, !value.is_empty());
    Ok(found.then(|| value.to_owned()))
}

#[test]
fn bindings_give_what_is_stored_at_the_end() {
    let mut world = World::new();
    for (binding, person, expected) in [
        ("LastName", 1, Some("Lovelace")),
        ("Person:LastName", 1, Some("Lovelace")),
        ("Person.LastName", 1, Some("Lovelace")),
        (" Person: Department . Parent . Name ", 2, Some("Head office")),
        ("Manager.Department.Head.Mail", 2, Some("ada@example.org")),
        ("Manager.Mail", 1, None),
        ("Manager", 2, Some("1")),
        ("Manager.Id", 2, Some("1")),
        ("Id", 3, Some("3")),
        ("InternalDisplayName", 3, Some("Person 3")),
        ("Department.InternalDisplayName_L2", 1, Some("Department 10")),
        ("Start", 1, Some("20200115080000")),
    ] {
        assert_eq!(text(&mut world, binding, "", T::String, person).unwrap().as_deref(), expected, "{binding}");
    }
}

#[test]
fn values_become_those_of_the_target() {
    let mut world = World::new();
    assert_eq!(text(&mut world, "Number", "Literal:True", T::Bool, 1).unwrap().as_deref(), Some("true"));
    assert_eq!(text(&mut world, "FirstName", "ToUpper", T::String, 2).unwrap().as_deref(), Some("JEAN-NOËL"));
    assert_eq!(text(&mut world, "Mail", "ToUpper", T::String, 2).unwrap(), None);
    // What a property of the type holds is taken over, even when it was stored without a format.
    assert_eq!(text(&mut world, "Age", "", T::Int32, 2).unwrap().as_deref(), Some("x7"));
    let error = text(&mut world, "Age", "", T::Int64, 2).unwrap_err();
    assert!(error.starts_with("\"x7\" is not such a value: expected a whole number"), "{error}");
    assert_eq!(text(&mut world, "Age", "", T::Int64, 1).unwrap().as_deref(), Some("36"));
}

#[test]
fn what_is_read_is_derived() {
    let world = World::new();
    let program = |binding: &str, expression: &str, wanted| {
        Program::compile(Some(binding), Some(expression), &world.scope(wanted)).unwrap()
    };
    let reads = program("Manager.Department.Name", "ToUpper", Wanted::Text(T::String)).reads().clone();
    let mut expected = Reads::default();
    expected.at(&[13, 12]).values.insert(1);
    assert_eq!(reads, expected);
    assert_eq!(program("Id", "", Wanted::Text(T::Int64)).reads(), &Reads::default());
    assert_eq!(program("LastName", "Literal:x", Wanted::Text(T::String)).reads(), &Reads::default());
    let reads = program("Records.Person", "", Wanted::Resources(Some(0))).reads().clone();
    let mut expected = Reads::default();
    expected.at(&[15, 4]);
    assert_eq!(reads, expected);
}

#[test]
fn resources_come_each_once_and_truth_from_bool() {
    let mut world = World::new();
    let (ada, bob) = (world.resource("Person", 1), world.resource("Person", 2));
    let environment = Environment::at(0);
    let resources = |binding: &str| {
        let program = Program::compile(Some(binding), None, &world.scope(Wanted::Resources(None))).unwrap();
        let mut out = Vec::new();
        program.resources(ada, &world.population, &environment, &mut out).unwrap();
        out.into_iter().map(|resource| world.population.id(resource).0).collect::<Vec<_>>()
    };
    assert_eq!(resources("Records"), [20, 21]);
    assert_eq!(resources("Records.Person"), [1]);
    assert_eq!(resources("Manager"), Vec::<i64>::new());
    let active = Program::compile(Some("Active"), None, &world.scope(Wanted::Boolean)).unwrap();
    assert_eq!(active.boolean(ada, &world.population, &environment), Ok(true));
    assert_eq!(active.boolean(bob, &world.population, &environment), Ok(false));
}

#[test]
fn what_cannot_be_compiled_is_explained() {
    let world = World::new();
    let refused: Vec<String> = [
        ("", "", Wanted::Any),
        ("LastNam", "", Wanted::Any),
        ("Department:Name", "", Wanted::Any),
        ("Department..Name", "", Wanted::Any),
        ("LastName.Length", "", Wanted::Any),
        ("Photo", "", Wanted::Any),
        ("Records.Position", "", Wanted::Text(T::String)),
        ("LastName", "", Wanted::Boolean),
        ("LastName", "", Wanted::Resources(None)),
        ("Manager", "", Wanted::Resources(Some(1))),
        ("LastName", "", Wanted::Arguments),
        ("LastName", "ToUper", Wanted::Text(T::String)),
        ("", "ToUpper", Wanted::Text(T::String)),
        ("LastName", "ToUpper", Wanted::Boolean),
        ("", "Literal:soon", Wanted::Text(T::Int32)),
    ]
    .map(|(binding, expression, wanted)| {
        let error = Program::compile(Some(binding), Some(expression), &world.scope(wanted)).unwrap_err();
        format!("{:?}: {error} — {}", error.part, error.remedy)
    })
    .to_vec();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    Binding: there is neither binding nor expression — write one of them, or both
    Binding: Person has no property LastNam — did you mean LastName?
    Binding: the binding begins at Department, but is evaluated for Person — begin the path with a property of Person
    Binding: the binding "Person:Department..Name" has an empty part — write properties joined by points, such as MainRecord.Mail
    Binding: Person:LastName is no navigation property, so Length cannot follow it — end the path with LastName
    Binding: Person:Photo holds a file, which is no value to compute with — choose a property that is not Binary
    Binding: Person:Records is a collection; a binding has one value — go through mono-valued navigation properties only
    Binding: the binding ends with no Bool — choose a property of type Bool
    Binding: the binding ends with a value, not with resources — end it with a navigation
    Binding: the binding leads to Person, not to Department — end it with a navigation to that entity type
    Binding: a binding gives no arguments — write an expression that returns a dictionary
    Expression: there is no predefined function named ToUper — did you mean ToUpper?
    Expression: ToUpper needs an input — give it a binding
    Expression: ToUpper gives text, which is not what is needed here — write C#:parameter: and a body that returns true or false, or resources
    Expression: soon is not a value of type Int32: expected a whole number from -2147483648 to 2147483647 — correct the literal, or change the type of the property
    "#);
}
