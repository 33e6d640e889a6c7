use super::show;
use crate::expression::program::testing::World;

const REFUSED: &[&str] = &[
    "return person.FirstNam;",
    "return person.Manager.Departement.Name;",
    "return persn.FirstName;",
    "return person.FirstName.Foo();",
    "return person.FirstName.Length();",
    "return person.Records.Position;",
    "return person.Photo;",
    "return Math.Min(1, 2);",
    "return new Random().Next();",
    "return System.IO.File.ReadAllText(\"x\");",
    "return Guid.NewGuid().ToString();",
    "return DateTime.Parse(\"2020-01-01\");",
    "return person.Start.ToShortDateString();",
    "return person.FirstName == 1;",
    "return person.FirstName < person.LastName;",
    "return person.FirstName.Substring(\"1\");",
    "int x = person.FirstName; return x;",
    "return person.Age ? 1 : 2;",
    "if (person.Active == true) { return 1; }",
    "return person.Active == true ? \"a\" : 1;",
    "if (person.Age > 1) return \"a\"; return 1;",
    "return person.FirstName +;",
    "return person.FirstName",
    "retrun person.FirstName;",
    "return \"abc;",
    "person.FirstName = \"x\"; return 1;",
    "person = null; return 1;",
    "return Regex.IsMatch(\"a\", \"(?=a)\");",
    "return Regex.IsMatch(\"a\", \"(a\");",
    "return Regex.IsMatch(\"a\", person.FirstName);",
    "return Regex.IsMatch(\"a\", \"a{1,1000}{1,1000}\");",
    "return person.Records.OrderBy(r => r.Person).First().Rank;",
    "return person.Records.GroupBy(r => r.Rank).Count();",
    "return person.Records.Where(r => r.Position).Count();",
    "throw new Exception(\"x\");",
    "try { return 1; } catch { return 2; }",
    "return assignment.StartDate;",
    "return queryHandler.Select<Person>(\"\").Count();",
    "return person.Start.ToString(\"q\" + person.Mail);",
    "return $\"{person.Age:Q9}\";",
    "return await person.Mail;",
    "return typeof(string).Name;",
    "var x = null; return x;",
    "var person = 1; return person;",
    "return from r in person.Records select r;",
    "Foo(); return 1;",
    "int f(int x) { return x; } return f(1);",
    "return person.Manager + \"\";",
    "return person?.FirstName.Substring(0, 1, 2);",
];

#[test]
fn what_is_refused_names_the_place_and_a_remedy() {
    let mut world = World::new();
    let refused: Vec<String> =
        REFUSED.iter().map(|code| format!("{code}\n    {}", show(&mut world, code, 1))).collect();
    insta::assert_snapshot!("refusals", refused.join("\n"));
}
