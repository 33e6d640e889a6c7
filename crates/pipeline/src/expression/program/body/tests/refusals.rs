use super::show;
use crate::expression::program::testing::World;

#[test]
fn what_is_refused_names_the_place_and_a_remedy() {
    let mut world = World::new();
    let refused: Vec<String> = [
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
    ]
    .iter()
    .map(|code| format!("{code}\n    {}", show(&mut world, code, 1)))
    .collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"
    return person.FirstNam;
        refused at 14: Person has no property FirstNam — did you mean FirstName?
    return person.Manager.Departement.Name;
        refused at 22: Person has no property Departement — did you mean Department?
    return persn.FirstName;
        refused at 7: nothing is called persn — did you mean person?
    return person.FirstName.Foo();
        refused at 24: Foo of the class String (namespace System) is not allowed — compute it from what the page on expressions lists
    return person.FirstName.Length();
        refused at 24: Length of the class String (namespace System) is not allowed — compute it from what the page on expressions lists
    return person.Records.Position;
        refused at 22: an IEnumerable<Record> has no member Position — its members are Count
    return person.Photo;
        refused at 14: Photo holds a file, which is no value to compute with — choose a property that is not Binary
    return Math.Min(1, 2);
        refused at 12: Min of the class Math (namespace System) is not allowed — use ?: and the operators
    return new Random().Next();
        refused at 11: the class Random (namespace System) is not allowed — an expression must give the same value each time; derive it from the identity or from iteration
    return System.IO.File.ReadAllText("x");
        refused at 22: ReadAllText of the class File (namespace System.IO) is not allowed — compute it from what the page on expressions lists
    return Guid.NewGuid().ToString();
        refused at 12: NewGuid of the class Guid (namespace System) is not allowed — an expression must give the same value each time; take it from a property
    return DateTime.Parse("2020-01-01");
        refused at 16: Parse of the class DateTime (namespace System) is not allowed — call UtilExpressions.ParseUniversalDate(text, "yyyy-MM-dd")
    return person.Start.ToShortDateString();
        refused at 20: ToShortDateString of the class DateTime (namespace System) is not allowed — call ToString("MM/dd/yyyy")
    return person.FirstName == 1;
        refused at 7: a string cannot be compared with an int — convert one of them
    return person.FirstName < person.LastName;
        refused at 7: < cannot compare a string with a string — write string.Compare(a, b) < 0, or convert the text
    return person.FirstName.Substring("1");
        refused at 33: Substring does not take (string) — write Substring(int) or Substring(int, int)
    int x = person.FirstName; return x;
        refused at 8: an int is needed here, but this is a string — write int.Parse(…)
    return person.Age ? 1 : 2;
        refused at 7: a condition is needed here, but this is an int — compare it
    if (person.Active == true) { return 1; }
        refused at 39: the code can end without returning a value — add return …;
    return person.Active == true ? "a" : 1;
        refused at 37: this is an int, but the other value is a string — make both of one type
    if (person.Age > 1) return "a"; return 1;
        refused at 39: an int is returned here, but a string before — return values of one type
    return person.FirstName +;
        refused at 25: something is missing here — write statements that end with return …; or one expression
    return person.FirstName
        Ada
    retrun person.FirstName;
        refused at 13: this is no C# here: .FirstName — write statements that end with return …; or one expression
    return "abc;
        refused at 0: this is no C# here: return "abc; — write statements that end with return …; or one expression
    person.FirstName = "x"; return 1;
        refused at 0: only variables can be assigned to — an expression changes no resource
    person = null; return 1;
        refused at 0: person is the input, which cannot be changed — use a variable
    return Regex.IsMatch("a", "(?=a)");
        refused at 26: the regular expression cannot be used: look-around, including look-ahead and look-behind, is not supported — regular expressions run in linear time here, which look-around and back-references do not; capture groups, and compare them in the code
    return Regex.IsMatch("a", "(a");
        refused at 26: the regular expression cannot be used: unclosed group — correct the pattern
    return Regex.IsMatch("a", person.FirstName);
        refused at 26: the pattern must be known beforehand — write it between quotes
    return Regex.IsMatch("a", "a{1,1000}{1,1000}");
        refused at 26: the regular expression is too large — repeat less: {1,20} and not {1,100000}
    return person.Records.OrderBy(r => r.Person).First().Rank;
        refused at 30: a Person has no order — order by a value
    return person.Records.GroupBy(r => r.Rank).Count();
        refused at 22: GroupBy of the class Enumerable (namespace System.Linq) is not allowed — compute it from what the page on expressions lists
    return person.Records.Where(r => r.Position).Count();
        refused at 28: the lambda must give true or false, but gives a string — compare it
    throw new Exception("x");
        refused at 0: an expression cannot throw: the class Exception (namespace System) is not allowed — return null where there is no value
    try { return 1; } catch { return 2; }
        refused at 0: a statement of the kind "try" is not allowed — use var, if, foreach and return
    return assignment.StartDate;
        refused at 7: there is no assignment in this expression — leave it out
    return queryHandler.Select<Person>("").Count();
        refused at 7: there is no queryHandler in this expression — leave it out
    return person.Start.ToString("q" + person.Mail);
        refused at 29: the format must be known beforehand — write it between quotes
    return $"{person.Age:Q9}";
        refused at 20: "Q9" is no format of numbers — write D3, F2, N0, X, 000 or 0.00
    return await person.Mail;
        refused at 7: an expression of the kind "await" is not allowed — write it in a simpler way
    return typeof(string).Name;
        refused at 7: an expression of the kind "typeof" is not allowed — write it in a simpler way
    var x = null; return x;
        refused at 8: the type of the variable is not known — write string name = null;
    var person = 1; return person;
        refused at 4: the name person is used already — choose another name
    return from r in person.Records select r;
        refused at 7: queries with from … select are not allowed — call the methods Where, Select and OrderBy
    Foo(); return 1;
        refused at 0: there is no function Foo — call a method of a value, such as name.Trim()
    int f(int x) { return x; } return f(1);
        refused at 0: a statement of the kind "local function" is not allowed — use var, if, foreach and return
    return person.Manager + "";
        refused at 7: a Person has no text — name one of its properties, or call string.Join
    return person?.FirstName.Substring(0, 1, 2);
        refused at 34: Substring does not take (int, int, int) — write Substring(int) or Substring(int, int)
    "#);
}
