//! A real browser: Chromium of the system, driven by packages of npm in a folder below `target`.

use super::root;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const CHROMIUM: &str = "/usr/bin/chromium";

/// The folder with the packages; `None` with a notice where they or the browser cannot be had, an error in CI.
pub fn programs(folder: &str, packages: &[&str]) -> Option<PathBuf> {
    let folder = root().join("target").join(folder);
    let stamp = folder.join("packages");
    let is_there = Path::new(CHROMIUM).exists();
    if is_there && std::fs::read_to_string(&stamp).is_ok_and(|have| have == packages.join(" ")) {
        return Some(folder);
    }
    std::fs::create_dir_all(&folder).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]).args(packages);
    if is_there && npm.current_dir(&folder).status().is_ok_and(|status| status.success()) {
        std::fs::write(stamp, packages.join(" ")).unwrap();
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{CHROMIUM}, or the packages of npm, are missing: {packages:?}");
    eprintln!("notice: skipped, {CHROMIUM} or {packages:?} cannot be had");
    None
}
