//! Regular expressions. Their patterns are compiled with the body.

use super::arguments::required;
use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, field, refuse, span};
use crate::expression::program::body::limits::MAX_PATTERN;
use crate::expression::program::body::node::{Piece, RegexCall, RegexOperation};
use regex::{Regex, RegexBuilder};

/// A regular expression of the code.
#[derive(Clone)]
pub(super) struct Known {
    regex: Regex,
    /// Its groups in the order in which C# numbers them, with their names.
    groups: Box<[usize]>,
    names: Box<[Option<Box<str>>]>,
}

impl Lowerer<'_> {
    /// `new Regex("pattern", options)`
    pub(super) fn regex_creation(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(field(node, "arguments")?)?;
        let Some((pattern, options)) = given.split_first() else {
            return refuse(node, "a pattern is missing", "write new Regex(\"…\")");
        };
        let known = self.pattern_of(*pattern, options.first().copied())?;
        self.regexes.push(known);
        Ok(Typed::new(Kind::Null, span(node), Type::Regex(self.regexes.len() - 1)))
    }

    /// `Regex.IsMatch(text, pattern, options)` and the like.
    pub(super) fn static_regex(&mut self, method: &str, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let count = if method == "Replace" { 3 } else { 2 };
        if given.len() < count || given.len() > count + 1 {
            let remedy = match method {
                "Replace" => "write Regex.Replace(text, \"pattern\", \"replacement\")".to_owned(),
                _ => format!("write Regex.{method}(text, \"pattern\")"),
            };
            return refuse(arguments, format!("Regex.{method} cannot be called like this"), remedy);
        }
        let known = self.pattern_of(given[1], given.get(count).copied())?;
        self.regex_operation(method, known, given[0], given.get(2).copied().filter(|_| count == 3), node)
    }

    /// `regex.IsMatch(text)` and the like.
    pub(super) fn regex_call(
        &mut self,
        position: usize,
        name: Tree<'_>,
        arguments: Tree<'_>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let method = self.text(name);
        let count = match method {
            "IsMatch" | "Match" | "Matches" | "Split" => 1,
            "Replace" => 2,
            _ => {
                return self.no_method(
                    &Type::Regex(position),
                    name,
                    &["IsMatch", "Match", "Matches", "Replace", "Split"],
                );
            }
        };
        let given = self.given(arguments)?;
        let (true, Some(known)) = (given.len() == count, self.regexes.get(position).cloned()) else {
            let remedy =
                if count == 1 { format!("write {method}(text)") } else { format!("write {method}(text, \"…\")") };
            return refuse(arguments, format!("{method} cannot be called like this"), remedy);
        };
        self.regex_operation(method, known, given[0], given.get(1).copied(), node)
    }

    fn regex_operation(
        &mut self,
        method: &str,
        known: Known,
        input: Tree<'_>,
        replacement: Option<Tree<'_>>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let typed = self.expr(input)?;
        let input = required(self.assignable(input, typed, &Type::Text)?);
        let (operation, ty) = match method {
            "IsMatch" => (RegexOperation::IsMatch, Type::Bool),
            "Match" => (RegexOperation::Match, Type::Match),
            "Matches" => (RegexOperation::Matches, Type::List(Box::new(Type::Match))),
            "Replace" => (RegexOperation::Replace, Type::Text),
            _ => (RegexOperation::Split, Type::List(Box::new(Type::Text))),
        };
        let replacement = match replacement {
            Some(replacement) => self.replacement(replacement, &known)?,
            None => Vec::new(),
        };
        let Known { regex, groups, names } = known;
        let call = RegexCall { operation, regex, groups, names, input, replacement: replacement.into() };
        Ok(Typed::new(Kind::Regex(Box::new(call)), span(node), ty))
    }

    fn pattern_of(&mut self, node: Tree<'_>, options: Option<Tree<'_>>) -> Lowered<Known> {
        let typed = self.expr(node)?;
        let Some(pattern) = self.known_text(&typed.node) else {
            return refuse(node, "the pattern must be known beforehand", "write it between quotes");
        };
        let options = match options {
            Some(options) => match self.expr(options)? {
                Typed { node: Node { kind: Kind::Int(value), .. }, ty: Type::RegexOptions } => value,
                _ => {
                    return refuse(
                        options,
                        "options of the regular expression are needed here",
                        "write RegexOptions.IgnoreCase",
                    );
                }
            },
            None => 0,
        };
        if pattern.contains("-[") {
            return refuse(
                node,
                "classes without some characters, such as [a-z-[aeiou]], are not supported",
                "write all that fits",
            );
        }
        let built = RegexBuilder::new(&pattern)
            .case_insensitive(options & 1 != 0)
            .multi_line(options & 2 != 0)
            .dot_matches_new_line(options & 16 != 0)
            .ignore_whitespace(options & 32 != 0)
            .size_limit(MAX_PATTERN)
            .dfa_size_limit(MAX_PATTERN)
            .nest_limit(50)
            .build();
        match built {
            Ok(regex) => {
                // C# numbers the groups without name first.
                let names: Vec<Option<&str>> = regex.capture_names().collect();
                let without = (0..names.len()).filter(|group| names[*group].is_none());
                let with = (0..names.len()).filter(|group| names[*group].is_some());
                let groups: Box<[usize]> = without.chain(with).collect();
                let names = groups.iter().map(|group| names[*group].map(Box::from)).collect();
                Ok(Known { regex, groups, names })
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                refuse(node, "the regular expression is too large", "repeat less: {1,20} and not {1,100000}")
            }
            Err(error) => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let remedy = if last.contains("look-around") || last.contains("backreference") {
                    "regular expressions run in linear time here, which look-around and back-references do not; capture groups, and compare them in the code"
                } else {
                    "correct the pattern"
                };
                refuse(node, format!("the regular expression cannot be used: {last}"), remedy)
            }
        }
    }

    /// `$1`, `${name}`, `$$`, `$&` and text.
    fn replacement(&mut self, node: Tree<'_>, known: &Known) -> Lowered<Vec<Piece>> {
        let typed = self.expr(node)?;
        if typed.ty != Type::Text {
            return refuse(node, "a replacement is a string", "write \"…\"");
        }
        let Some(template) = self.known_text(&typed.node) else {
            return Ok(vec![Piece::Computed(required(typed.node))]);
        };
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template.as_str();
        while let Some(dollar) = rest.find('$') {
            text.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            let (group, length) = group_of(after, known);
            match group {
                Some(group) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text).into()));
                    pieces.push(Piece::Group(group));
                }
                // `$$` is a dollar, and so is one that names no group.
                None => text.push('$'),
            }
            rest = &after[length..];
        }
        text.push_str(rest);
        pieces.push(Piece::Text(text.into()));
        Ok(pieces)
    }
}

/// The group that is named after a dollar, and how long its name is.
fn group_of(after: &str, known: &Known) -> (Option<usize>, usize) {
    let exists = |number: usize| known.groups.get(number).copied();
    if after.starts_with('$') {
        return (None, 1);
    }
    if after.starts_with('&') {
        return (Some(0), 1);
    }
    if let Some((name, _)) = after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        let by_name = known.names.iter().position(|known| known.as_deref() == Some(name));
        let group = by_name.or_else(|| name.parse().ok()).and_then(exists);
        return (group, if group.is_some() { name.len() + 2 } else { 0 });
    }
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    // The longest number that names a group.
    for length in (1..=digits.min(3)).rev() {
        if let Some(group) = after[..length].parse().ok().and_then(exists) {
            return (Some(group), length);
        }
    }
    (None, 0)
}
