//! Sources and folders that fail: each has its error and remedy, and the output folder stays as it was.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{World, listing};
use insta::assert_snapshot;
use provost_connectors::{ExportError, ExportReport};
use serde_json::json;
use std::fs;
use std::io::Write;

/// A world whose output folder holds an older table.
fn with_old_table(content: &str, settings: serde_json::Value) -> World {
    let world = World::csv(content, settings);
    world.put("out/HR.csv", "id\nold\n");
    world
}

#[test]
fn a_missing_file_is_told_with_near_names() {
    let world = with_old_table("id\n1\n", json!({"Path": "in/hr.cvs"}));
    assert_snapshot!(world.error(), @r"
    source-missing: Connections.HR.Path: @/in/hr.cvs does not exist
    -> near names in the same folder: hr.csv
    ");
    let world = with_old_table("id\n1\n", json!({"Path": "nowhere/people.csv"}));
    assert_snapshot!(world.error(), @r"
    source-missing: Connections.HR.Path: @/nowhere/people.csv does not exist
    -> put the file there, or change Connections.HR.Path
    ");
}

#[test]
fn no_matching_name_tells_what_the_folder_holds() {
    let world = with_old_table("id\n1\n", json!({"Path": r"in/sap_\d+\.csv", "IsFileNameRegex": true}));
    assert_snapshot!(world.error(), @r#"
    source-missing: Connections.HR.Path: no file of @/in has a name that matches "sap_\d+\.csv"
    -> the folder holds hr.csv; change Connections.HR.Path or add the file
    "#);
}

#[test]
fn a_folder_is_not_a_file() {
    assert_snapshot!(with_old_table("", json!({"Path": "in"})).error(), @r"
    source-not-a-file: Connections.HR.Path: @/in is a folder, not a file
    -> name a file in Connections.HR.Path; to take the latest of several, set IsFileNameRegex to true
    ");
}

#[cfg(unix)]
#[test]
fn a_device_is_not_waited_for() {
    let world = with_old_table("", json!({"Path": "/dev/null"}));
    assert!(world.error().contains("/dev/null is a pipe or a device, not a file"));
}

#[cfg(unix)]
#[test]
fn no_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_old_table("id\n1\n", json!({}));
    fs::set_permissions(world.path("in/hr.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(world.path("in/hr.csv")).is_ok() {
        return; // The superuser may read everything; the mapping of the refusal has its own test.
    }
    assert!(world.error().starts_with("source-permission: "));
}

#[test]
fn files_without_header_are_refused() {
    assert_snapshot!(with_old_table("", json!({})).error(), @r"
    source-no-header: @/in/hr.csv has no header line
    -> make the first line name the columns, or change NumberOfLinesToSkip
    ");
    assert!(with_old_table("\u{feff}", json!({})).error().starts_with("source-no-header"));
    assert!(with_old_table("\n1\n", json!({})).error().starts_with("source-no-header"));
    assert!(
        with_old_table("a\nb\n", json!({"NumberOfLinesToSkip": 9}))
            .error()
            .contains("no header line after the 9 lines that NumberOfLinesToSkip leaves out")
    );
    assert_eq!(World::csv("id,name\n", json!({})).text(), "id,name\n");
}

#[test]
fn headers_that_cannot_be_read_are_refused() {
    assert_snapshot!(with_old_table("id,name,id\n", json!({})).error(), @r#"
    source-duplicate-header: @/in/hr.csv: columns 1 and 3 of the header in line 1 are both named "id"
    -> rename one of the columns in the source
    "#);
    assert!(
        with_old_table("x\n$a;a$\n", json!({"Separator": ";", "ValuesToTrim": ["$"], "NumberOfLinesToSkip": 1}))
            .error()
            .contains("columns 1 and 2 of the header in line 2 are both named \"a\"")
    );
    assert!(with_old_table("id,\"name\n1,a\n", json!({})).error().starts_with("source-header"));
    assert!(with_old_table("id,name\r1,a\r", json!({})).error().contains("CR alone"));
}

#[test]
fn only_the_allowed_folders_are_read() {
    let mut world = with_old_table("id\n1\n", json!({}));
    fs::create_dir(world.path("allowed")).unwrap();
    world.roots = vec!["allowed".into(), "gone".into()];
    assert_snapshot!(world.error(), @r"
    source-outside-roots: Connections.HR.Path: @/in/hr.csv lies outside the folders that connections may read
    -> move the file under @/allowed or @/gone, or add its folder to SourcesRootPaths in appsettings.agent.json (each folder must exist, letter case counts)
    ");
    world.settings = json!({"Path": "allowed/../in/hr.csv"});
    assert!(world.error().starts_with("source-outside-roots"));
    // Not even whether a file exists is told.
    world.settings = json!({"Path": "in/hr.cvs"});
    assert!(world.error().starts_with("source-outside-roots"));
    world.settings = json!({"Path": "in/.*", "IsFileNameRegex": true});
    assert!(world.error().starts_with("source-outside-roots"));
    world.put("allowed/hr.csv", "id\n2\n");
    world.settings = json!({"Path": "in/../allowed/hr.csv"});
    assert_eq!(world.text(), "id\n2\n");
    // A sibling whose name begins alike is another folder.
    fs::create_dir(world.path("allowed2")).unwrap();
    world.put("allowed2/hr.csv", "id\n3\n");
    world.settings = json!({"Path": "allowed2/hr.csv"});
    assert!(world.error().starts_with("source-outside-roots"));
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_allowed_folders() {
    let mut world = with_old_table("id\n1\n", json!({"Path": "allowed/link.csv"}));
    fs::create_dir(world.path("allowed")).unwrap();
    std::os::unix::fs::symlink(world.path("in/hr.csv"), world.path("allowed/link.csv")).unwrap();
    world.roots = vec![world.path("allowed")];
    assert!(world.error().starts_with("source-outside-roots"));
    world.settings = json!({"Path": "allowed/l.*", "IsFileNameRegex": true});
    assert!(world.error().starts_with("source-outside-roots"));
    world.roots.push(world.path("in"));
    assert_eq!(world.text(), "id\n1\n");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    for settings in [json!({}), json!({"ValuesToTrim": ["$"]})] {
        let world = with_old_table("id\n1\n", settings);
        let before = listing(&world.path("out"));
        let mut grow = |_: provost_connectors::Progress<'_>| {
            let mut file = fs::OpenOptions::new().append(true).open(world.path("in/hr.csv")).unwrap();
            file.write_all(b"2\n").unwrap();
        };
        let error = world.run_with(&mut grow).unwrap_err();
        assert!(matches!(error, ExportError::Changed { before: 5, after, .. } if after > 5), "{error}");
        assert_eq!(listing(&world.path("out")), before);
        assert!(world.run().is_ok());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_table() {
    let world = with_old_table("id\n1\n", json!({}));
    std::os::unix::fs::symlink("/dev/full", world.path("out/HR.csv.partial")).unwrap();
    let error = world.run().unwrap_err();
    assert_eq!(error.code(), "export-write");
    assert!(error.to_string().contains("No space left"), "{error}");
    assert_eq!(listing(&world.path("out")), [("HR.csv".to_owned(), b"id\nold\n".to_vec())]);
    assert_eq!(world.text(), "id\n1\n");
}

#[test]
fn an_output_folder_that_is_gone_is_told() {
    let world = World::csv("id\n1\n", json!({}));
    fs::remove_dir(world.path("out")).unwrap();
    let error = world.run().unwrap_err();
    assert!(world.masked(&error.to_string()).starts_with("cannot write @/out/HR.csv.partial: "));
}

#[test]
fn a_leftover_of_a_crash_does_not_matter() {
    let world = with_old_table("id\n1\n", json!({}));
    world.put("out/HR.csv.partial", "id\nhalf of it, and much longer than the new one\n");
    assert_eq!(world.text(), "id\n1\n");
    assert!(!world.path("out/HR.csv.partial").exists());
}

#[test]
fn a_field_of_100_megabytes_passes() {
    let big = "x".repeat(100_000_000);
    let world = World::csv(format!("id;name\n1;\"{big}\"\n2;a\n"), json!({"Separator": ";"}));
    let ExportReport::Done { tables, .. } = world.run().unwrap() else { panic!() };
    assert_eq!((tables[0].rows, tables[0].bytes), (2, 8 + 3 + 100_000_000 + 4));
}

#[test]
fn a_package_that_is_not_there_is_named() {
    let mut world = World::csv("id\n1\n", json!({}));
    world.connection.package = "Usercube.SharePoint@0000001".to_owned();
    assert_snapshot!(world.error(), @r#"
    package-not-implemented: connection HR uses the package Storage/SharePoint (Usercube.SharePoint@0000001), which Provost does not export from
    -> let its own tools write CSV files and read them with Usercube.CSV@0000001, or set DeactivationExportFulfill="Export" on the connection
    "#);
    world.connection.package = "Usercube.CVS@0000001".to_owned();
    assert_snapshot!(world.error(), @r#"
    unknown-package: connection HR uses the package "Usercube.CVS@0000001", which does not exist
    -> use a package of the catalogue, such as Usercube.CSV@0000001. Did you mean "Usercube.CSV@0000001"?
    "#);
}

#[test]
fn wrong_settings_are_all_told_at_once() {
    let settings = json!({"Path": "in/hr_(.csv", "IsFileNameRegex": true, "Separator": "\"", "Encoding": "utf9",
        "NumberOfLinesToSkip": -1, "ValuesToTrim": "$"});
    assert_snapshot!(World::csv("id\n", settings).error(), @r#"
    connection-settings: the settings of connection HR cannot be used:
      Connections.HR.Path: "hr_(.csv" is not a regular expression: unclosed group (expected a regular expression after the last /, such as hr_.*\.csv (without look-around))
      Connections.HR.Encoding: "utf9" is not a known encoding (expected UTF-8, UTF-16, Windows-1252, ISO-8859-15 or another name of the WHATWG encoding standard)
      Connections.HR.Separator: it holds a quote or a line end (expected one character such as , or ; or \t)
      Connections.HR.NumberOfLinesToSkip: -1 does not fit (expected a whole number from 0)
      Connections.HR.ValuesToTrim: it is not a list (expected a list, [ … ])
    -> mend the settings in appsettings.agent.json
    "#);
    assert_snapshot!(World::csv("id\n", json!({"Path": null})).error(), @"
    connection-settings: the settings of connection HR cannot be used:
      Connections.HR.Path: it is missing, and so is PathIncremental (expected the path of a file in one of them)
    -> mend the settings in appsettings.agent.json
    ");
}
