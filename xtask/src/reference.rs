//! Pages of the manual that are written by the program.

use crate::shell::{self, Doing, Failure};
use provost_model::configuration::reference;

/// A generated file and what writes it.
pub(crate) struct Page {
    pub(crate) path: &'static str,
    pub(crate) text: fn() -> String,
}

/// Every generated page that can be written without running the binary; the others have a test of their own.
pub(crate) const PAGES: &[Page] = &[Page { path: "docs/reference/configuration.md", text: reference }];

/// `cargo xtask reference`.
pub(crate) fn run(_: &[String]) -> Result<(), Failure> {
    for page in PAGES {
        let path = shell::root().join(page.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).doing(format_args!("create {}", folder.display()))?;
        }
        std::fs::write(&path, (page.text)()).doing(format_args!("write {}", page.path))?;
        println!("reference: wrote {}", page.path);
    }
    Ok(())
}
