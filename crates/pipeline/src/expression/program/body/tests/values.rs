use super::{check, show};
use crate::expression::program::testing::World;

#[test]
fn numbers_follow_the_rules_of_the_language() {
    check(&[
        ("return 7 / 2 + 7 % 2 * 10;", "13"),
        ("return 7 / 2.0;", "3.5"),
        ("return -7 / 2;", "-3"),
        ("return int.MaxValue + 1;", "-2147483648"),
        ("return person.Badge + 1;", "4000000001"),
        ("return (person.Age & 4) != 0 && (person.Age | 1) == 37 && (person.Age ^ 1) == 37 && 1 << 4 == 16;", "true"),
        ("return (int)12.9 + (int)'a' + (long)1;", "110"),
        ("return (char)65 + \"\" + (char)('a' + 1);", "Ab"),
        (
            "return 1 / (person.Age - 36);",
            "error: it cannot be divided by that number, at 1 / (person.Age - 36) (character 18 of the expression)",
        ),
        ("return int.Parse(\" 42 \") + Convert.ToInt32(\"8\") + Convert.ToInt32(2.5) + Convert.ToInt32(true);", "53"),
        (
            "return int.Parse(person.Number);",
            "error: \"E001\" is no whole number of 32 bits, at int.Parse(person.Number) (character 18 of the expression)",
        ),
        ("return int.TryParse(\"12\", out var n) ? n + 1 : -1;", "13"),
        ("int n; if (int.TryParse(\"x\", out n)) return 1; return n;", "0"),
        (
            "return Convert.ToString(1.5) + Convert.ToInt64(\"9000000000\") + Convert.ToBoolean(\"True\") + Convert.ToDouble(\"0.25\");",
            "1.59000000000True0.25",
        ),
        ("return 0x1F + 1_000 + 0b11;", "1034"),
        ("var n = 1; n += 2; n *= 3; n++; return n;", "10"),
        ("return 3 > 2 && 2 >= 2 && 1 < 2.5 && 'a' < 'b';", "true"),
    ]);
}

#[test]
fn dates_move_and_are_compared() {
    check(&[
        ("return DateTime.Now;", "20250615134530"),
        ("return DateTime.Today == DateTime.UtcNow.Date;", "true"),
        ("return person.Start.AddDays(1.5).AddHours(-1);", "20200116190000"),
        ("return new DateTime(2020, 1, 31).AddMonths(1);", "20200229000000"),
        ("return new DateTime(2020, 2, 29, 1, 2, 3).AddYears(1).AddMinutes(1).AddSeconds(1);", "20210228010304"),
        ("return person.End > DateTime.Now && person.Start < DateTime.Now.AddDays(-30);", "true"),
        ("return (person.End - person.Start).Value.TotalDays > 4000 ? \"long\" : \"short\";", "long"),
        ("return (new DateTime(2020, 1, 2) - new DateTime(2020, 1, 1)).TotalHours;", "24"),
        ("return person.Start.Year + \"-\" + person.Start.Month + \"-\" + person.Start.DayOfYear;", "2020-1-15"),
        ("return DateTime.Compare(person.Start.Value, person.End.Value) + person.End.CompareTo(person.Start);", "0"),
        ("return DateTime.DaysInMonth(2024, 2);", "29"),
        ("return person.Start.HasValue && person.Start.Value.Hour == 8;", "true"),
        (
            "return DateTime.MaxValue.AddDays(1);",
            "error: the date would lie outside of the years 1 to 9999, at DateTime.MaxValue.AddDays(1) (character 18 of the expression)",
        ),
        (
            "return new DateTime(2021, 2, 29);",
            "error: there is no such date, at new DateTime(2021, 2, 29) (character 18 of the expression)",
        ),
        ("return person.Start.ToUniversalTime().ToString(\"o\");", "2020-01-15T08:00:00.0000000Z"),
    ]);
}

#[test]
fn null_is_as_in_the_language() {
    let mut world = World::new();
    // Cy has a number and nothing else.
    for (code, expected) in [
        ("return person.Mail;", "null"),
        (
            "return person.Mail == null && person.Manager == null && person.Age == null && !person.Start.HasValue;",
            "true",
        ),
        ("return person.Mail.ToLower();", "error: person.Mail is null (character 18 of the expression)"),
        ("return person.Mail?.ToLower();", "null"),
        ("return person.Manager.Mail;", "error: person.Manager is null (character 18 of the expression)"),
        ("return person.Manager?.Mail.ToLower();", "null"),
        ("return person.Manager?.Department?.Head?.Mail ?? person.Mail ?? \"none\";", "none"),
        (
            "return (person.Manager?.Mail).Length;",
            "error: person.Manager?.Mail is null (character 19 of the expression)",
        ),
        ("return \"<\" + person.Manager?.Mail + \">\" + person.Manager?.Mail.ToLower();", "<>"),
        ("return person.Mail == null && person.Manager?.Active != true;", "true"),
        ("return !person.Manager?.Active;", "null"),
        ("return person.Mail != null ? \"a\" : person.Manager?.Mail;", "null"),
        ("var x = person.Manager?.Mail; x = person.Department?.Name; return $\"<{person.Manager?.Mail}{x}>\";", "<>"),
        ("return person.Records.Select(r => r.Person?.Mail).FirstOrDefault()?.Trim();", "null"),
        ("return person.Tags?.Split(',')?[0] + person.Tags?.Split(',')?[0];", "null"),
        ("return person.Age + 1;", "null"),
        ("return person.Age > 1 || person.Age < 1 || person.Age == 1;", "false"),
        ("return person.Age ?? 7;", "7"),
        ("return person.Age.GetValueOrDefault() + person.Age.GetValueOrDefault(5);", "5"),
        ("return person.Age.Value;", "error: person.Age is null (character 18 of the expression)"),
        ("if (person.Active) return 1; return 2;", "error: person.Active is null (character 15 of the expression)"),
        ("return person.Active == true ? 1 : 2;", "2"),
        ("return !person.Active;", "null"),
        ("return person.Department?.Name?.Split(' ')[0].Length == 3;", "false"),
        ("return person.Records.Count() + person.Records.Where(r => r.Rank > 1).Count();", "0"),
        ("return \"a\".StartsWith(person.Mail);", "error: person.Mail is null (character 33 of the expression)"),
        ("return string.Concat(person.Mail, \"x\", person.Age);", "x"),
        ("return $\"<{person.Mail}>{person.Start:yyyy}\";", "<>"),
        ("return person.Start.ToString(\"yyyy\");", "error: person.Start is null (character 18 of the expression)"),
        ("return Convert.ToInt32(person.Mail) + Convert.ToString(person.Mail).Length;", "0"),
        ("string name = null; return name?.Length;", "null"),
        ("return person.Mail is null ? \"none\" : \"some\";", "none"),
        ("return person.Mail is not null;", "false"),
    ] {
        assert_eq!(show(&mut world, code, 3), expected, "{code}");
    }
    // A receiver that is there, with a member that is not.
    assert_eq!(
        show(&mut world, "return person.Manager?.Manager.Mail;", 2),
        "error: person.Manager?.Manager is null (character 18 of the expression)"
    );
    assert_eq!(show(&mut world, "return person.Manager?.Manager?.Mail;", 2), "null");
    let wrong = "error: the value \"x7\" is stored here: expected a whole number from -2147483648 to 2147483647, at person.Age (character 18 of the expression)";
    assert_eq!(show(&mut world, "return person.Age;", 2), wrong);
}

#[test]
fn statements_choose_and_repeat() {
    check(&[
        ("if (person.Age > 30) { return \"old\"; } else { return \"young\"; }", "old"),
        (
            "var x = person.FirstName; if (x == \"Ada\") x = \"A\"; else if (x == null) x = \"-\"; return x + person.LastName[0];",
            "AL",
        ),
        (
            "string x = \"\"; foreach (var r in person.Records) { if (r.Rank == 1) continue; x += r.Position; break; } return x;",
            "Chief analyst",
        ),
        ("var n = 0; for (var i = 0; i < 5; i++) { n += i; } return n;", "10"),
        ("var n = 1; while (n < 100) n = n * 2; return n;", "128"),
        (
            "switch (person.Department?.Code) { case \"HQ\": return 1; case \"RD\": case \"R\": return 2; default: return 3; }",
            "2",
        ),
        ("var x = \"\"; switch (person.Age) { case 36: x = \"a\"; break; default: x = \"b\"; break; } return x;", "a"),
        (
            "return person.Age switch { < 18 => \"minor\", >= 18 and < 65 => \"adult\", null => \"?\", _ => \"senior\" };",
            "adult",
        ),
        ("return person.FirstName switch { \"Bob\" => 1, \"Ada\" when person.Age > 40 => 2, _ => 3 };", "3"),
        (
            "return person.FirstName switch { \"Bob\" => 1 };",
            "error: no arm of the switch fits, at person.FirstName switch { \"Bob\" => 1 } (character 18 of the expression)",
        ),
        ("/* why */ return 1; // because", "1"),
        ("{ var a = 1; return a; }", "1"),
        ("logger.LogDebug(\"{0}\", person.Mail); return 1;", "1"),
        ("string a = \"x\", b = \"y\"; return a + b", "xy"),
        ("DateTime? end = person.End; return end ?? DateTime.MaxValue;", "20301231000000"),
        ("return iteration > 0 ? person.FirstName + iteration.ToString() : person.FirstName;", "Ada2"),
        ("return ((person.Mail == null) || (person.Manager == null)) ? null : \".ext\";", "null"),
    ]);
}
