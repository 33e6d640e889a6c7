//! The nearest right name.

/// The candidate that `wrong` most probably stands for, if any is near enough.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a name this long, and the distance is quadratic.
    if wrong.chars().count() > 100 {
        return None;
    }
    let folded = wrong.to_lowercase();
    let length = folded.chars().count();
    // One wrong letter in a name of one letter is another name.
    let allowed = if length < 2 { 0 } else { (length / 3).clamp(1, 4) };
    candidates
        .into_iter()
        // The distance is at least the difference of the lengths.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (distance(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Number of characters to insert, delete, replace, or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["Identifier", "DisplayName_L1", "Agent"];
        assert_eq!(nearest("Identifer", names), Some("Identifier"));
        assert_eq!(nearest("identifier", names), Some("Identifier"));
        assert_eq!(nearest("Aegnt", names), Some("Agent"));
        assert_eq!(nearest("Priority", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "ba"), 1);
    }
}
