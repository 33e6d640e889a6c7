//! A home folder for the company of `examples/company`.

use crate::shell::{self, Doing, Failure};
use std::path::{Path, PathBuf};

/// A file that only this module writes: a folder without it is never removed.
const MARKER: &str = ".made-by-xtask";

/// A home that may be removed and made again at will.
pub(crate) struct Home {
    folder: PathBuf,
}

impl Home {
    /// Makes room for a home: removes an earlier one, and nothing else.
    pub(crate) fn fresh(folder: PathBuf) -> Result<Home, Failure> {
        let shown = folder.display();
        if folder.exists() && !folder.join(MARKER).is_file() {
            return Err(Failure::new(format!("{shown} exists and was not made by xtask; move it away first")));
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder).doing(format_args!("remove {shown}"))?;
        }
        std::fs::create_dir_all(&folder).doing(format_args!("create {shown}"))?;
        std::fs::write(folder.join(MARKER), "").doing(format_args!("write to {shown}"))?;
        Ok(Home { folder })
    }

    /// Puts configuration and agent settings of the example into the home.
    pub(crate) fn configure(&self) -> Result<(), Failure> {
        copy(&example("conf"), &self.folder.join("Conf"))?;
        let settings = "appsettings.agent.json";
        std::fs::copy(example(settings), self.folder.join(settings)).doing(format_args!("copy {settings}"))?;
        Ok(())
    }

    /// Puts the files of one folder of the example where the connections look for them, as nightly exports would, and
    /// gives their number.
    pub(crate) fn deliver(&self, folder: &str) -> Result<usize, Failure> {
        copy(&example(folder), &self.folder.join("Sources"))
    }
}

/// A path inside the example.
pub(crate) fn example(path: &str) -> PathBuf {
    shell::root().join("examples/company").join(path)
}

/// Copies a folder with everything in it and gives the number of files.
fn copy(from: &Path, to: &Path) -> Result<usize, Failure> {
    std::fs::create_dir_all(to).doing(format_args!("create {}", to.display()))?;
    let mut n = 0;
    for entry in std::fs::read_dir(from).doing(format_args!("read {}", from.display()))?.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            n += copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).doing(format_args!("copy to {}", target.display()))?;
            n += 1;
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_home_of_ours_is_removed() {
        let folder = std::env::temp_dir().join(format!("provost-xtask-home-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(Home::fresh(folder.clone()).is_err());
        std::fs::remove_dir(&folder).unwrap();
        Home::fresh(folder.clone()).unwrap();
        std::fs::write(folder.join("old"), "").unwrap();
        Home::fresh(folder.clone()).unwrap();
        assert!(!folder.join("old").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn files_are_delivered() {
        let folder = std::env::temp_dir().join(format!("provost-xtask-delivery-{}", std::process::id()));
        let home = Home::fresh(folder.clone()).unwrap();
        home.configure().unwrap();
        assert_eq!(home.deliver("generation-1").unwrap(), 6);
        assert!(folder.join("Sources/hr_persons.csv").is_file() && folder.join("Conf/HR/Connector.xml").is_file());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
