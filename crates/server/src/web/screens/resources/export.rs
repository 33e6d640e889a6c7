//! A list as CSV: what the list shows, all of its rows.

use super::search::{Search, kind_of_column};
use super::{kind_of, shown};
use crate::web::problem::Problem;
use crate::web::query::{deployed, page};
use crate::web::screens::context::Ctx;
use crate::web::screens::model::Kind;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use provost_store::{Catalogue, PageRequest, ReadTx};

/// Most rows of one file.
const MOST: usize = 200_000;

pub(super) async fn csv(ctx: Ctx, Path(identifier): Path<String>) -> Result<Response, Problem> {
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let written = ctx.app.read(move |tx| {
        let catalogue = inner.app.catalogues().current(tx)?;
        let kind = kind_of(&model, &deployed(&catalogue, &identifier)?)?;
        let search = Search::read(&inner, &catalogue, kind)?;
        Ok((kind.identifier.clone(), written(&inner, tx, &catalogue, kind, &search)?))
    });
    let (name, text) = written.await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}

fn written(ctx: &Ctx, tx: &mut ReadTx, catalogue: &Catalogue, kind: &Kind, search: &Search) -> Result<String, Problem> {
    let heads = search.columns.iter().map(|column| kind.property_name(&column.name, ctx.w));
    let mut text = String::from('\u{feff}');
    line(&mut text, [ctx.w.t("resource.name").to_owned()].into_iter().chain(heads));
    let (mut token, mut rows): (Option<String>, usize) = (None, 0);
    loop {
        let request = PageRequest { continuation_token: token.as_deref(), ..PageRequest::default() };
        let asked = (kind.identifier.as_str(), &search.query);
        let found = page(tx, catalogue, &ctx.principal, &ctx.permitted, asked, &request)?;
        rows += found.result.len();
        if rows > MOST {
            return Err(too_many());
        }
        for row in &found.result {
            let name = row["InternalDisplayName"].as_str().unwrap_or_default().to_owned();
            let cells = search.columns.iter().map(|c| shown(&row[c.name.as_str()], kind_of_column(kind, &c.name)));
            line(&mut text, [name].into_iter().chain(cells));
        }
        token = found.continuation_token;
        if token.is_none() {
            return Ok(text);
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
