//! `Usercube.CSV`: a CSV file in any encoding and with any separator becomes `<connection>.csv`.

mod copy;
pub(crate) mod decode;

use crate::error::ExportError;
use crate::export::{Driver, ExportRequest, Run};
use crate::settings::{Reader, Settings};
use crate::source::FileSettings;
use provost_model::Problem;
use serde::Serialize;
#[cfg(test)]
use serde_json::Value;

/// The package.
pub(crate) struct Csv;

/// Its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CsvSettings {
    #[serde(flatten)]
    file: FileSettings,
    encoding: String,
    separator: String,
    number_of_lines_to_skip: u64,
    values_to_trim: Vec<String>,
}

const KNOWN: [&str; 7] = [
    FileSettings::KNOWN[0],
    FileSettings::KNOWN[1],
    FileSettings::KNOWN[2],
    "Encoding",
    "Separator",
    "NumberOfLinesToSkip",
    "ValuesToTrim",
];

fn read(settings: Settings<'_>) -> (CsvSettings, Vec<Problem>) {
    let mut reader = Reader::new(settings, &KNOWN);
    let read = CsvSettings {
        file: FileSettings::read(&mut reader),
        encoding: encoding(&mut reader),
        separator: separator(&mut reader),
        number_of_lines_to_skip: reader.count("NumberOfLinesToSkip", 0),
        values_to_trim: reader.texts("ValuesToTrim"),
    };
    (read, reader.problems)
}

fn encoding(reader: &mut Reader<'_>) -> String {
    let Some(name) = reader.text("Encoding") else {
        return "UTF-8".to_owned();
    };
    if decode::encoding(&name).is_none() {
        let expected = "UTF-8, UTF-16, Windows-1252, ISO-8859-15 or another name of the WHATWG encoding standard";
        reader.wrong("Encoding", &format!("\"{name}\" is not a known encoding"), expected);
    }
    name
}

fn separator(reader: &mut Reader<'_>) -> String {
    let Some(text) = reader.text("Separator") else {
        return ",".to_owned();
    };
    // People write the two characters \t in tools that do not unescape.
    let text = if text == "\\t" { "\t".to_owned() } else { text };
    if text.contains(['"', '\r', '\n']) {
        reader.wrong("Separator", "it holds a quote or a line end", "one character such as , or ; or \\t");
    }
    text
}

impl Driver for Csv {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    #[cfg(test)]
    fn effective(&self, settings: Settings<'_>) -> Value {
        serde_json::to_value(read(settings).0).unwrap()
    }

    fn not_launched(&self, request: &ExportRequest<'_>) -> Option<String> {
        let settings = Settings::new(&request.connection.identifier, request.settings);
        read(settings).0.file.not_launched(request)
    }

    fn run(&self, run: &mut Run<'_>) -> Result<(), ExportError> {
        let (settings, _) = read(run.settings());
        let source = settings.file.open(run.request)?;
        run.sources.push(source.path.clone());
        copy::copy(run, &settings, source)
    }
}
