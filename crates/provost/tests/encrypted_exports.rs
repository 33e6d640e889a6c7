//! Export files encrypted at rest, through the real program: what is on the disk, who can read it, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::path::Path;
use support::small::{Attempt, CONNECTOR, Guards, MEMBER, PEOPLE, PERSON, empty, lay_out};
use support::{Home, Kind};

const SEALED: &[u8] = b"PROVOST1";
const LATER: &str = "id,login,name,age\n1,ada,Ada L.,36\n2,bob,Bob,41\n3,cyd,Cyd,\n5,eve,Eve,29\n";
const EXPORTS: [&str; 4] = ["People", "Teams", "Members", "Homes"];

/// Writes a new certificate with its key.
fn pair(path: &Path) {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["provost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(path, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
}

/// A home whose export files are encrypted, with everything to be read.
fn sealed() -> Home {
    let mut home = empty(Kind::Sqlite, Guards::Off);
    lay_out(&home);
    pair(&home.file("encryption.pem"));
    home.environment.push(("PROVOST__EncryptionCertificate__File".to_owned(), "encryption.pem".to_owned()));
    home
}

fn export_of(home: &Home, name: &str) -> Vec<u8> {
    std::fs::read(home.file(&format!("Temp/ExportOutput/{name}.csv"))).unwrap()
}

fn export(home: &Home) {
    for name in EXPORTS {
        home.ok(&["export", "--connection", name]);
    }
}

fn prepare(home: &Home) -> Attempt {
    let arguments = ["prepare-synchronization", "--connector", CONNECTOR, "--synchronization-mode", "complete"];
    Attempt::of(home.run(&[&arguments[..], &["--format", "json"]].concat()))
}

#[test]
fn encrypted_exports_walk_the_whole_road_and_hold_nothing_in_the_clear() {
    let home = sealed();
    let summary = home.sync_up(CONNECTOR, "complete");
    assert_eq!(summary.state, State::Completed, "{summary:?}");
    assert_eq!((summary.entity_types[PERSON].inserted, summary.associations[MEMBER].inserted), (4, 3));
    for name in EXPORTS {
        assert!(export_of(&home, name).starts_with(SEALED), "{name}");
    }
    let everything = EXPORTS.map(|name| export_of(&home, name)).concat();
    assert!(!everything.windows(3).any(|bytes| bytes == b"Ada" || bytes == b"bob"));
    let path = home.file("Temp/ExportOutput/People.csv");
    assert_eq!(home.ok(&["decrypt-file", "--files", path.to_str().unwrap()]), PEOPLE);

    home.write("Sources/people.csv", LATER);
    let summary = home.sync_up(CONNECTOR, "incremental");
    let people = &summary.entity_types[PERSON];
    assert_eq!((people.inserted, people.updated, people.deleted), (1, 1, 1), "{summary:?}");
}

#[test]
fn a_script_may_put_a_plain_file_beside_them() {
    let home = sealed();
    assert_eq!(home.sync_up(CONNECTOR, "complete").state, State::Completed);
    home.write("Temp/ExportOutput/People.csv", LATER);
    assert_eq!(prepare(&home).summary.entity_types[PERSON].rows, 4);
}

#[test]
fn the_setting_keeps_exports_readable_and_sealed_ones_are_still_read() {
    let mut home = sealed();
    export(&home);
    home.environment.push(("PROVOST__EncryptionCertificate__EncryptFile".to_owned(), "false".to_owned()));
    assert_eq!(prepare(&home).summary.entity_types[PERSON].rows, 4);
    export(&home);
    assert_eq!(export_of(&home, "People"), PEOPLE.as_bytes());
}

#[test]
fn what_was_cut_changed_or_sealed_for_others_is_refused_and_nothing_is_queued() {
    let mut home = sealed();
    export(&home);
    let whole = export_of(&home, "People");
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (content, what) in
        [(whole[..whole.len() - 5].to_vec(), "cut"), (flipped, "changed"), (whole[..100].to_vec(), "cut in its head")]
    {
        home.write("Temp/ExportOutput/People.csv", content);
        let attempt = prepare(&home);
        let (code, message) = attempt.error();
        assert_eq!((code, attempt.exit), ("changed", Some(1)), "{what}: {message}");
        assert!(message.contains("People.csv") && message.contains("changed or cut off"), "{what}: {message}");
    }
    home.write("Temp/ExportOutput/People.csv", whole);

    pair(&home.file("other.pem"));
    home.environment.push(("PROVOST__EncryptionCertificate__File".to_owned(), "other.pem".to_owned()));
    assert_eq!(prepare(&home).error().0, "other-certificate");
    home.environment.push(("PROVOST__EncryptionCertificate__File".to_owned(), "nothing.pem".to_owned()));
    assert_eq!(prepare(&home).error().0, "encryption-certificate");
    home.environment.push(("PROVOST__EncryptionCertificate__File".to_owned(), String::new()));
    assert_eq!(prepare(&home).error().0, "no-encryption-certificate");

    home.environment.push(("PROVOST__EncryptionCertificate__File".to_owned(), "encryption.pem".to_owned()));
    assert_eq!(home.step(&["synchronize", "--connector", CONNECTOR]).entity_types.len(), 0, "nothing waited");
    assert_eq!(prepare(&home).summary.entity_types[PERSON].rows, 4);
}
