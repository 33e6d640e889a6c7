//! Configuration folders: which files belong to one, and what is in them.

use crate::report::{Kind, Report};
use provost_model::configuration::{Parsed, parse};
use provost_model::{Problem, Severity};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A configuration folder that was read.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Number of files.
    pub files: usize,
    /// Everything that is in them, and everything that is wrong with it.
    pub parsed: Parsed,
}

/// Reads all `.xml` files of a folder and the folders below it, in the order of their paths. Files are called by
/// their paths relative to the folder, with `/` between names on every system.
///
/// # Errors
/// The folder or a file cannot be read, or there is no such file. What is wrong *inside* files is in the result.
pub fn read(folder: &Path) -> Result<Folder, Report> {
    let (files, unreadable) = texts(folder)?;
    let count = files.len() + unreadable.len();
    let mut parsed = parse(&files);
    parsed.problems.extend(unreadable);
    // Only a configuration without other errors has an entity model to check against.
    if !parsed.has_errors() {
        let found = crate::expressions::problems(&parsed, &files);
        parsed.problems.extend(found);
    }
    Ok(Folder { files: count, parsed })
}

/// Paths and texts of the files of a folder, as [`read`] reads them.
///
/// # Errors
/// The folder or a file cannot be read, there is no such file, or one is not text.
pub fn read_files(folder: &Path) -> Result<Vec<(String, String)>, Report> {
    let (files, unreadable) = texts(folder)?;
    if unreadable.is_empty() {
        return Ok(files);
    }
    let text = format!("the configuration in {} has errors", folder.display());
    Err(Report::with_problems(Kind::Data, "invalid-configuration", text, unreadable).hint("mend them first"))
}

/// Name of a file, and what it holds.
type NamedText = (String, String);

/// The files that are text, and what is wrong with the others.
fn texts(folder: &Path) -> Result<(Vec<NamedText>, Vec<Problem>), Report> {
    if !folder.is_dir() {
        return Err(Report::usage("no-configuration", format!("{} is not a folder", folder.display()))
            .hint("check the path of the configuration folder"));
    }
    let mut paths = Vec::new();
    collect(folder, &mut BTreeSet::new(), &mut paths)?;
    if paths.is_empty() {
        let text = format!("{} holds no configuration: no file ends in .xml", folder.display());
        return Err(Report::usage("no-configuration", text).hint("check the path of the configuration folder"));
    }
    let mut named: Vec<(String, PathBuf)> = paths.into_iter().map(|path| (name_of(folder, &path), path)).collect();
    named.sort();
    let mut files = Vec::new();
    let mut unreadable = Vec::new();
    for (name, path) in named {
        let bytes = std::fs::read(&path).map_err(|error| Report::io("read", &path, &error))?;
        match String::from_utf8(bytes) {
            Ok(text) => files.push((name, text)),
            Err(error) => unreadable.push(not_text(&name, error.utf8_error().valid_up_to())),
        }
    }
    Ok((files, unreadable))
}

/// Reads a folder whose configuration must be free of errors.
///
/// # Errors
/// Those of [`read`], and the errors inside the files, all at once.
pub fn read_valid(folder: &Path) -> Result<Parsed, Report> {
    let parsed = read(folder)?.parsed;
    if parsed.has_errors() {
        let text = format!("the configuration in {} has errors", folder.display());
        return Err(Report::with_problems(Kind::Data, "invalid-configuration", text, parsed.problems)
            .hint("mend them, then run the command again; nothing was deployed"));
    }
    Ok(parsed)
}

/// Makes the `.xml` files of a folder exactly these: path relative to the folder, and text. Each file is complete or
/// as it was before, whatever happens meanwhile; others go last.
///
/// # Errors
/// A file cannot be written or removed; a path leads out of the folder.
pub fn replace(folder: &Path, files: &[(String, String)]) -> Result<(), Report> {
    let mut old = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut BTreeSet::new(), &mut old)?;
    }
    let mut written = BTreeSet::new();
    for (name, text) in files {
        let path = folder.join(inside(name)?);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| Report::io("make the folder", parent, &error))?;
        let unfinished = path.with_extension("xml.unfinished");
        std::fs::write(&unfinished, text)
            .and_then(|()| std::fs::rename(&unfinished, &path))
            .map_err(|error| Report::io("write", &path, &error))?;
        written.insert(path);
    }
    let home = folder.canonicalize().map_err(|error| Report::io("enter", folder, &error))?;
    for path in old.iter().filter(|path| !written.contains(*path)) {
        // What a link leads to outside the folder is not ours to remove.
        if path.canonicalize().is_ok_and(|real| real.starts_with(&home)) {
            std::fs::remove_file(path).map_err(|error| Report::io("remove", path, &error))?;
        }
    }
    Ok(())
}

/// The relative path that a stored name stands for.
fn inside(name: &str) -> Result<PathBuf, Report> {
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    if parts.iter().all(|part| !matches!(*part, "" | "." | "..")) {
        return Ok(parts.iter().collect());
    }
    let text = format!("the stored file name {name} leads out of the configuration folder");
    Err(Report::new(Kind::Data, "stored-configuration", text).hint("deploy the configuration again from its folder"))
}

fn not_text(name: &str, at: usize) -> Problem {
    let message = format!("{name} is not UTF-8 text: the byte at offset {at} belongs to no character");
    Problem::new("not-utf8", Severity::Error, message).hint("save the file as UTF-8")
}

/// Folders that were entered already are skipped: links may lead in circles.
fn collect(folder: &Path, entered: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) -> Result<(), Report> {
    let failed = |error: std::io::Error| Report::io("read the folder", folder, &error);
    if !entered.insert(folder.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(&path, entered, found)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
            found.push(path);
        }
    }
    Ok(())
}

fn name_of(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let names: Vec<String> = relative.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_the_order_of_their_paths_whatever_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let xml = |body: &str| {
            format!("<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">{body}</ConfigurationFile>")
        };
        std::fs::create_dir_all(folder.path().join("b/c")).unwrap();
        for (name, agent) in [("b/c/2.XML", "Two"), ("b/1.xml", "One"), ("z.xml", "Zed"), ("readme.txt", "No")] {
            let text = xml(&format!("<Agent Identifier=\"{agent}\" />"));
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("b/circle")).unwrap();
        let read = read(folder.path()).unwrap();
        let order: Vec<(&str, &str)> =
            read.parsed.items.iter().map(|item| (item.file.as_str(), item.identity.as_str())).collect();
        assert_eq!(order, [("b/1.xml", "One"), ("b/c/2.XML", "Two"), ("z.xml", "Zed")]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap_err().id, "no-configuration");
        assert_eq!(read(&folder.path().join("none")).unwrap_err().id, "no-configuration");
        std::fs::write(folder.path().join("a.xml"), b"<A \xff>").unwrap();
        let report = read_valid(folder.path()).unwrap_err();
        assert_eq!((report.kind, report.problems[0].code.as_str()), (Kind::Data, "not-utf8"));
    }

    #[test]
    fn replacing_leaves_exactly_the_new_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["old.xml", "keep.txt", "a.xml"] {
            std::fs::write(folder.path().join(name), "old").unwrap();
        }
        let files = [("a.xml", "1"), ("sub/b.xml", "2")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        replace(folder.path(), &files).unwrap();
        let content = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(content("a.xml").as_deref(), Some("1"));
        assert_eq!(content("sub/b.xml").as_deref(), Some("2"));
        assert_eq!((content("old.xml"), content("keep.txt").as_deref()), (None, Some("old")));
        for name in ["../x.xml", "/etc/x.xml", "a/../../x.xml", ""] {
            assert!(replace(folder.path(), &[(name.to_owned(), String::new())]).is_err(), "{name}");
        }
    }
}
