//! The nearest right name to a wrong one.

/// The candidates that resemble `wrong` most, best first, at most `count`.
pub(crate) fn several<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let folded = wrong.to_lowercase();
    let limit = (wrong.chars().count() / 3).max(2);
    let mut near: Vec<(usize, &str)> = candidates
        .map(|candidate| (distance(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort();
    near.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

/// The candidate that resembles `wrong` most, if one does.
pub(crate) fn one<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    several(wrong, candidates, 1).first().copied()
}

/// ` Did you mean "x"?`, or nothing.
pub(crate) fn question<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    one(wrong, candidates).map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

/// Number of characters to insert, remove or replace to get from one text to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_whatever_their_letter_case() {
        let names = ["Path", "PathIncremental", "Separator", "Encoding"];
        assert_eq!(one("Seperator", names.into_iter()), Some("Separator"));
        assert_eq!(one("path", names.into_iter()), Some("Path"));
        assert_eq!(one("Login", names.into_iter()), None);
        assert_eq!(question("Pth", names.into_iter()), " Did you mean \"Path\"?");
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("é", "e"), 1);
    }
}
