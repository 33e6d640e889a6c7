//! `provost check-expressions`: every expression of a configuration, and what became of it.

use super::Run;
use super::options::FormatOption;
use crate::configuration::read_files;
use crate::context::Context;
use crate::expressions::describe;
use crate::output::table::Table;
use crate::output::{Format, print};
use crate::report::{Exit, Report, problems};
use crate::repository::{items, metadata, open};
use clap::Args;
use provost_model::Problem;
use provost_model::configuration::{Item, parse};
use provost_model::metadata::Metadata;
use provost_pipeline::expression::catalogue::{self, Found};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Compile every expression and binding of a configuration, and list what each gives and reads: docs/expressions.md
///
/// Without DIR, those of the deployed configuration. Exit code 4: some cannot be used.
#[derive(Args, Debug)]
pub(crate) struct CheckExpressions {
    /// Folder of the configuration files
    dir: Option<PathBuf>,

    /// List those that cannot be used only
    #[arg(long)]
    errors: bool,

    #[command(flatten)]
    format: FormatOption,
}

impl Run for CheckExpressions {
    const NAME: &'static str = "check-expressions";
    const EXAMPLES: &'static str = "\
Examples:
  provost check-expressions demo/Conf
  provost check-expressions --errors --format json";

    fn run(self, context: &Context) -> Result<Exit, Report> {
        let (items, metadata, files) = match &self.dir {
            Some(dir) => {
                let files = read_files(dir)?;
                let parsed = parse(&files);
                let metadata = catalogue::undeployed(parsed.configuration);
                (parsed.items, metadata, files)
            }
            None => {
                let (_, store) = open(context)?;
                let (items, metadata) = store.read(|tx| Ok::<_, Report>((items(tx)?, metadata(tx)?)))?;
                (items, metadata, Vec::new())
            }
        };
        self.show(context, &items, &metadata, &files)
    }
}

impl CheckExpressions {
    fn show(
        &self,
        context: &Context,
        items: &[Item],
        metadata: &Metadata,
        files: &[(String, String)],
    ) -> Result<Exit, Report> {
        let mut found = catalogue::compile(items, metadata);
        let wrong: Vec<Problem> = crate::expressions::of(&found, files);
        if self.errors {
            found.retain(|found| found.program.is_err());
        }
        match self.format.format {
            Format::Json => print(&format!("{:#}\n", as_json(&found, &wrong, metadata)))?,
            format => {
                let mut table = Table::new(["Expression", "Attribute", "Of", "Gives", "Reads"]);
                for one in &found {
                    table.row(row(one, metadata));
                }
                print(&table.render(format, &context.stdout))?;
                if format == Format::Table {
                    print(&problems(&wrong, &context.stdout))?;
                }
            }
        }
        Ok(if wrong.is_empty() { Exit::Done } else { Exit::Data })
    }
}

fn row(found: &Found<'_>, metadata: &Metadata) -> [Value; 5] {
    let (gives, reads) = match &found.program {
        Ok(program) => {
            let start = metadata.entity_types.iter().position(|t| t.identifier == found.entity_type);
            (program.type_name().to_owned(), describe(metadata, start.unwrap_or_default(), program))
        }
        Err(error) => (format!("error: {error}"), String::new()),
    };
    [found.path.as_str().into(), found.attribute.into(), found.entity_type.as_str().into(), gives.into(), reads.into()]
}

fn as_json(found: &[Found<'_>], wrong: &[Problem], metadata: &Metadata) -> Value {
    let expressions = found.iter().map(|found| {
        let [path, attribute, entity_type, gives, reads] = row(found, metadata);
        json!({
            "expression": path,
            "attribute": attribute,
            "entityType": entity_type,
            "text": found.text,
            "gives": gives,
            "reads": reads,
            "valid": found.program.is_ok(),
        })
    });
    json!({ "expressions": expressions.collect::<Vec<_>>(), "problems": wrong })
}
