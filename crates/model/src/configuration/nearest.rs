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
        .map(|candidate| (distance(&folded, &candidate.to_lowercase(), allowed), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
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
        assert_eq!(nearest("Identifer", names), Some("Identifier"));
        assert_eq!(nearest("identifier", names), Some("Identifier"));
        assert_eq!(nearest("Aegnt", names), Some("Agent"));
        assert_eq!(nearest("Priority", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(distance("kitten", "sitting", 9), 3);
        assert_eq!(distance("ab", "ba", 1), 1);
        assert_eq!(distance("kitten", "sitting", 2), 3);
        assert_eq!(distance("abcd", "badc", 2), 2);
    }
}
