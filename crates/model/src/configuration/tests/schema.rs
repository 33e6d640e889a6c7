//! The schema accepts legal files and refuses others; the reference page is complete.

use super::inventory::legal_file;
use super::*;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("provost-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs xmllint; `None` where it is not installed, which is an error in CI.
fn xmllint(schema: &PathBuf, files: &[PathBuf]) -> Option<Output> {
    match Command::new("xmllint").args(["--noout", "--huge", "--schema"]).arg(schema).args(files).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "xmllint is needed in CI: {error}");
            eprintln!("skipped: xmllint is not installed ({error})");
            None
        }
    }
}

#[test]
fn a_stock_validator_accepts_legal_files() {
    let folder = Folder::new("legal");
    let schema = folder.write("provost.xsd", &xsd());
    let inventory = include_str!("inventory.txt").lines().filter(|line| !line.starts_with('#'));
    let mut files: Vec<PathBuf> = inventory
        .enumerate()
        .map(|(n, line)| {
            let mut words = line.split(' ');
            let path: Vec<&str> = words.next().unwrap().split('/').collect();
            folder.write(&format!("{n}.xml"), &legal_file(&path, &words.collect::<Vec<_>>()))
        })
        .collect();
    files.push(folder.write("order.xml", &file(
        "<EntityType Identifier='A'><Property Identifier='P' Type='12'/></EntityType><!-- c --><Agent Identifier='L'/>\
         <Language Code='en-US' IndicatorNumber=' 1 '/><EntityType Identifier='B'/><Connector Identifier='C' IsDeactivated='0'/>\
         <ResourceType Identifier='R'><TypeRule TimeOffsetReference='Arround'/></ResourceType><MailSetting Anything='x'/>",
    )));
    if let Some(output) = xmllint(&schema, &files) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_stock_validator_refuses_illegal_files() {
    let folder = Folder::new("illegal");
    let schema = folder.write("provost.xsd", &xsd());
    let wrong = [
        "<Conector Identifier='A'/>",
        "<Connector Identifier='A' Identifer='A'/>",
        "<Connector/>",
        "<Property Identifier='A'/>",
        "<Connector Identifier='A' IsDeactivated='yes'/>",
        "<EntityType Identifier='A'><Property Identifier='P' Type='Text'/></EntityType>",
        "<EntityType Identifier='A'><Property Identifier='P' TargetColumnIndex='153'/></EntityType>",
        "<EntityType Identifier='A' DisplayName_L17='x'/>",
        "<Resource Type='A' C40='x'/>",
    ];
    for (n, elements) in wrong.iter().enumerate() {
        assert!(read(elements).has_errors(), "{elements} is taken for legal");
        let path = folder.write(&format!("{n}.xml"), &file(elements));
        if let Some(output) = xmllint(&schema, &[path]) {
            assert_eq!(output.status.code(), Some(3), "{elements} validates");
        }
    }
}

#[test]
fn the_reference_page_names_everything() {
    let page = reference();
    let words: std::collections::BTreeSet<&str> = page.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for line in include_str!("inventory.txt").lines().filter(|line| !line.starts_with('#')) {
        let path = line.split(' ').next().unwrap();
        let name = path.rsplit('/').next().unwrap();
        assert!(words.contains(name), "{path} is not on the page");
    }
}
