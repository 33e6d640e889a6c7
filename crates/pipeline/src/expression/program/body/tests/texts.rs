use super::check;

#[test]
fn texts_are_joined_and_cut() {
    check(&[
        ("return person.FirstName + \" \" + person.LastName;", "Ada Lovelace"),
        ("person.FirstName + ' ' + person.LastName", "Ada Lovelace"),
        ("return person.FirstName + 1 + 2;", "Ada12"),
        ("return 1 + 2 + person.FirstName;", "3Ada"),
        ("return person.Manager?.Mail + \"!\";", "!"),
        ("return \"\" + person.Active + person.Age + person.Score;", "True3612.5"),
        ("return person.LastName.Substring(4);", "lace"),
        ("return person.LastName.Substring(0, 4).ToLower();", "love"),
        ("return \"Noël😀x\".Substring(4, 2);", "😀"),
        ("return \"Noël😀x\".Substring(4, 1);", "\u{fffd}"),
        ("return \"Noël😀x\".Length;", "7"),
        ("return \"Noël\"[3];", "l"),
        ("return \"a,b;c\".Split(',', ';')[2];", "c"),
        ("return string.Join(\"|\", \" a , b ,, \".Split(','));", " a | b || "),
        ("return string.Join(\"|\", \" a , b ,, \".Split(',', StringSplitOptions.RemoveEmptyEntries));", " a | b | "),
        (
            "return string.Join(\"|\", \" a , b ,, \".Split(\",\", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));",
            "a|b",
        ),
        ("return string.Join(\"|\", \"a b\\tc\".Split());", "a|b|c"),
        ("return \"a--b\".Split(\"--\").Length;", "2"),
        ("return \"x\".PadLeft(3, '0') + \"y\".PadRight(3) + \"z\";", "00xy  z"),
        ("return \"abc\".Insert(1, \"-\") + \"abcdef\".Remove(2, 3) + \"abc\".Remove(1);", "a-bcabfa"),
        ("return \"  a \".Trim() + \"xxaxx\".Trim('x') + \"xya\".TrimStart('x', 'y') + \"a..\".TrimEnd('.');", "aaaa"),
        (
            "return \"abcabc\".Replace(\"b\", \"-\") + \"abc\".Replace('c', 'd') + \"abc\".Replace(\"b\", null);",
            "a-ca-cabdac",
        ),
        ("return \"aXbx\".IndexOf('x') + \",\" + \"é😀b\".IndexOf(\"b\") + \",\" + \"ab\".IndexOf(\"c\");", "3,3,-1"),
        (
            "return \"abab\".IndexOf(\"a\", 1) + \",\" + \"abab\".LastIndexOf(\"b\") + \",\" + \"abc\".IndexOfAny('c', 'b');",
            "2,3,1",
        ),
        ("return \"aÉb\".IndexOf(\"éB\", StringComparison.OrdinalIgnoreCase);", "1"),
    ]);
}

#[test]
fn texts_are_compared() {
    check(&[
        ("return person.FirstName == \"Ada\" && person.FirstName != \"ada\";", "true"),
        ("return person.FirstName.Equals(\"ADA\", StringComparison.OrdinalIgnoreCase);", "true"),
        ("return string.Equals(person.Manager?.Mail, null);", "true"),
        ("return person.Mail.EndsWith(\"@EXAMPLE.org\", System.StringComparison.InvariantCultureIgnoreCase);", "true"),
        (
            "return person.Mail.StartsWith(\"ada@\") && person.Mail.StartsWith('a') && !person.Mail.Contains(\"bob\");",
            "true",
        ),
        ("return person.Mail.Contains(\"EXAMPLE\", StringComparison.CurrentCultureIgnoreCase);", "true"),
        ("return string.IsNullOrEmpty(person.Manager?.Mail) && String.IsNullOrWhiteSpace(\" \\t\");", "true"),
        ("return System.String.IsNullOrEmpty(\" \");", "false"),
        (
            "return string.Compare(\"a\", \"b\") + \",\" + \"b\".CompareTo(\"a\") + \",\" + string.Compare(\"A\", \"a\", true);",
            "-1,1,0",
        ),
        ("return \"Ada\" is \"Ada\" and not \"Bob\";", "true"),
    ]);
}

#[test]
fn predefined_functions_are_methods() {
    check(&[
        ("return \"Jean-Noël d'Été\".Simplify();", "JEANNOELDETE"),
        ("return (person.LastName + person.FirstName).Simplify()?.ToLowerInvariant();", "lovelaceada"),
        ("return person.Manager?.Mail.Simplify();", "null"),
        (
            "return \"Müller\".RemoveDiacritics() + \"Robert\".ToSoundex() + \"JEAN pierre\".ToFirstName();",
            "MuellerR163Jean-Pierre",
        ),
        ("return UtilExpressions.Simplify(\"É a\") + \"ada\".ToTitle();", "EAAda"),
        ("return UtilExpressions.ParseSince1601Date(\"132458904000000000\");", "20200929220000"),
        (
            "return UtilExpressions.ParseLocalDate(\"29/09/2020\", \"Romance Standard Time\", \"dd/MM/yyyy\");",
            "20200928220000",
        ),
        (
            "return Usercube.Expressions.Functions.UtilExpressions.ParseUniversalDate(\"2020-09-29\", \"yyyy-MM-dd\");",
            "20200929000000",
        ),
        (
            "return UtilExpressions.FormatLocalDate(person.Start, \"Romance Standard Time\", \"dd/MM/yyyy HH:mm\");",
            "15/01/2020 09:00",
        ),
    ]);
}

#[test]
fn user_names_are_built() {
    check(&[
        ("return UtilExpressions.BuildUsername(\"Jean-Noël\", \"d'Été\", \".\", null, 0);", "JEANNOEL.DETE"),
        (
            "return UtilExpressions.BuildUsername(person.FirstName, person.LastName, \".\", \".ext\", iteration) + \"@acme.com\";",
            "ADA.LOVELACE2.ext@acme.com",
        ),
        ("return UtilExpressions.BuildUsername(null, \"Été\", \".\", \"-x\", 1);", "ETE1-x"),
        ("return UtilExpressions.BuildUsername(null, null, \".\", \"-x\", 1);", "null"),
        ("return UtilExpressions.BuildUsernameWithInitials(\"Jean-Noël\", \"Dupont\", \"\", null, 20, 0);", "JNDUPONT"),
        (
            "return UtilExpressions.BuildUsernameWithInitials(\"Jean-Noël\", \"Dupont\", \".\", null, 20, 1);",
            "JEN.DUPONT",
        ),
        (
            "return UtilExpressions.BuildUsernameWithInitials(\"Jean-Noël\", \"Dupont\", \".\", null, 20, 4);",
            "JEANNO.DUPONT",
        ),
        ("return UtilExpressions.BuildUsernameWithInitials(\"Al\", \"Dupont\", \".\", null, 20, 3);", "A.DUPONT2"),
        ("return UtilExpressions.BuildUsernameWithInitials(\"Al\", \"Dupont\", \".\", \"-x\", 7, 0);", "A.DUP-x"),
        ("return UtilExpressions.BuildUsernameWithInitials(\"Al\", \"Dupont\", \".\", null, 6, 3);", "A.DUP2"),
    ]);
}

#[test]
fn texts_hold_values_with_formats() {
    check(&[
        ("return $\"{person.FirstName} {person.LastName.ToUpper()}\";", "Ada LOVELACE"),
        ("return $\"[{person.FirstName,5}|{person.FirstName,-5}] {{ {person.Age} }}\";", "[  Ada|Ada  ] { 36 }"),
        (
            "return $\"{person.Start:yyyy-MM-dd HH:mm} {person.Age:D4} {person.Score:F2} {1234567:N0}\";",
            "2020-01-15 08:00 0036 12.50 1,234,567",
        ),
        (
            "return string.Format(\"{1}, {0}: {2:dd/MM/yyyy}{{}}\", person.FirstName, person.LastName, person.Start);",
            "Lovelace, Ada: 15/01/2020{}",
        ),
        ("return person.Start.Value.ToString(\"yyyyMMdd\");", "20200115"),
        ("return person.Start.ToString();", "01/15/2020 08:00:00"),
        (
            "return person.Age.ToString(\"000\") + 1.005.ToString(\"0.00\") + 0.5.ToString(\"#.##\") + 255.ToString(\"X\");",
            "0361.01.5FF",
        ),
        ("return (-1234.5).ToString(\"N2\") + (0.256).ToString(\"P1\") + 2.5.ToString(\"F0\");", "-1,234.5025.6 %3"),
        (
            "return 1e16.ToString() + \" \" + 1.5e-7 + \" \" + 100.0 + \" \" + (1.0/3);",
            "1E+16 1.5E-07 100 0.3333333333333333",
        ),
        ("return \"\" + person.Start.DayOfWeek + (person.Start.DayOfWeek == DayOfWeek.Wednesday);", "WednesdayTrue"),
        ("return @\"C:\\a\"\"b\" + \"\\u00e9\\x41\\n\".Length;", "C:\\a\"b3"),
        ("return $@\"a\\{person.Age}\";", "a\\36"),
    ]);
}

#[test]
fn regular_expressions_match_and_replace() {
    check(&[
        ("return Regex.IsMatch(person.Mail, \"^[a-z]+@\") && !Regex.IsMatch(person.Mail, @\"\\d\");", "true"),
        ("return Regex.IsMatch(\"ADA\", \"^ada$\", RegexOptions.IgnoreCase | RegexOptions.Compiled);", "true"),
        ("return Regex.Replace(\"a1b22\", @\"\\d+\", \"-\");", "a-b-"),
        (
            "return Regex.Replace(\"Lovelace Ada\", @\"(?<last>\\w+) (\\w+)\", \"$1 ${last} $$ $9 $&\");",
            "Ada Lovelace $ $9 Lovelace Ada",
        ),
        ("return Regex.Match(person.Mail, \"@(.+)$\").Groups[1].Value;", "example.org"),
        ("var m = Regex.Match(\"x\", \"y\"); return m.Success ? m.Value : \"none\" + m.Groups[1].Value;", "none"),
        ("return Regex.Match(\"k=v\", \"(?<key>.)=\").Groups[\"key\"].Value;", "k"),
        ("return string.Join(\"|\", Regex.Matches(\"a1b22\", \"[0-9]+\").Select(m => m.Value));", "1|22"),
        ("return string.Join(\"|\", Regex.Split(\"a1b2c\", \"[0-9]\"));", "a|b|c"),
        (
            "var digits = \"[0-9]\"; var r = new Regex(digits + \"+\"); return r.Replace(\"a12\", person.FirstName) + r.IsMatch(\"1\");",
            "aAdaTrue",
        ),
    ]);
}
