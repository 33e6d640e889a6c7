//! `Usercube.Excel`: each sheet of an XLSX workbook becomes `<connection>_<index>.csv`.

mod cell;
mod sheet;

use crate::error::ExportError;
use crate::export::{Driver, ExportRequest, Run};
use crate::settings::{Reader, Settings};
use crate::source::{FileSettings, Source};
use calamine::{Reader as _, SheetType, Xlsx};
use provost_model::{Problem, Severity};
use serde::Serialize;
#[cfg(test)]
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;

/// The package.
pub(crate) struct Excel;

/// Its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ExcelSettings {
    #[serde(flatten)]
    file: FileSettings,
    values_to_trim: Vec<String>,
    sheet_options: Vec<SheetOptions>,
}

/// Settings of one sheet; sheets without an item are exported from their first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SheetOptions {
    sheet_ignored: bool,
    number_of_lines_to_skip: u64,
}

const KNOWN: [&str; 5] =
    [FileSettings::KNOWN[0], FileSettings::KNOWN[1], FileSettings::KNOWN[2], "ValuesToTrim", "SheetOptions"];

fn read(settings: Settings<'_>) -> (ExcelSettings, Vec<Problem>) {
    let mut reader = Reader::new(settings, &KNOWN);
    let read = ExcelSettings {
        file: FileSettings::read(&mut reader),
        values_to_trim: reader.texts("ValuesToTrim"),
        sheet_options: sheet_options(&mut reader),
    };
    (read, reader.problems)
}

fn sheet_options(reader: &mut Reader<'_>) -> Vec<SheetOptions> {
    let items = reader.items("SheetOptions");
    let read = |item: &mut Reader<'_>| SheetOptions {
        sheet_ignored: item.required_flag("SheetIgnored"),
        number_of_lines_to_skip: item.count("NumberOfLinesToSkip", 0),
    };
    let known = ["SheetIgnored", "NumberOfLinesToSkip"];
    items.into_iter().map(|(name, value)| reader.item(&name, value, read, &known)).collect()
}

impl Driver for Excel {
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
        let mut workbook = open(&source)?;
        let sheets = workbook.sheets_metadata().to_vec();
        run.problems.extend(too_many_options(&settings, sheets.len(), &source));
        for (index, sheet) in sheets.iter().enumerate() {
            let listed = settings.sheet_options.get(index);
            if listed.is_some_and(|options| options.sheet_ignored) {
                continue;
            }
            if sheet.typ == SheetType::WorkSheet {
                let of = sheet::Sheet { index, name: &sheet.name, options: listed.copied() };
                sheet::export(run, &mut workbook, &source, &of, &settings.values_to_trim)?;
            } else {
                let message = format!("{}: sheet \"{}\" holds no table", source.path.display(), sheet.name);
                run.problems.push(Problem::new("sheet-without-table", Severity::Note, message));
            }
        }
        source.unchanged()
    }
}

type Workbook = Xlsx<BufReader<File>>;

/// Opens the workbook. Its shared texts are held in memory, its cells are read one by one.
fn open(source: &Source) -> Result<Workbook, ExportError> {
    Xlsx::new(BufReader::new(source.handle()?)).map_err(|error| broken(source, &error))
}

fn broken(source: &Source, error: &calamine::XlsxError) -> ExportError {
    ExportError::Workbook { path: source.path.clone(), detail: error.to_string() }
}

fn too_many_options(settings: &ExcelSettings, sheets: usize, source: &Source) -> Option<Problem> {
    let options = settings.sheet_options.len();
    let message =
        format!("{}: SheetOptions has {options} items, but the workbook {sheets} sheets", source.path.display());
    let hint = "items belong to sheets by position; check that no sheet was removed";
    (options > sheets).then(|| Problem::new("sheet-options", Severity::Warning, message).hint(hint))
}
