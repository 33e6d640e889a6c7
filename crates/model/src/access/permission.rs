//! Permissions are paths of a tree: `/Jobs/Job/Query`.

/// Whether holding `held` is holding `wanted`: it is the same, or stands above it. Letter case does not matter.
pub fn covers(held: &str, wanted: &str) -> bool {
    let held = held.trim_end_matches('/');
    let (Some(head), rest) = (wanted.get(..held.len()), wanted.as_bytes().get(held.len())) else {
        return false;
    };
    head.eq_ignore_ascii_case(held) && matches!(rest, None | Some(b'/'))
}

/// A permission template with its parameters filled in: `/Custom/Resources/{entityType}/Query`. `None` when a value is
/// missing, or would make another permission of it: names hold neither slashes nor braces, and are no dots.
pub fn fill<'a>(template: &str, mut value: impl FnMut(&str) -> Option<&'a str>) -> Option<String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((head, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}')?;
        let text = value(name)?;
        let odd = |c: char| matches!(c, '/' | '\\' | '{' | '}' | '%' | '?' | '#') || c.is_control();
        if text.is_empty() || text.trim() != text || text.chars().all(|c| c == '.') || text.contains(odd) {
            return None;
        }
        filled.push_str(head);
        filled.push_str(text);
        rest = tail;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_covers_all_below_it_and_nothing_beside_it() {
        for (held, wanted) in [
            ("/Jobs/Job", "/Jobs/Job"),
            ("/Jobs/Job", "/jobs/job/Query"),
            ("/Jobs", "/Jobs/Job/Query"),
            ("/Jobs/", "/Jobs/Job"),
            ("/", "/Jobs"),
        ] {
            assert!(covers(held, wanted), "{held} {wanted}");
        }
        for (held, wanted) in [
            ("/Jobs/Job", "/Jobs/JobInstance"),
            ("/Jobs/Job", "/Jobs"),
            ("/Jobs/Job/Query", "/Jobs/Job"),
            ("/Jobé", "/Jobs/"),
        ] {
            assert!(!covers(held, wanted), "{held} {wanted}");
        }
    }

    #[test]
    fn a_value_never_makes_another_permission() {
        let filled =
            |value: &str| fill("/Custom/Resources/{entityType}/Query", |name| (name == "entityType").then_some(value));
        assert_eq!(filled("Directory_User").as_deref(), Some("/Custom/Resources/Directory_User/Query"));
        for odd in ["", "..", ".", "a/b", "a\\b", "%2F", "a%2fb", "{entityType}", " a", "a\n", "a?b"] {
            assert_eq!(filled(odd), None, "{odd:?}");
        }
        assert_eq!(fill("/A/{x}", |_| None), None);
        assert_eq!(fill("/A/B", |_| None).as_deref(), Some("/A/B"));
    }
}
