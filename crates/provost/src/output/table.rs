//! Rows under headings, written as an aligned table, as CSV or as JSON.

use super::Format;
use crate::terminal::{Terminal, cut, printable, width};
use anstyle::Style;
use serde_json::{Map, Value};

/// Columns between two cells.
const GAP: usize = 2;
/// Narrowest a column is cut to.
const NARROWEST: usize = 8;

/// Rows under headings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// An empty table with these headings.
    pub fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Table {
        Table { headings: headings.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row, one value per heading. Null is shown as nothing.
    pub fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.rows.push(values.into_iter().collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The whole table in a format, ending with a line feed.
    pub fn render(&self, format: Format, terminal: &Terminal) -> String {
        match format {
            Format::Table => self.aligned(terminal),
            Format::Csv => self.csv(),
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    /// Aligned columns; numbers to the right. Only a terminal has its long cells cut: elsewhere nothing is lost.
    pub fn aligned(&self, terminal: &Terminal) -> String {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|value| printable(&text(value), 0)).collect()).collect();
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| width(heading)).collect();
        for row in &cells {
            for (column, cell) in row.iter().enumerate() {
                widths[column] = widths[column].max(width(cell));
            }
        }
        if terminal.interactive {
            narrow(&mut widths, terminal.width);
        }
        let right: Vec<bool> = (0..widths.len()).map(|column| self.is_number(column)).collect();
        let headings: Vec<String> = self.headings.clone();
        let mut out = line(&headings, &widths, &right, |cell| terminal.paint(Style::new().bold(), cell));
        for row in &cells {
            out.push_str(&line(row, &widths, &right, str::to_owned));
        }
        out
    }

    fn is_number(&self, column: usize) -> bool {
        let mut values = self.rows.iter().filter_map(|row| row.get(column)).filter(|v| !v.is_null()).peekable();
        values.peek().is_some() && values.all(Value::is_number)
    }

    /// The engine's CSV: UTF-8, commas, line feeds, a field quoted only where it must be.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let mut record = |fields: &mut dyn Iterator<Item = String>| {
            let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
            // A record of one empty field would be a blank line, which readers skip.
            let empty = fields.len() == 1 && fields[0].is_empty();
            out.push_str(if empty { "\"\"" } else { "" });
            out.push_str(&fields.join(","));
            out.push('\n');
        };
        record(&mut self.headings.iter().cloned());
        for row in &self.rows {
            record(&mut row.iter().map(text));
        }
        out
    }

    /// A table as Markdown has it, ending with a line feed; numbers to the right.
    pub fn markdown(&self) -> String {
        let record = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let cell = |value: &Value| printable(&text(value), 0).replace('|', "\\|").replace(['\r', '\n'], " ");
        let rules: Vec<String> = (0..self.headings.len())
            .map(|column| if self.is_number(column) { "---:" } else { "---" }.to_owned())
            .collect();
        let rows = self.rows.iter().map(|row| record(&row.iter().map(cell).collect::<Vec<_>>()));
        format!("{}{}{}", record(&self.headings), record(&rules), rows.collect::<String>())
    }

    /// A list with one object per row.
    pub fn json(&self) -> Value {
        let object = |row: &Vec<Value>| {
            Value::Object(self.headings.iter().cloned().zip(row.iter().cloned()).collect::<Map<_, _>>())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn quoted(field: &str) -> String {
    let blank = |c: char| c == ' ' || c == '\t';
    let must = field.contains([',', '"', '\r', '\n']) || field.starts_with(blank) || field.ends_with(blank);
    if must { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

/// Takes from the widest columns until the table fits, or no column can give any more.
fn narrow(widths: &mut [usize], limit: usize) {
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    while total(widths) > limit {
        let Some(widest) = widths.iter_mut().max() else {
            return;
        };
        if *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
    }
}

fn line(cells: &[String], widths: &[usize], right: &[bool], paint: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for (column, cell) in cells.iter().enumerate() {
        let cell = cut(cell, widths[column]);
        let blank = " ".repeat(widths[column] - width(&cell));
        let last = column + 1 == cells.len();
        match right[column] {
            true => out.push_str(&format!("{blank}{}", paint(&cell))),
            false if last => out.push_str(&paint(&cell)),
            false => out.push_str(&format!("{}{blank}", paint(&cell))),
        }
        if !last {
            out.push_str(&" ".repeat(GAP));
        }
    }
    let mut out = out.trim_end().to_owned();
    out.push('\n');
    out
}

/// A count as people read it: `1,100,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Table {
        let mut table = Table::new(["Name", "Rows", "Remark"]);
        table.row([json!("HR_Person"), json!(12), json!("says \"hi\", twice")]);
        table.row([json!("人事"), json!(1234), Value::Null]);
        table.row([json!(" x"), Value::Null, json!("line\nbreak")]);
        table
    }

    #[test]
    fn columns_align_whatever_the_script() {
        insta::assert_snapshot!(sample().aligned(&Terminal::plain()), @r#"
        Name       Rows  Remark
        HR_Person    12  says "hi", twice
        人事       1234
         x               line�break
        "#);
    }

    #[test]
    fn csv_quotes_only_what_it_must() {
        insta::assert_snapshot!(sample().csv(), @r#"
        Name,Rows,Remark
        HR_Person,12,"says ""hi"", twice"
        人事,1234,
        " x",,"line
        break"
        "#);
        let mut single = Table::new(["a"]);
        single.row([Value::Null]);
        assert_eq!(single.csv(), "a\n\"\"\n");
    }

    #[test]
    fn json_keeps_numbers_and_nulls() {
        insta::assert_snapshot!(sample().json(), @r#"[{"Name":"HR_Person","Rows":12,"Remark":"says \"hi\", twice"},{"Name":"人事","Rows":1234,"Remark":null},{"Name":" x","Rows":null,"Remark":"line\nbreak"}]"#);
    }

    #[test]
    fn only_a_terminal_cuts_long_cells() {
        let mut table = Table::new(["Id", "Value"]);
        table.row([json!(1), json!("x".repeat(200))]);
        assert!(table.aligned(&Terminal::plain()).contains(&"x".repeat(200)));
        let terminal = Terminal { interactive: true, width: 40, ..Terminal::plain() };
        let shown = table.aligned(&terminal);
        assert_eq!(shown.lines().map(width).max(), Some(40));
        assert!(shown.trim_end().ends_with("x…"));
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        let shown = [0, 999, 1000, 1_100_000].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,100,000"]);
    }

    proptest::proptest! {
        #[test]
        fn every_line_is_no_wider_than_its_terminal(cells in proptest::collection::vec("[a-zé人\t ]{0,60}", 3), columns in 40usize..120) {
            let mut table = Table::new(["A", "B", "C"]);
            table.row(cells.into_iter().map(Value::from));
            let terminal = Terminal { interactive: true, width: columns, ..Terminal::plain() };
            for line in table.aligned(&terminal).lines() {
                proptest::prop_assert!(width(line) <= columns);
            }
        }
    }
}
