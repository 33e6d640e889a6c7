use super::show;
use crate::expression::program::testing::World;

#[test]
fn nesting_is_bounded() {
    let mut world = World::new();
    for code in [
        format!("return {}1{};", "(".repeat(5000), ")".repeat(5000)),
        format!("return {}1;", "!".repeat(5000)),
        format!("return {}1;", "-".repeat(5000)),
        format!("return person{};", ".Manager".repeat(3000)),
        format!("return \"\"{};", ".Trim()".repeat(3000)),
        format!("return {}1{};", "person.Age > 1 ? ".repeat(1500), " : 2".repeat(1500)),
        format!("{}return 1;{}", "{".repeat(5000), "}".repeat(5000)),
        format!("{}return 1;", "if (person.Age > 1) ".repeat(1500)),
        format!("return {}1{};", "new[] {".repeat(3000), "}".repeat(3000)),
        format!("return person.Records.Any(r => {}true{});", "person.Records.Any(r => ".repeat(900), ")".repeat(900)),
        format!("return 1{};", " ?? 1".repeat(3000)),
        "[".repeat(30_000),
        "\"".repeat(30_001),
        "$\"{".repeat(9_000),
        format!("return {};", "a<".repeat(10_000)),
    ] {
        let found = show(&mut world, &code, 1);
        assert!(found.starts_with("refused at") || found == "1", "{found}");
    }
    let found = show(&mut world, &format!("return 1; //{}", "x".repeat(40_000)), 1);
    assert!(found.starts_with("refused at 0: the code is longer than 32 KiB"), "{found}");
}

#[test]
fn long_sums_are_fine() {
    let mut world = World::new();
    let code = format!("return \"\"{};", " + person.FirstName".repeat(1500));
    assert_eq!(show(&mut world, &code, 1), "Ada".repeat(1500));
    let code = format!("return 0{};", " + 1".repeat(499));
    assert_eq!(show(&mut world, &code, 1), "499");
    let code = format!("return 0{};", " + 1".repeat(5000));
    assert!(show(&mut world, &code, 1).contains("there are more than 500 operators"));
}

#[test]
fn steps_and_memory_are_bounded() {
    let mut world = World::new();
    for (code, expected) in [
        ("while (true) { } return 1;", "error: the expression is stopped: it takes more than 10000000 steps"),
        (
            "var x = \"ab\"; while (true) { x = x + x; } return x;",
            "error: the expression is stopped: it makes more than 16 MiB of text",
        ),
        ("return \"x\".PadLeft(2000000000);", "error: the expression is stopped: it makes more than 16 MiB of text"),
        ("return new string('x', 2000000000);", "error: the expression is stopped: it makes more than 16 MiB of text"),
        (
            "var x = \"\".PadLeft(4000); return x.Replace(\" \", x).Replace(\" \", x);",
            "error: the expression is stopped: it makes more than 16 MiB of text",
        ),
        (
            "var x = \"\".PadLeft(40000); return Regex.Replace(x, \" \", x);",
            "error: the expression is stopped: it makes more than 16 MiB of text",
        ),
        (
            "var d = new Dictionary<string, string>(); var n = 0; while (true) { d[n.ToString()] = \"\"; n++; } return n;",
            "error: the expression is stopped: it takes more than 10000000 steps",
        ),
        (
            "var x = \"abcdefgh\".PadLeft(1000); return x.SelectMany(a => x.SelectMany(b => x)).Count();",
            "error: the expression is stopped: it takes more than 10000000 steps",
        ),
    ] {
        assert_eq!(show(&mut world, code, 1), expected, "{code}");
    }
}

#[test]
fn patterns_run_in_linear_time() {
    let mut world = World::new();
    let code = format!("return Regex.IsMatch(\"{}b\", \"^(a+)+$\");", "a".repeat(20_000));
    assert_eq!(show(&mut world, &code, 1), "false");
}
