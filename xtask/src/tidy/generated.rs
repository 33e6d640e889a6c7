//! Generated pages are as the program would write them now.

use super::{Finding, House};
use crate::reference::{PAGES, Page};

pub(crate) fn check(house: &House) -> Vec<Finding> {
    PAGES.iter().filter(|page| is_stale(house, page)).map(finding).collect()
}

fn is_stale(house: &House, page: &Page) -> bool {
    let found = house.texts.iter().find(|file| file.path == page.path);
    found.is_none_or(|file| file.text != (page.text)())
}

fn finding(page: &Page) -> Finding {
    Finding::new(page.path, "is stale; run `cargo xtask reference`")
}

#[cfg(test)]
mod tests {
    use super::super::house_of;
    use super::*;

    #[test]
    fn stale_and_missing_pages_are_found() {
        let page = Page { path: "docs/a.md", text: || "new\n".to_owned() };
        assert!(is_stale(&house_of(&[]), &page));
        assert!(is_stale(&house_of(&[("docs/a.md", "old\n")]), &page));
        assert!(!is_stale(&house_of(&[("docs/a.md", "new\n")]), &page));
        assert_eq!(finding(&page).to_string(), "docs/a.md: is stale; run `cargo xtask reference`");
    }
}
