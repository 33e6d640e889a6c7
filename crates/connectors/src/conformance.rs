//! What every implemented package has to hold. Being in the list is being tested: a package without a [`Cast`] fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::settings::Settings;
use crate::{ExportMode, ExportReport, ExportRequest, PACKAGES, Package, check, export};
use provost_model::configuration::Connection;
use provost_model::{Problem, Severity};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What a package is tested with.
struct Cast {
    /// Every setting of the package, none at its default.
    settings: Value,
    /// Makes the source in a folder.
    prepare: fn(&Path),
    /// Tables of a complete export.
    tables: &'static [(&'static str, &'static str)],
}

fn cast(package: &Package) -> Option<Cast> {
    match package.identifier {
        "Usercube.CSV@0000001" => Some(Cast {
            settings: json!({"Path": "hr_.*\\.csv", "PathIncremental": "delta_.*\\.csv", "IsFileNameRegex": true,
                "Encoding": "UTF-16", "Separator": ";", "NumberOfLinesToSkip": 1, "ValuesToTrim": ["$"]}),
            prepare: |folder| {
                let text = "\u{feff}Report\nid;name\n1;$Zoë$\n2;a,b\n";
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                fs::write(folder.join("hr_1.csv"), bytes).unwrap();
            },
            tables: &[("HR.csv", "id,name\n1,Zoë\n2,\"a,b\"\n")],
        }),
        "Usercube.Excel@0000001" => Some(Cast {
            settings: json!({"Path": "hr_.*\\.xlsx", "PathIncremental": "delta_.*\\.xlsx", "IsFileNameRegex": true,
                "ValuesToTrim": ["$"], "SheetOptions": [{"SheetIgnored": true, "NumberOfLinesToSkip": 0},
                {"SheetIgnored": false, "NumberOfLinesToSkip": 1}]}),
            prepare: |folder| {
                let mut workbook = rust_xlsxwriter::Workbook::new();
                workbook.add_worksheet().write_string(0, 0, "ignored").unwrap();
                let sheet = workbook.add_worksheet();
                for (row, cells) in [["Report", ""], ["id", "name"], ["1", "$Zoë$"], ["2", "a,b"]].iter().enumerate() {
                    sheet.write_row(u32::try_from(row).unwrap(), 0, *cells).unwrap();
                }
                workbook.save(folder.join("hr_1.xlsx")).unwrap();
            },
            tables: &[("HR_1.csv", "id,name\n1,Zoë\n2,\"a,b\"\n")],
        }),
        _ => None,
    }
}

fn implemented() -> impl Iterator<Item = (&'static Package, Cast)> {
    PACKAGES.iter().filter(|package| package.is_implemented()).map(|package| {
        (package, cast(package).unwrap_or_else(|| panic!("{} is listed without a cast", package.identifier)))
    })
}

fn connection(package: &Package) -> Connection {
    Connection { identifier: "HR".to_owned(), package: package.identifier.to_owned(), ..Connection::default() }
}

fn request<'a>(connection: &'a Connection, settings: &'a Value, folder: &'a Path, out: &'a Path) -> ExportRequest<'a> {
    ExportRequest {
        connection,
        settings,
        mode: ExportMode::Complete,
        force_complete: false,
        output_dir: out,
        sources_root_paths: &[],
        base_dir: folder,
        keeping: &crate::keeping::AsTheyAre,
    }
}

fn tables(out: &Path) -> Vec<(String, String)> {
    let mut tables: Vec<(String, String)> = fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    tables.sort();
    tables
}

#[test]
fn settings_are_all_understood_and_come_back_as_they_were_written() {
    for (package, cast) in implemented() {
        let effective = package.driver.unwrap().effective(Settings::new("HR", &cast.settings));
        assert_eq!(effective, cast.settings, "{}", package.identifier);
        assert_eq!(check(&connection(package), &effective), [], "{}", package.identifier);
    }
}

#[test]
fn secrets_never_print() {
    for (package, cast) in implemented() {
        let mut settings = cast.settings.clone();
        let object = settings.as_object_mut().unwrap();
        for name in ["Password", "ApplicationKey", "ClientSecret", "ConnectionString", "OAuthToken"] {
            object.insert(name.to_owned(), json!("hunter2"));
        }
        let connection = connection(package);
        let folder = tempfile::tempdir().unwrap();
        let request = request(&connection, &settings, folder.path(), folder.path());
        let error = export(&request, &mut |_| {}).unwrap_err();
        let problems: Vec<Problem> = check(&connection, &settings);
        let said =
            format!("{request:?} {error} {error:?} {} {problems:?} {}", error.remedy(), Settings::new("HR", &settings));
        assert!(!said.contains("hunter2"), "{}: {said}", package.identifier);
    }
}

#[test]
fn checking_touches_nothing_and_tells_the_same_whatever_exists() {
    for (package, cast) in implemented() {
        let folder = tempfile::tempdir().unwrap();
        (cast.prepare)(folder.path());
        let mut settings = cast.settings.clone();
        let inside = |name: &str| json!(folder.path().join(name).join(r"x.*").display().to_string());
        let mut told = Vec::new();
        for place in [inside("nowhere"), inside(""), json!("//nowhere.invalid/share/x.*")] {
            settings["Path"] = place;
            told.push(check(&connection(package), &settings));
        }
        assert!(told.iter().all(Vec::is_empty), "{}: {told:?}", package.identifier);
    }
}

#[test]
fn every_error_names_its_setting_and_what_was_expected() {
    for (package, cast) in implemented() {
        for name in cast.settings.as_object().unwrap().keys() {
            let mut settings = cast.settings.clone();
            settings[name] = json!({"no": "such value"});
            let problems = check(&connection(package), &settings);
            let prefix = format!("Connections.HR.{name}");
            let is_named = |problem: &Problem| {
                problem.severity == Severity::Error && problem.message.starts_with(&prefix) && problem.hint.is_some()
            };
            assert!(problems.iter().any(is_named), "{} {name}: {problems:?}", package.identifier);
        }
    }
}

#[test]
fn an_export_is_complete_and_repeating_it_changes_nothing() {
    for (package, cast) in implemented() {
        let (folder, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        (cast.prepare)(folder.path());
        let connection = connection(package);
        let expected: Vec<_> =
            cast.tables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        for _ in 0..2 {
            let report = export(&request(&connection, &cast.settings, folder.path(), out.path()), &mut |_| {}).unwrap();
            let ExportReport::Done { tables: written, problems, .. } = report else { panic!("{report:?}") };
            assert_eq!(problems, [], "{}", package.identifier);
            assert_eq!(tables(out.path()), expected, "{}", package.identifier);
            let sizes: Vec<u64> = written.iter().map(|table| table.bytes).collect();
            assert_eq!(sizes, expected.iter().map(|(_, text)| text.len() as u64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn packages_that_are_not_implemented_say_so() {
    for package in PACKAGES.iter().filter(|package| !package.is_implemented()) {
        let problems = check(&connection(package), &json!({}));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains(package.display_name) && problems[0].message.contains(package.identifier));
    }
}
