use super::*;

const FIRST: usize = 1;
const MAIL: usize = 3;
const START: usize = 4;
const DEPARTMENT: usize = 12;
const MANAGER: usize = 13;
const REPORTS: usize = 14;
const RECORDS: usize = 15;

/// Reads with these paths: positions of navigations, then of a value.
fn reads(paths: &[&[usize]]) -> Reads {
    let mut reads = Reads::default();
    for path in paths {
        if let Some((value, links)) = path.split_last() {
            reads.at(links).values.insert(*value);
        }
    }
    reads
}

fn compiled(world: &World, code: &str) -> Program {
    let variables = [Variable::QueryHandler];
    Program::compile(None, Some(&format!("C#:p:{code}")), &world.scope(Wanted::Any).with(&variables)).unwrap()
}

#[test]
fn reads_are_derived_through_variables_and_lambdas() {
    let world = World::new();
    for (code, expected) in [
        ("return p.FirstName + p.Mail;", reads(&[&[FIRST], &[MAIL]])),
        ("return p.Manager?.Department?.Name;", reads(&[&[MANAGER, DEPARTMENT, 1]])),
        ("var m = p.Manager; return m.Mail;", reads(&[&[MANAGER, MAIL]])),
        (
            "var m = p; if (p.Mail == null) m = p.Manager; return m.FirstName;",
            reads(&[&[MAIL], &[FIRST], &[MANAGER, FIRST]]),
        ),
        ("return (p.Mail == null ? p : p.Manager).FirstName;", reads(&[&[MAIL], &[FIRST], &[MANAGER, FIRST]])),
        (
            "return p.Records.Where(r => r.Rank > 1).Select(r => r.Person).First().Mail;",
            reads(&[&[RECORDS, 3], &[RECORDS, 4, MAIL]]),
        ),
        (
            "var list = p.Reports.ToList(); foreach (var x in list) { if (x.Start == null) return x.Mail; } return null;",
            reads(&[&[REPORTS, START], &[REPORTS, MAIL]]),
        ),
        (
            "return p.Reports.OrderBy(x => x.FirstName).Select(x => x.Mail).First();",
            reads(&[&[REPORTS, FIRST], &[REPORTS, MAIL]]),
        ),
        ("return 1;", reads(&[])),
    ] {
        assert_eq!(*compiled(&world, code).reads(), expected, "{code}");
    }
    let program = compiled(&world, "return p.Manager == null || p.InternalDisplayName == null;");
    let mut expected = reads(&[]);
    expected.at(&[MANAGER]);
    expected.display_name = true;
    assert_eq!(*program.reads(), expected);
    assert!(!program.depends_on_time());
    assert!(compiled(&world, "return p.Start < DateTime.Now;").depends_on_time());
}

#[test]
fn what_is_read_has_a_bound() {
    let mut world = World::new();
    let found = show(&mut world, "var m = person; while (m.Manager != null) { m = m.Manager; } return m.Mail;", 1);
    assert_eq!(
        found,
        "refused at 44: m is declared outside of the loop, so that what is read has no bound — follow navigations without a loop, or declare the variable in it"
    );
}

struct Everybody<'a>(&'a Population);

impl QueryHandler for Everybody<'_> {
    fn population(&self) -> &Population {
        self.0
    }

    fn select(&self, entity_type: usize, query: &provost_model::query::Query) -> Result<Vec<Handle>, String> {
        if query.to_string().contains("HQ") {
            return Err("the repository is gone".to_owned());
        }
        let rows = 0..self.0.len(entity_type) as u32;
        Ok(rows.map(|row| Handle { entity_type: entity_type as u16, row }).collect())
    }
}

#[test]
fn queries_go_to_the_handler() {
    let mut world = World::new();
    let ada = world.resource("Person", 1);
    let program = compiled(
        &world,
        "return queryHandler.Select<Department>(\"select Name where Code = \\\"RD\\\"\").First().Name;",
    );
    assert_eq!(*program.reads(), reads(&[]));
    assert_eq!(program.queries().get(&1), Some(&reads(&[&[1]])));
    let other = World::new();
    let handler = Everybody(&other.population);
    let environment = Environment { queries: Some(&handler), ..Environment::at(0) };
    let value = program.trial(ada, &world.population, &environment).unwrap().0;
    assert_eq!(value.as_deref(), Some("Research & Development"));
    let error = program.trial(ada, &world.population, &Environment::at(0)).unwrap_err();
    assert!(error.to_string().starts_with("no queries are answered here"), "{error}");
    let program = compiled(
        &world,
        "var c = \"HQ\"; return queryHandler.Select<Department>($\"where Code = \\\"{c}\\\"\").Any();",
    );
    let error = program.trial(ada, &world.population, &environment).unwrap_err();
    assert!(error.to_string().starts_with("the repository is gone"), "{error}");
}

#[test]
fn resources_and_truth_are_results() {
    let mut world = World::new();
    let ada = world.resource("Person", 1);
    let environment = Environment::at(0);
    let of = |code: &str, wanted| Program::compile(None, Some(code), &world.scope(wanted));
    let program = of("C#:p:return p.Records.Where(r => r.Rank > 1);", Wanted::Resources(Some(2))).unwrap();
    let mut out = Vec::new();
    program.resources(ada, &world.population, &environment, &mut out).unwrap();
    assert_eq!(out.iter().map(|r| world.population.id(*r).0).collect::<Vec<_>>(), [21]);
    let program = of("C#:p:return p.Active == true;", Wanted::Boolean).unwrap();
    assert_eq!(program.boolean(ada, &world.population, &environment), Ok(true));
    for (code, wanted, expected) in [
        ("C#:p:return p.Mail;", Wanted::Boolean, "the code returns a string, but true or false is needed"),
        ("C#:p:return p.Mail;", Wanted::Resources(None), "the code returns a string, but resources are needed"),
        ("C#:p:return p;", Wanted::Resources(Some(1)), "the code returns a Person, but resources are needed"),
        (
            "C#:p:return p;",
            Wanted::Text(PropertyType::String),
            "the code returns a Person, but a value of type String is needed",
        ),
        ("C#:p:return p.Mail;", Wanted::Arguments, "the code returns a string, but arguments are needed"),
        (
            "C#:p:return p.Age;",
            Wanted::Text(PropertyType::DateTime),
            "the code returns a int, but a value of type DateTime is needed",
        ),
    ] {
        assert_eq!(of(code, wanted).unwrap_err().to_string(), expected, "{code}");
    }
}

#[test]
fn a_binding_is_the_input_of_a_body() {
    let mut world = World::new();
    let ada = world.resource("Person", 1);
    let value = |binding: &str, code: &str, kind| {
        let program = Program::compile(Some(binding), Some(code), &world.scope(Wanted::Text(kind)))?;
        let mut out = String::new();
        program.text(ada, &world.population, &Environment::at(0), &mut out).unwrap();
        Ok::<_, ProgramError>((out, program.reads().clone()))
    };
    let (text, read) = value("Department.Name", "C#:name:return name.Substring(0, 8);", PropertyType::String).unwrap();
    assert_eq!((text.as_str(), read), ("Research", reads(&[&[DEPARTMENT, 1]])));
    let (text, read) =
        value("Department.Head", "C#:head:return head.Start.Value.AddDays(1);", PropertyType::DateTime).unwrap();
    assert_eq!((text.as_str(), read), ("20200116080000", reads(&[&[DEPARTMENT, 6, START]])));
    let (text, _) = value("Age", "C#:age:return age + 1;", PropertyType::Int32).unwrap();
    assert_eq!(text, "37");
    assert_eq!(value("Records.Rank", "C#:x:return x;", PropertyType::String).unwrap_err().part, Part::Binding);
}

struct Change;

impl Order for Change {
    fn change(&self) -> OrderChange {
        OrderChange::Updated
    }

    fn has_changed(&self, property: &str) -> bool {
        property == "cn"
    }

    fn scalar(&self, property: &str) -> Option<&str> {
        (property == "cn").then_some("Ada")
    }

    fn added(&self, _: &str) -> &[String] {
        &[]
    }

    fn removed(&self, _: &str) -> &[String] {
        &[]
    }
}

#[test]
fn arguments_come_from_the_order() {
    let mut world = World::new();
    let ada = world.resource("Person", 1);
    let variables = [Variable::ProvisioningOrder, Variable::Assignment];
    let scope = world.scope(Wanted::Arguments).with(&variables);
    let code = "C#:resource:
        var arguments = new System.Collections.Generic.Dictionary<string, string>();
        if (provisioningOrder.ChangeType.IsDeleted()) return null;
        if (provisioningOrder.HasChanged(\"cn\") && provisioningOrder.TryGetScalar(\"cn\", out var cn)) {
            arguments.Add(\"description\", \"changed to \" + cn);
        } else { arguments.Add(\"description\", \"-\"); }
        if (!provisioningOrder.TryGetAddedNavigations(\"memberOf\", out var added)) arguments[\"groups\"] = \"none\";
        arguments.Add(\"until\", assignment.EndDate.ToString(\"yyyy\") + assignment.ParametersValues[\"Site\"]);
        return arguments;";
    let program = Program::compile(None, Some(code), &scope).unwrap();
    let parameters = [("Site".to_owned(), "Lyon".to_owned())];
    let assignment = Assignment { start: 0, end: NOW, parameters: &parameters };
    let environment = Environment { order: Some(&Change), assignment: Some(assignment), ..Environment::at(NOW) };
    let mut out = Vec::new();
    assert_eq!(program.arguments(ada, &world.population, &environment, &mut out), Ok(true));
    let pairs: Vec<(&str, &str)> = out.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("description", "changed to Ada"), ("groups", "none"), ("until", "2025Lyon")]);
}

#[test]
fn results_become_internal_text() {
    let mut world = World::new();
    let ada = world.resource("Person", 1);
    for (code, kind, expected) in [
        ("return p.Active;", PropertyType::Bool, "true"),
        ("return p.Active;", PropertyType::String, "true"),
        ("return p.Start;", PropertyType::String, "20200115080000"),
        ("return \"2020-09-29\";", PropertyType::DateTime, "20200929000000"),
        ("return p.Age;", PropertyType::Int64, "36"),
        ("return p.Department;", PropertyType::ForeignKey, "10"),
        ("return \"12\";", PropertyType::Int32, "12"),
        ("return p.Score;", PropertyType::Double, "12.5"),
        ("return p.FirstName[0];", PropertyType::String, "A"),
    ] {
        let program = Program::compile(None, Some(&format!("c#:p:{code}")), &world.scope(Wanted::Text(kind))).unwrap();
        let mut out = String::new();
        assert_eq!(program.text(ada, &world.population, &Environment::at(NOW), &mut out), Ok(true), "{code}");
        assert_eq!(out, expected, "{code}");
    }
    let program = Program::compile(None, Some("C#:p:\"x\""), &world.scope(Wanted::Text(PropertyType::Int32))).unwrap();
    let mut out = "kept".to_owned();
    assert!(program.text(ada, &world.population, &Environment::at(NOW), &mut out).is_err());
    assert_eq!(out, "kept");
}
