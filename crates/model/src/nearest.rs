//! The nearest right name to a wrong one, for the hints of all messages.

/// The candidate that `wrong` most probably stands for, if any is near enough. The first of equals wins.
pub fn one<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    near(wrong, candidates).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// The candidates that are near enough, the most probable first, at most `count`.
pub fn several<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = near(wrong, candidates).collect();
    near.sort_unstable();
    near.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

/// ` Did you mean "x"?`, or nothing.
pub fn question<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    one(wrong, candidates).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

/// The candidates within a third of the length of `wrong`, with their distance, whatever their letter case.
fn near<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = (usize, &'a str)> {
    let folded = wrong.to_lowercase();
    let length = folded.chars().count();
    let allowed = match length {
        // One wrong letter in a name of one letter is another name.
        0 | 1 => 0,
        length => (length / 3).clamp(1, 4),
    };
    candidates
        .into_iter()
        // Nobody mistypes a name this long, and the distance is quadratic. It is at least the difference of the lengths.
        .filter(move |candidate| length <= 100 && candidate.chars().count().abs_diff(length) <= allowed)
        .map(move |candidate| (distance(&folded, &candidate.to_lowercase(), allowed), candidate))
        .filter(move |(distance, _)| *distance <= allowed)
}

/// Number of characters to insert, delete, replace, or swap with their neighbour; anything above `most` when it is
/// more than that.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        // A swap may come back to the row before, so both must be too far.
        if row.iter().chain(&above).all(|far| *far > most) {
            return most + 1;
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["Identifier", "DisplayName_L1", "Agent"];
        assert_eq!(one("Identifer", names), Some("Identifier"));
        assert_eq!(one("identifier", names), Some("Identifier"));
        assert_eq!(one("Aegnt", names), Some("Agent"));
        assert_eq!(one("TOUPER", ["ToLower", "ToUpper"]), Some("ToUpper"));
        assert_eq!(one("Priority", names), None);
        assert_eq!(one("", names), None);
        assert_eq!(one("Int23", ["Int16", "Int32"]), Some("Int32"));
        assert_eq!(one("bat", ["cat", "hat"]), Some("cat"), "the first of equals");
        assert_eq!(one(&"x".repeat(101), [&*"x".repeat(101)]), None);
    }

    #[test]
    fn several_come_with_the_nearest_first() {
        let names = ["person_mail", "mails", "mail2", "mail", "phone"];
        assert_eq!(several("maill", names, 3), ["mail", "mail2", "mails"]);
        assert_eq!(several("maill", names, 1), ["mail"]);
        assert_eq!(several("Login", names, 3), [""; 0]);
        assert_eq!(question("Pth", ["Path", "Encoding"]), " Did you mean \"Path\"?");
        assert_eq!(question("Login", ["Path", "Encoding"]), "");
    }

    #[test]
    fn distances_count_edits_and_swaps() {
        assert_eq!(distance("kitten", "sitting", 9), 3);
        assert_eq!(distance("ab", "ba", 1), 1);
        assert_eq!(distance("", "abc", 3), 3);
        assert_eq!(distance("é", "e", 1), 1);
        assert_eq!(distance("kitten", "sitting", 2), 3);
        assert_eq!(distance("abcd", "badc", 2), 2);
    }
}
