use super::check;

#[test]
fn entities_are_chosen() {
    check(&[
        ("return person.Records.Where(r => r.Rank > 1).Select(r => r.Position).First();", "Chief analyst"),
        ("return person.Records.First().Position + person.Records.Last().Position;", "AnalystChief analyst"),
        ("return person.Records.FirstOrDefault(r => r.Rank == 3)?.Position;", "null"),
        ("return person.Records.Single(r => r.Rank == 1).Position;", "Analyst"),
        (
            "return person.Records.Single().Position;",
            "error: more than one element fits, at person.Records.Single() (character 18 of the expression)",
        ),
        (
            "return person.Records.Where(r => r.Rank > 5).First().Position;",
            "error: no element fits, at person.Records.Where(r => r.Rank > 5).First() (character 18 of the expression)",
        ),
        (
            "return person.Records.Any() && person.Records.Any(r => r.End == null) && !person.Records.All(r => r.End == null);",
            "true",
        ),
        ("return person.Records.Count() + person.Records.Count(r => r.Rank > 1) + person.Records.ToList().Count;", "5"),
        ("return person.Records.Max(r => r.Rank) + person.Records.Min(r => r.Rank);", "3"),
        ("return person.Records.Max(r => r.Start);", "20220101000000"),
        ("return person.Records.OrderByDescending(r => r.Rank).First().Position;", "Chief analyst"),
        ("return person.Records.OrderBy(r => r.End == null).ThenByDescending(r => r.Rank).Last().Rank;", "2"),
        ("return person.Records.Skip(1).First().Rank + person.Records.SkipLast(1).Count();", "3"),
        ("return person.Department.Members.Contains(person) && person.Department.Head == person;", "true"),
        ("return string.Join(\", \", person.Department.Members.Select(m => m.FirstName));", "Ada, Jean-Noël"),
        (
            "return person.Department.Members.Where(m => m != person).Select(m => { var n = m.LastName; return n.ToUpper(); }).FirstOrDefault();",
            "D'ÉTÉ",
        ),
        ("return person.Records.Select((r, i) => i + r.Position).ToArray()[1];", "1Chief analyst"),
        ("return person.Records.ToList()[0].Person.Mail;", "ada@example.org"),
        ("return person.Id + person.Records.First().Id;", "21"),
        ("return person.InternalDisplayName + person.Department.InternalDisplayName_L1;", "Person 1Department 10"),
    ]);
}

#[test]
fn values_are_gathered() {
    check(&[
        ("return string.Join(\"\\n\", person.Tags.Split('\\n').OrderBy(t => t));", "a\nb\nc"),
        ("return new[] { \"Ada\", \"Bob\" }.Contains(person.FirstName);", "true"),
        ("return new List<string> { \"a\", \"b\", \"a\" }.Distinct().Count();", "2"),
        ("var set = new HashSet<string>(person.Tags.Split('\\n')); return set.Contains(\"c\");", "true"),
        ("return string.Join(\"\", new[] { 1, 2, 3, 4 }.Take(3).Skip(1).Concat(new[] { 9 }).Reverse());", "932"),
        ("return new[] { 1, 2, 3 }.Sum() + new[] { 1.5, 2.5 }.Average();", "8"),
        (
            "return new[] { 1, 2, 3, 4 }.Aggregate((a, x) => a * x) + new[] { \"a\" }.Aggregate(1, (n, x) => n + x.Length);",
            "26",
        ),
        ("return new string(\"a1b2\".Where(char.IsDigit).ToArray());", "12"),
        ("return string.Concat(\"a1b2\".Where(c => char.IsLetter(c)).Select(c => char.ToUpper(c)));", "AB"),
        (
            "return new string('x', 3) + \"abc\".First() + \"abc\".Any(Char.IsUpper) + string.Join(\"\", \"abc\".Reverse());",
            "xxxaFalsecba",
        ),
        (
            "return string.Join(\" \", \"a b\".Split(' ').SelectMany(x => new[] { x, x + x }).TakeWhile(x => x != \"bb\"));",
            "a aa b",
        ),
        (
            "return new[] { 1, 2 }.Union(new[] { 2, 3 }).Intersect(new[] { 3, 1 }).Except(new[] { 1 }).ElementAt(0);",
            "3",
        ),
        ("return new[] { \"b\", null, \"a\" }.OrderBy(x => x).ToArray()[1];", "a"),
        ("return new string[] { }.DefaultIfEmpty(\"-\").First() + new List<string>().Count;", "-0"),
    ]);
}

#[test]
fn what_is_not_looked_at_is_not_computed() {
    check(&[
        // The second record has no end: only the first is looked at.
        ("return person.Records.Select(r => r.End.Value.Year).First();", "2022"),
        ("return person.Records.Select(r => r.End.Value.Year).Any(y => y == 2022);", "true"),
        (
            "return person.Records.Take(1).Count();",
            "refused at 22: Take of the class Enumerable (namespace System.Linq) is not allowed — compute it from what the page on expressions lists",
        ),
        (
            "return person.Records.Select(r => r.End.Value.Year).Last();",
            "error: r.End is null (character 45 of the expression)",
        ),
        ("return person.Mail == null || person.Records.All(r => r.Rank < 3);", "true"),
    ]);
}

#[test]
fn dictionaries_hold_texts() {
    check(&[
        (
            "var d = new Dictionary<string, string> { { \"a\", \"1\" }, [\"b\"] = \"2\" }; d[\"c\"] = \"3\"; d[\"a\"] += \"x\"; return d[\"a\"];",
            "refused at 84: only variables can be assigned to — an expression changes no resource",
        ),
        (
            "var d = new Dictionary<string, string> { { \"a\", \"1\" }, [\"b\"] = \"2\" }; d[\"c\"] = d[\"a\"]; return d[\"c\"] + d.Count;",
            "13",
        ),
        (
            "var d = new System.Collections.Generic.Dictionary<string,string>(); d.Add(\"k\", \"v\"); return d.ContainsKey(\"k\") ? d[\"k\"] : \"\";",
            "v",
        ),
        (
            "var d = new Dictionary<string, string>(); return d[\"k\"];",
            "error: there is no key \"k\", at d[\"k\"] (character 60 of the expression)",
        ),
        ("var d = new Dictionary<string, string>(); return d.TryGetValue(\"k\", out var v) ? v : \"none\";", "none"),
    ]);
}
