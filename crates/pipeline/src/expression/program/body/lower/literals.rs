//! Literals, texts with values in them, and things made with `new`.

use super::arguments::is_scalar;
use super::{Kind, Lowered, Lowerer, Node, Refusal, Tree, Type, Typed, children, field, only, refuse, span};
use crate::expression::pattern::DatePattern;
use crate::expression::program::body::node::{Form, Format, Span};
use crate::expression::program::body::run::number::Picture;
use crate::expression::program::body::run::{dates, texts};

/// Widest alignment of a value in a text.
const MAX_WIDTH: i32 = 1000;

impl Lowerer<'_> {
    pub(super) fn literal(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let at = span(node);
        let text = self.text(node);
        let (kind, ty) = match node.kind() {
            "null_literal" => (Kind::Null, Type::Null),
            "boolean_literal" => (Kind::Bool(text == "true"), Type::Bool),
            "integer_literal" => return self.integer(node, text),
            "real_literal" => match text.trim_end_matches(['d', 'D', 'f', 'F']).replace('_', "").parse::<f64>() {
                Ok(number) if number.is_finite() => (Kind::Double(number), Type::Double),
                _ => return refuse(node, "this number cannot be used", "write a double such as 0.5"),
            },
            "verbatim_string_literal" => {
                let inner = text.get(2..text.len().saturating_sub(1)).unwrap_or_default();
                (Kind::Text(inner.replace("\"\"", "\"").into()), Type::Text)
            }
            "raw_string_literal" => (Kind::Text(self.raw(node)?.into()), Type::Text),
            "character_literal" => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                let decoded = unescape(inner, at)?;
                let mut letters = decoded.chars();
                match (letters.next(), letters.next()) {
                    (Some(c), None) if c.len_utf16() == 1 => (Kind::Char(c), Type::Char),
                    _ => return refuse(node, "this is not one character", "write it between double quotes"),
                }
            }
            "string_literal" => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
                (Kind::Text(unescape(inner, at)?.into()), Type::Text)
            }
            _ => return self.interpolated(node),
        };
        Ok(Typed::new(kind, at, ty))
    }

    fn raw(&self, node: Tree<'_>) -> Lowered<String> {
        match children(node).iter().find(|child| child.kind() == "raw_string_content") {
            Some(content) if !self.text(*content).contains('\n') => Ok(self.text(*content).to_owned()),
            _ => refuse(node, "a raw text of several lines is not allowed", "write \\n in a usual text"),
        }
    }

    fn integer(&mut self, node: Tree<'_>, text: &str) -> Lowered<Typed> {
        let plain = text.replace('_', "").to_ascii_lowercase();
        let digits = plain.trim_end_matches(['l', 'u']);
        let number = match (digits.strip_prefix("0x"), digits.strip_prefix("0b")) {
            (Some(hex), _) => i64::from_str_radix(hex, 16),
            (_, Some(binary)) => i64::from_str_radix(binary, 2),
            _ => digits.parse(),
        };
        let (kind, ty) = match number {
            Ok(number) => match i32::try_from(number) {
                Ok(small) if !plain.ends_with('l') => (Kind::Int(small), Type::Int),
                _ => (Kind::Long(number), Type::Long),
            },
            Err(_) => return refuse(node, "this number is too large", "write a number of 64 bits at most"),
        };
        Ok(Typed::new(kind, span(node), ty))
    }

    /// `$"{value,width:format}"`
    fn interpolated(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let verbatim = self.text(node).starts_with("$@") || self.text(node).starts_with("@$");
        let mut parts = Vec::new();
        for child in children(node) {
            let at = span(child);
            match child.kind() {
                "interpolation" => parts.push(self.interpolation(child)?),
                "string_content" | "escape_sequence" => {
                    let paired = self.text(child).replace("{{", "").replace("}}", "");
                    if paired.contains(['{', '}']) {
                        let message = "a brace stands beside a value, which cannot be told apart";
                        return refuse(child, message, "write the brace as a value: {\"{\"}");
                    }
                    let text = self.text(child).replace("{{", "{").replace("}}", "}");
                    let text = if verbatim { text.replace("\"\"", "\"") } else { unescape(&text, at)? };
                    parts.push(Node::new(Kind::Text(text.into()), at));
                }
                _ => {}
            }
        }
        Ok(Typed::new(Kind::Concat(parts.into()), span(node), Type::Text))
    }

    fn interpolation(&mut self, node: Tree<'_>) -> Lowered<Node> {
        let mut value = None;
        let (mut width, mut format) = (0, None);
        for child in children(node) {
            match child.kind() {
                "interpolation_brace" => {}
                "interpolation_alignment_clause" => {
                    let text = self.text(child).trim_start_matches(',').trim();
                    width = self.width(child, text)?;
                }
                "interpolation_format_clause" => {
                    format = Some((child, self.text(child).trim_start_matches(':').to_owned()));
                }
                _ => value = Some((child, self.expr(child)?)),
            }
        }
        let Some((value_node, value)) = value else {
            return refuse(node, "a value is missing between the braces", "write {value}");
        };
        let (format_node, format) = format.unwrap_or((value_node, String::new()));
        self.shown(value, value_node, width, &format, format_node)
    }

    fn width(&self, node: Tree<'_>, text: &str) -> Lowered<i32> {
        match text.parse::<i32>() {
            Ok(width) if width.abs() <= MAX_WIDTH => Ok(width),
            _ => refuse(node, format!("\"{text}\" is no width"), format!("write a number up to {MAX_WIDTH}")),
        }
    }

    /// A value as part of a text.
    fn shown(
        &mut self,
        value: Typed,
        node: Tree<'_>,
        width: i32,
        format: &str,
        format_node: Tree<'_>,
    ) -> Lowered<Node> {
        let at = value.node.at;
        if !is_scalar(&value.ty) && !matches!(value.ty, Type::Null | Type::Match | Type::Group) {
            let message = format!("{} has no text", self.one(&value.ty));
            return refuse(node, message, "name one of its properties, or call string.Join");
        }
        let value = self.named(value);
        if width == 0 && format.is_empty() {
            return Ok(value.node);
        }
        let form = self.form(&value.ty, format, format_node)?;
        Ok(Node::new(Kind::Format(Box::new(Format { value: value.node, width, form })), at))
    }

    /// Days of the week and groups of a match become their text.
    pub(super) fn named(&mut self, value: Typed) -> Typed {
        let at = value.node.at;
        let run: crate::expression::program::body::run::Run = match value.ty {
            Type::DayOfWeek => dates::day_name,
            Type::Group => crate::expression::program::body::run::patterns::value,
            _ => return value,
        };
        let kind = Kind::Call { run, instance: false, arguments: [value.node].into() };
        Typed::new(kind, at, Type::Text)
    }

    fn form(&self, ty: &Type, format: &str, node: Tree<'_>) -> Lowered<Form> {
        if format.is_empty() {
            return Ok(Form::Plain);
        }
        match ty {
            Type::Date => match DatePattern::new(format) {
                Ok(pattern) => Ok(Form::Date(pattern)),
                Err(reason) => {
                    refuse(node, format!("\"{format}\" is no format of dates: {reason}"), "write yyyy-MM-dd")
                }
            },
            ty if ty.is_number() => match Picture::new(format) {
                Some(picture) if *ty == Type::Double && picture.is_whole() => {
                    refuse(node, format!("\"{format}\" is for whole numbers"), "write F2 or 0.00")
                }
                Some(picture) => Ok(Form::Number(picture)),
                None => {
                    refuse(node, format!("\"{format}\" is no format of numbers"), "write D3, F2, N0, X, 000 or 0.00")
                }
            },
            ty => refuse(node, format!("{} has no formats", self.one(ty)), "leave the format out"),
        }
    }

    /// Whether `ToString` has a format.
    pub(super) fn has_format(&self, arguments: Tree<'_>) -> Lowered<bool> {
        let given = self.given(arguments)?;
        Ok(given.first().is_some_and(|first| !self.text(*first).contains("Culture")))
    }

    /// `value.ToString("format")`
    pub(super) fn formatted(&mut self, receiver: Typed, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let (Some(format_node), 1..=2) = (given.first(), given.len()) else {
            return refuse(arguments, "ToString takes one format", "write ToString(\"yyyy-MM-dd\")");
        };
        if let Some(culture) = given.get(1)
            && self.expr(*culture)?.ty != Type::Culture
        {
            return refuse(*culture, "only the invariant culture may be used", "leave it out");
        }
        let typed = self.expr(*format_node)?;
        let Some(format) = self.known_text(&typed.node) else {
            return refuse(*format_node, "the format must be known beforehand", "write it between quotes");
        };
        let form = self.form(&receiver.ty, &format, *format_node)?;
        let value = Node::new(Kind::Required(receiver.node.boxed()), span(node));
        let value = match value.kind {
            // The place is that of what is null.
            Kind::Required(inner) => super::arguments::required(*inner),
            _ => value,
        };
        Ok(Typed::new(Kind::Format(Box::new(Format { value, width: 0, form })), span(node), Type::Text))
    }

    /// `string.Format("{0} {1:yyyy}", …)`
    pub(super) fn format_call(&mut self, arguments: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let mut given = self.given(arguments)?;
        if given.first().is_some_and(|first| self.text(*first).ends_with("InvariantCulture")) {
            given.remove(0);
        }
        let Some((template_node, values)) = given.split_first() else {
            return refuse(arguments, "Format takes a template", "write string.Format(\"{0}\", value)");
        };
        let typed = self.expr(*template_node)?;
        let Some(template) = self.known_text(&typed.node) else {
            return refuse(*template_node, "the template must be known beforehand", "write it between quotes");
        };
        let mut parts = Vec::new();
        let mut rest = template.as_str();
        while let Some(brace) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(brace);
            self.template_text(before, *template_node, &mut parts);
            if from.starts_with("{{") || from.starts_with("}}") {
                self.template_text(&from[..1], *template_node, &mut parts);
                rest = &from[2..];
                continue;
            }
            let Some((hole, after)) = from[1..].split_once('}').filter(|_| from.starts_with('{')) else {
                return refuse(*template_node, "a brace of the template is alone", "write {{ for a brace");
            };
            parts.push(self.hole(hole, values, *template_node)?);
            rest = after;
        }
        self.template_text(rest, *template_node, &mut parts);
        Ok(Typed::new(Kind::Concat(parts.into()), span(node), Type::Text))
    }

    fn template_text(&self, text: &str, node: Tree<'_>, parts: &mut Vec<Node>) {
        if !text.is_empty() {
            parts.push(Node::new(Kind::Text(text.into()), span(node)));
        }
    }

    /// `0,width:format`
    fn hole(&mut self, hole: &str, values: &[Tree<'_>], template: Tree<'_>) -> Lowered<Node> {
        let (place, format) = hole.split_once(':').unwrap_or((hole, ""));
        let (number, width) = place.split_once(',').unwrap_or((place, "0"));
        let width = self.width(template, width.trim())?;
        let value = number.trim().parse::<usize>().ok().and_then(|number| values.get(number));
        let Some(value) = value else {
            return refuse(template, format!("there is no value for {{{hole}}}"), "write {0} for the first value");
        };
        let typed = self.expr(*value)?;
        self.shown(typed, *value, width, format, template)
    }

    /// `new DateTime(year, month, day)`
    pub(super) fn date_creation(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(field(node, "arguments")?)?;
        if !matches!(given.len(), 3 | 6) {
            return refuse(node, "a date has three or six parts", "write new DateTime(2020, 9, 29)");
        }
        let mut arguments = Vec::new();
        for part in given {
            let typed = self.expr(part)?;
            let number = self.assignable(part, typed, &Type::Int)?;
            arguments.push(super::arguments::required(number));
        }
        let kind = Kind::Call { run: dates::of_parts, instance: false, arguments: arguments.into() };
        Ok(Typed::new(kind, span(node), Type::Date))
    }

    /// `new string('x', 3)`, `new string(characters)`
    pub(super) fn text_creation(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(field(node, "arguments")?)?;
        let mut typed = Vec::new();
        for argument in given {
            typed.push(self.expr(argument)?);
        }
        let types: Vec<Type> = typed.iter().map(|typed| typed.ty.clone()).collect();
        let is_characters = |ty: &Type| matches!(ty, Type::List(element) if **element == Type::Char);
        match types.as_slice() {
            [Type::Char, Type::Int] => {}
            [ty] if is_characters(ty) => {}
            _ => {
                return refuse(
                    node,
                    "a text is made of characters",
                    "write new string('x', 3) or new string(characters)",
                );
            }
        }
        let arguments: Vec<Node> = typed.into_iter().map(|typed| super::arguments::required(typed.node)).collect();
        let kind = Kind::Call { run: texts::of_characters, instance: false, arguments: arguments.into() };
        Ok(Typed::new(kind, span(node), Type::Text))
    }

    /// `new List<…> { … }`, `new Dictionary<string, string> { … }`
    pub(super) fn created(&mut self, node: Tree<'_>, ty: Type) -> Lowered<Typed> {
        let initializer = children(node).into_iter().find(|child| child.kind() == "initializer_expression");
        let arguments = children(node).into_iter().find(|child| child.kind() == "argument_list");
        if let Some(arguments) = arguments.filter(|arguments| !children(*arguments).is_empty()) {
            return self.copied(arguments, ty, node);
        }
        match (&ty, initializer) {
            (Type::Map, initializer) => self.map(node, initializer),
            (Type::List(element), Some(initializer)) => {
                let element = element.as_ref().clone();
                self.list(initializer, Some(&element))
            }
            (Type::List(_), None) => Ok(Typed::new(Kind::List([].into()), span(node), ty)),
            _ => refuse(node, "this cannot be made with new", "make lists and dictionaries"),
        }
    }

    /// `new HashSet<string>(values)`
    fn copied(&mut self, arguments: Tree<'_>, ty: Type, node: Tree<'_>) -> Lowered<Typed> {
        let given = self.given(arguments)?;
        let ([source], Type::List(_)) = (given.as_slice(), &ty) else {
            return refuse(arguments, "nothing can be passed here", "write new List<…> { … }");
        };
        let typed = self.expr(*source)?;
        let source = self.assignable(*source, typed, &ty)?;
        let step = crate::expression::program::body::node::Step::Collect;
        let linq = crate::expression::program::body::node::Linq { source, step };
        Ok(Typed::new(Kind::Linq(Box::new(linq)), span(node), ty))
    }

    fn map(&mut self, node: Tree<'_>, initializer: Option<Tree<'_>>) -> Lowered<Typed> {
        let mut entries = Vec::new();
        for entry in initializer.map(children).unwrap_or_default() {
            let (key, value) = match (entry.kind(), children(entry).as_slice()) {
                ("initializer_expression", [key, value]) => (*key, *value),
                ("assignment_expression", [key, value]) => (only(only(*key)?)?, *value),
                _ => return refuse(entry, "this is no entry of a dictionary", "write { \"key\", value }"),
            };
            let (typed_key, typed_value) = (self.expr(key)?, self.expr(value)?);
            entries.push((
                self.assignable(key, typed_key, &Type::Text)?,
                self.assignable(value, typed_value, &Type::Text)?,
            ));
        }
        Ok(Typed::new(Kind::Map(entries.into()), span(node), Type::Map))
    }

    /// `new[] { … }`, `new string[] { … }`
    pub(super) fn array(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let element = match node.child_by_field_name("type") {
            Some(ty) => match self.declared_type(ty)? {
                Some(Type::List(element)) => Some(*element),
                _ => None,
            },
            None => None,
        };
        match children(node).into_iter().find(|child| child.kind() == "initializer_expression") {
            Some(initializer) => self.list(initializer, element.as_ref()),
            None => refuse(node, "an array needs its elements", "write new[] { … }"),
        }
    }
}

/// A text with its escapes resolved.
fn unescape(text: &str, at: Span) -> Lowered<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(backslash) = rest.find('\\') {
        out.push_str(&rest[..backslash]);
        let after = &rest[backslash + 1..];
        let Some((c, length)) = escaped(after) else {
            let remedy = "write \\\\ for a backslash, or @ before the text";
            return Err(Box::new(Refusal::new(at, "there is no such escape", remedy)));
        };
        out.push_str(&c);
        rest = &after[length..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What an escape stands for, and its length without the backslash.
fn escaped(after: &str) -> Option<(String, usize)> {
    let first = after.chars().next()?;
    let simple = match first {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '"' | '\'' => first,
        'u' | 'U' | 'x' => return coded(first, after),
        _ => return None,
    };
    Some((simple.to_string(), 1))
}

fn coded(letter: char, after: &str) -> Option<(String, usize)> {
    let most = match letter {
        'U' => 8,
        _ => 4,
    };
    let digits: String = after[1..].chars().take(most).take_while(char::is_ascii_hexdigit).collect();
    if digits.is_empty() || (letter != 'x' && digits.len() < most) {
        return None;
    }
    let code = u32::from_str_radix(&digits, 16).ok()?;
    // A surrogate pair is written as two escapes.
    if (0xD800..0xDC00).contains(&code)
        && let Some(second) = after.get(1 + digits.len()..).and_then(|rest| rest.strip_prefix("\\u"))
    {
        let low = u32::from_str_radix(second.get(..4)?, 16).ok()?;
        let both = char::from_u32(0x10000 + ((code - 0xD800) << 10) + low.checked_sub(0xDC00)?)?;
        return Some((both.to_string(), 1 + digits.len() + 6));
    }
    Some((char::from_u32(code)?.to_string(), 1 + digits.len()))
}
