//! Where cookies wait until what they stand for is safe.
//!
//! ```text
//! export ▶ exported/<connector> ─ prepare begins ▶ prepared/<connector> ─ session accepted ▶ <connection>_cookie.bin
//! ```
//!
//! An export goes on from the cookies at the right. So a preparation that fails, or whose session is refused, loses
//! nothing: the next export gives the same changes once more, and what came since. A crash anywhere repeats changes,
//! which does no harm. The step in the middle is for an export that runs while a preparation does: tables that are
//! newer than the cookie repeat changes, too; a cookie that is newer than the tables would lose them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const EXPORTED: &str = "exported";
const PREPARED: &str = "prepared";

/// Where an export of a connector puts the cookie that belongs at `path`.
pub(crate) fn exported(path: &Path, connector: &str) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new("")).join(EXPORTED).join(connector);
    folder.join(path.file_name().unwrap_or_default())
}

/// A preparation of a connector begins: these are the cookies of the tables that it reads.
///
/// # Errors
/// The folder cannot be read or changed.
pub fn begin_cookies(cookies: &Path, connector: &str) -> io::Result<()> {
    shift(&cookies.join(EXPORTED).join(connector), &cookies.join(PREPARED).join(connector))
}

/// The session of a preparation was accepted: exports go on from its cookies.
///
/// # Errors
/// As [`begin_cookies`].
pub fn accept_cookies(cookies: &Path, connector: &str) -> io::Result<()> {
    shift(&cookies.join(PREPARED).join(connector), cookies)
}

fn shift(from: &Path, to: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let is_cookie = entry.path().extension().is_some_and(|ending| ending == "bin");
        if is_cookie {
            fs::rename(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(cookies: &Path, text: &str) {
        let path = exported(&cookies.join("AD_cookie.bin"), "Directory");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn counts(cookies: &Path) -> Option<String> {
        fs::read_to_string(cookies.join("AD_cookie.bin")).ok()
    }

    #[test]
    fn a_cookie_counts_when_the_session_of_its_tables_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let cookies = folder.path();
        begin_cookies(cookies, "Directory").unwrap();
        accept_cookies(cookies, "Directory").unwrap();
        put(cookies, "1");
        assert_eq!(counts(cookies), None);
        // A preparation that fails, and one of another connector.
        begin_cookies(cookies, "Directory").unwrap();
        accept_cookies(cookies, "HR").unwrap();
        assert_eq!(counts(cookies), None);
        // The same tables are prepared again, and accepted.
        begin_cookies(cookies, "Directory").unwrap();
        accept_cookies(cookies, "Directory").unwrap();
        assert_eq!(counts(cookies).as_deref(), Some("1"));
    }

    #[test]
    fn an_export_beside_a_preparation_waits_for_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let cookies = folder.path();
        put(cookies, "1");
        begin_cookies(cookies, "Directory").unwrap();
        put(cookies, "2");
        accept_cookies(cookies, "Directory").unwrap();
        assert_eq!(counts(cookies).as_deref(), Some("1"));
        begin_cookies(cookies, "Directory").unwrap();
        accept_cookies(cookies, "Directory").unwrap();
        assert_eq!(counts(cookies).as_deref(), Some("2"));
    }
}
