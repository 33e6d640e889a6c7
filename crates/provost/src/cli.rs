//! From the words of the command line to a verb.

use crate::context::{Context, Global};
use crate::logging;
use crate::names;
use crate::report::{Exit, Kind, Report};
use crate::terminal::Terminal;
use crate::verbs::{VERBS, Verb};
use clap::{Args, Command, FromArgMatches};
use std::ffi::OsString;
use std::process::ExitCode;

const ABOUT: &str = "Identity governance engine: who should have what access, and making it so";

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 error, 2 usage (arguments, home or settings), 3 blocked by a safeguard, 4 data
problems (a configuration with errors, or a run that is done but had to set rows aside).

First steps:
  provost init demo                                       make a home folder
  provost deploy-configuration -d demo/Conf --home demo   put a configuration into force
  provost sync-up --connector HR --mode initial --home demo

Called under the name of an original executable, through a link named Usercube-Prepare-Synchronization
say, the program behaves as that verb.";

/// Short options of several letters that the original executables print, and long options with one dash.
const REWRITTEN: &[(&str, &str)] = &[("-force", "--force"), ("-bi", "--force-bindings")];

/// The whole command line.
pub fn command() -> Command {
    let command = Command::new("provost")
        .version(env!("CARGO_PKG_VERSION"))
        .max_term_width(110)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true);
    // The comment of `Global` would be taken for what the program is about.
    Global::augment_args(command).about(ABOUT).after_help(AFTER_HELP).subcommands(VERBS.iter().map(Verb::command))
}

/// Runs the process: parses the words, runs the verb, renders what went wrong.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    // The panic itself is printed by the standard hook, with its place.
    let outcome = std::panic::catch_unwind(|| dispatch(words)).unwrap_or_else(|_| Err(defect()));
    let exit = outcome.unwrap_or_else(|report| {
        eprint!("{}", report.render(&Terminal::stderr()));
        report.exit()
    });
    exit.into()
}

fn defect() -> Report {
    Report::new(Kind::Error, "internal", "the program stopped at a defect of its own; nothing was half applied")
        .hint("please report it, with the lines above and the command")
}

fn dispatch(words: Vec<OsString>) -> Result<Exit, Report> {
    let mut words = words.into_iter();
    let executable = words.next().unwrap_or_else(|| "provost".into());
    let alias = names::verb_of(&executable.to_string_lossy())?;
    let start = [OsString::from("provost")].into_iter().chain(alias.map(OsString::from));
    execute(start.chain(words.map(rewritten)).collect())
}

fn rewritten(word: OsString) -> OsString {
    REWRITTEN.iter().find(|(old, _)| word == *old).map_or(word, |(_, new)| OsString::from(new))
}

fn execute(words: Vec<OsString>) -> Result<Exit, Report> {
    let matches = match command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return Ok(explain(&error)),
    };
    let global = Global::from_arg_matches(&matches).map_err(|error| unread(&error))?;
    let context = Context::new(global);
    let settings = context.open_settings().ok();
    let level = context.global.log_level.or_else(|| settings.as_ref().map(|settings| settings.log_level));
    logging::start(level.unwrap_or_default(), settings.is_some_and(|settings| settings.serving.json_logs));
    let (name, matches) = matches.subcommand().ok_or_else(|| Report::usage("no-verb", "no verb is given"))?;
    let verb = VERBS.iter().find(|verb| verb.name == name);
    verb.ok_or_else(|| Report::usage("no-verb", format!("there is no verb {name}")))?.run(matches, &context)
}

/// Prints help, the version or what is wrong with the words; clap knows which stream each belongs to.
fn explain(error: &clap::Error) -> Exit {
    // A closed stream leaves nobody to tell.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

/// Words that the parser accepted but a verb's structure does not hold: a slip of ours in its definition.
pub(crate) fn unread(error: &clap::Error) -> Report {
    Report::usage("arguments", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_has_help_and_examples() {
        for verb in VERBS {
            let command = verb.command();
            assert!(command.get_about().is_some(), "{} says what it is for", verb.name);
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.starts_with("Examples:\n") && after.contains("provost "), "{} has examples", verb.name);
            assert_eq!(command.get_name(), verb.name);
        }
    }

    #[test]
    fn every_example_is_understood() {
        for verb in VERBS {
            let after = verb.command().get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines().map(str::trim).filter(|line| line.starts_with("provost ")) {
                let words = words_of(line.split("   ").next().unwrap());
                let words = words.iter().take_while(|word| *word != ">" && *word != "<");
                assert!(command().try_get_matches_from(words).is_ok(), "{line}");
            }
        }
    }

    /// Words of a shell line, where quotes of either kind keep blanks, and quotes of the other kind, together.
    fn words_of(line: &str) -> Vec<String> {
        let (mut words, mut word, mut open) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match open {
                Some(quote) if c == quote => open = None,
                None if c == '"' || c == '\'' => open = Some(c),
                None if c == ' ' => words.push(std::mem::take(&mut word)),
                _ => word.push(c),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }
}
