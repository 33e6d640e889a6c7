//! `provost query`: the query language, from the command line.

use super::Run;
use super::options::FormatOption;
use crate::context::Context;
use crate::output::summary::argument;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report};
use crate::repository::open;
use clap::Args;
use provost_model::query::Query as Parsed;
use provost_store::{PageRequest, QueryFailure, QueryPage, Restrictions};
use serde_json::{Map, Value};

/// Ask the repository a question in the query language: docs/queries.md
#[derive(Args, Debug)]
pub(crate) struct Query {
    /// The query: join … select … where … order by …; without one, the id of every row
    #[arg(value_name = "QUERY", default_value = "")]
    query: String,

    /// Entity type whose rows are wanted, deployed or of the engine: Connector, SynchronizeSession, …
    #[arg(long, value_name = "IDENTIFIER")]
    entity_type: String,

    /// Rows of a page (default: the limit in the query, else DefaultPageSize of the settings)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,

    /// Continue where the page before ended, as it told
    #[arg(long, value_name = "TOKEN")]
    continuation_token: Option<String>,

    #[command(flatten)]
    format: FormatOption,
}

impl From<QueryFailure> for Report {
    fn from(failure: QueryFailure) -> Report {
        match failure {
            QueryFailure::Store(error) => Report::from(error),
            other => Report::usage(other.code(), other.to_string()).hint(other.remedy()),
        }
    }
}

impl Run for Query {
    const NAME: &'static str = "query";
    const EXAMPLES: &'static str = "\
Examples:
  provost query --entity-type HR_Person \"select Identifier, Department.Label where LastName %= \\\"mar\\\"\"
  provost query --entity-type EntityType \"join Properties p select Identifier, p.Identifier\" --format json
  provost query --entity-type SynchronizeSession \"select Mode, State order by Sequence desc\" --page-size 5";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let query = Parsed::parse(&self.query)
            .map_err(|error| Report::usage("query-syntax", error.to_string()).hint(error.hint()))?;
        let (settings, store) = open(context)?;
        if let Some(wanted) = self.page_size {
            settings.page_size(Some(wanted))?;
        }
        let request = PageRequest {
            page_size: self.page_size,
            default_page_size: Some(settings.default_page_size),
            max_page_size: Some(settings.max_page_size),
            continuation_token: self.continuation_token.as_deref(),
        };
        let page = store.read(|tx| {
            let catalogue = tx.catalogue()?;
            tx.query(&catalogue, &self.entity_type, &query, &request, &Restrictions::none()).map_err(Report::from)
        })?;
        self.print(context, page)?;
        Ok(Exit::Done)
    }
}

impl Query {
    fn print(&self, context: &Context, page: QueryPage) -> Result<(), Report> {
        let next = page.next.map(|token| token.to_string());
        if self.format.format == Format::Json {
            let mut result = Map::from_iter([("Result".to_owned(), Value::from(page.rows))]);
            result.extend(next.map(|token| ("ContinuationToken".to_owned(), Value::from(token))));
            return print(&format!("{:#}\n", Value::Object(result)));
        }
        let mut table = Table::new(page.columns.iter().map(|path| path.join(".")));
        for row in &page.rows {
            table.row(page.columns.iter().map(|path| cell(row, path)));
        }
        print(&table.render(self.format.format, &context.stdout))?;
        if let Some(next) = next {
            eprintln!("There are more. To continue, add: --continuation-token {}", argument(&next));
        }
        Ok(())
    }
}

/// The value at a path; of several, all that there are, between commas.
fn cell(value: &Value, path: &[String]) -> Value {
    match (value, path.split_first()) {
        (Value::Array(list), Some(_)) => {
            let cells = list.iter().map(|inner| cell(inner, path)).filter(|inner| !inner.is_null());
            let texts: Vec<String> =
                cells.map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect();
            Value::from(texts.join(", "))
        }
        (inner, Some((name, rest))) => inner.get(name).map_or(Value::Null, |inner| cell(inner, rest)),
        (inner, None) => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;
    use serde_json::{Value, json};

    #[test]
    fn values_are_found_inside_lists() {
        let row = json!({"A": {"B": 1}, "L": [{"X": "a"}, {}, {"X": "b"}], "E": []});
        let at = |path: &[&str]| cell(&row, &path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(at(&["A", "B"]), json!(1));
        assert_eq!(at(&["A", "C"]), Value::Null);
        assert_eq!(at(&["L", "X"]), json!("a, b"));
        assert_eq!(at(&["E", "X"]), json!(""));
    }
}
