//! A list as CSV or as a workbook: what the list shows, all of its rows.

use super::search::{Search, kind_of_column, seen};
use super::{kind_of, shown};
use crate::web::problem::Problem;
use crate::web::query::{deployed, page_of};
use crate::web::screens::context::Ctx;
use crate::web::screens::model::{Kind, Model};
use crate::web::screens::policy::{is_target, owners_of};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use provost_store::{Catalogue, PageRequest, ReadTx};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::Value;

/// Most rows of one file.
const MOST: usize = 200_000;

/// Rows of a sheet that a spreadsheet can open.
type Lines = Vec<Vec<String>>;

pub(super) async fn csv(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    let (name, lines) = read(&ctx, identifier).await?;
    let mut text = String::from('\u{feff}');
    lines.iter().for_each(|cells| line(&mut text, cells.iter().cloned()));
    Ok(file("text/csv; charset=utf-8", &format!("{name}.csv"), text.into_bytes()))
}

pub(super) async fn xlsx(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    let (name, lines) = read(&ctx, identifier).await?;
    let bytes = ctx.app.blocking(move || workbook(&lines).map_err(|error| Problem::internal(&error))).await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(kind, &format!("{name}.xlsx"), bytes))
}

fn file(kind: &str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// Everything is text there: a formula is none.
fn workbook(lines: &Lines) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory();
    let bold = Format::new().set_bold();
    for (row, cells) in (0..).zip(lines) {
        for (column, cell) in (0..).zip(cells) {
            // A cell holds at most so many letters.
            let cell: String = cell.chars().take(32_767).collect();
            match row {
                0 => sheet.write_string_with_format(row, column, cell, &bold)?,
                _ => sheet.write_string(row, column, cell)?,
            };
        }
    }
    book.save_to_buffer()
}

async fn read(ctx: &Ctx, identifier: String) -> Result<(String, Lines), Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    ctx.app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
            let search = Search::read(&inner, &catalogue, kind)?;
            Ok((kind.identifier.clone(), lines(&inner, tx, &catalogue, (&model, kind), &search)?))
        })
        .await
}

fn lines(
    ctx: &Ctx,
    tx: &mut ReadTx,
    catalogue: &Catalogue,
    (model, kind): (&Model, &Kind),
    search: &Search,
) -> Result<Lines, Problem> {
    let is_target = is_target(model, kind);
    let mut heads = vec![ctx.w.t("resource.name").to_owned()];
    heads.extend(search.columns.iter().map(|column| kind.property_name(&column.name, ctx.w)));
    heads.extend(is_target.then(|| ctx.w.t("list.owner").to_owned()));
    let (mut lines, mut token): (Lines, Option<String>) = (vec![heads], None);
    let seen = seen(ctx, catalogue);
    loop {
        let request = PageRequest { continuation_token: token.as_deref(), ..PageRequest::default() };
        let found = page_of(tx, catalogue, (&kind.identifier, &search.query), &request, &seen)?;
        if lines.len() + found.result.len() > MOST + 1 {
            return Err(too_many());
        }
        let id = |row: &Value| row["Id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let ids: Vec<i64> = if is_target { found.result.iter().map(id).collect() } else { Vec::new() };
        let owners = owners_of(ctx, tx, model, catalogue, &ids)?;
        for (n, row) in found.result.iter().enumerate() {
            let mut cells = vec![row["InternalDisplayName"].as_str().unwrap_or_default().to_owned()];
            let values = search.columns.iter();
            cells.extend(values.map(|c| shown(&row[c.name.as_str()], kind_of_column(kind, &c.name))));
            cells.extend(owners.get(n).map(|owners| {
                owners.iter().map(|owner| format!("{} / {}", owner.name, owner.of)).collect::<Vec<_>>().join("; ")
            }));
            lines.push(cells);
        }
        token = found.continuation_token;
        if token.is_none() {
            return Ok(lines);
        }
    }
}

fn too_many() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many-rows", format!("these are more than {MOST} rows"))
        .hint("narrow the list, or read it in pages through the interface")
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&field(&cell));
    }
    text.push_str("\r\n");
}

/// A field that no spreadsheet takes for a formula.
fn field(cell: &str) -> String {
    let mut letters = cell.chars();
    let is_formula = match letters.next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !letters.all(|c| c.is_ascii_digit() || " .,()/-".contains(c)),
        _ => false,
    };
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_and_formulas_are_text() {
        assert_eq!(field("Okafor, Amara"), "\"Okafor, Amara\"");
        assert_eq!(field("the \"boss\""), "\"the \"\"boss\"\"\"");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("-cmd|x"), "'-cmd|x");
        assert_eq!(field("+33 1 23"), "+33 1 23");
        assert_eq!(field("-5"), "-5");
    }
}
