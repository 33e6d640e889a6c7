//! Files that tasks name: which ones they may be.

use crate::report::{Kind, Report};
use crate::settings::Settings;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A file that a task of the configuration names: relative to the home folder, else to its configuration folder. It
/// must lie in the home folder or in a folder of `ScriptsRootPaths`, and not among what exports and uploads write.
///
/// # Errors
/// The file does not exist, or lies elsewhere.
pub(super) fn file_of_task(settings: &Settings, attribute: &str, named: &str) -> Result<PathBuf, Report> {
    let at_home = settings.home.join(named);
    let in_conf = settings.conf().join(named);
    let wanted = if !at_home.exists() && in_conf.exists() { in_conf } else { at_home };
    let real = wanted.canonicalize().map_err(|error| unreadable(attribute, &wanted, &error))?;
    if !real.is_file() {
        let text = format!("{attribute}: {} is not a file", real.display());
        return Err(Report::new(Kind::Data, "not-a-file", text).hint("name a file"));
    }
    let lies_in = |root: &Path| root.canonicalize().is_ok_and(|root| real.starts_with(root));
    let written = lies_in(&settings.temp) || lies_in(&settings.work);
    if written || !(lies_in(&settings.home) || settings.scripts_root_paths.iter().any(|root| lies_in(root))) {
        let text = format!("{attribute}: {} lies outside the folders whose files tasks may use", real.display());
        return Err(Report::new(Kind::Usage, "outside-roots", text).hint(
            "put the file into the home folder (but not into its Temp or Work), or add its folder to \
             ScriptsRootPaths in appsettings.agent.json",
        ));
    }
    Ok(real)
}

fn unreadable(attribute: &str, path: &Path, error: &io::Error) -> Report {
    if error.kind() == io::ErrorKind::NotFound {
        let text = format!("{attribute}: {} does not exist", path.display());
        return Report::new(Kind::Data, "file-missing", text)
            .hint("paths are relative to the home folder, else to its folder Conf");
    }
    Report::io("read", path, error)
}

/// The table that a task writes, folder and name: below `Temp/ExportOutput`. `named` is a folder, or a file that ends
/// in `.csv`; empty for a file named after the task.
///
/// # Errors
/// The place lies elsewhere.
pub(super) fn table_of_task(settings: &Settings, task: &str, named: &str) -> Result<(PathBuf, String), Report> {
    let base = settings.export_output();
    let (folder, table) = split(&base.join(named), task);
    let outside = || {
        let text = format!("OutputPath: {named} lies outside {}", base.display());
        Report::new(Kind::Usage, "outside-roots", text).hint(format!(
            "name a path below Temp/ExportOutput, or set InvokeSqlCommands:{task}:OutputPath in appsettings.agent.json"
        ))
    };
    if !folder.starts_with(&base) || folder.components().any(|part| part == Component::ParentDir) {
        return Err(outside());
    }
    Ok((folder, table))
}

/// Folder and name of a table.
pub(super) fn split(path: &Path, task: &str) -> (PathBuf, String) {
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    match (is_csv, path.parent(), path.file_stem()) {
        (true, Some(folder), Some(stem)) => (folder.to_owned(), stem.to_string_lossy().into_owned()),
        _ => (path.to_owned(), task.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{home, script};
    use super::*;

    #[test]
    fn files_of_tasks_lie_in_the_home_folder_or_in_folders_that_are_named() {
        let other = tempfile::tempdir().unwrap();
        script(other.path(), "a.sh", "");
        let agent = format!("{{\"ScriptsRootPaths\": [\"{}\"]}}", other.path().display());
        let (folder, open) = home(&agent);
        let (_closed, closed) = home("{}");
        script(folder.path(), "Scripts/b.sh", "");
        script(folder.path(), "Conf/c.sh", "");
        script(folder.path(), "Temp/ExportOutput/d.sh", "");
        std::os::unix::fs::symlink("/bin/sh", folder.path().join("Scripts/e.sh")).unwrap();
        let outside = other.path().join("a.sh").display().to_string();
        let found = |settings, named: &str| {
            file_of_task(settings, "InputPath", named)
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .map_err(|report| report.id)
        };
        assert_eq!(found(&open, "Scripts/b.sh"), Ok("b.sh".to_owned()));
        assert_eq!(found(&open, "c.sh"), Ok("c.sh".to_owned()));
        assert_eq!(found(&open, &outside), Ok("a.sh".to_owned()));
        assert_eq!(found(&closed, &outside), Err("outside-roots"));
        assert_eq!(found(&open, "Scripts/e.sh"), Err("outside-roots"));
        assert_eq!(found(&open, "Temp/ExportOutput/d.sh"), Err("outside-roots"));
        assert_eq!(found(&open, "Scripts"), Err("not-a-file"));
        assert_eq!(found(&open, "Scripts/none.sh"), Err("file-missing"));
    }

    #[test]
    fn tables_of_tasks_lie_below_the_export_folder() {
        let (_folder, settings) = home("{}");
        let base = settings.export_output();
        let table = |named: &str| table_of_task(&settings, "T", named).map_err(|report| report.id);
        assert_eq!(table(""), Ok((base.join(""), "T".to_owned())));
        assert_eq!(table("People.csv"), Ok((base.clone(), "People".to_owned())));
        assert_eq!(table("sub/People.CSV"), Ok((base.join("sub"), "People".to_owned())));
        assert_eq!(table("sub"), Ok((base.join("sub"), "T".to_owned())));
        assert_eq!(table("../x.csv"), Err("outside-roots"));
        assert_eq!(table("/etc/x.csv"), Err("outside-roots"));
    }
}
