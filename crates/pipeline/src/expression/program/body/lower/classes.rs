//! Classes whose static members may be used, and those that people try.

use super::{Kind, Lowered, Lowerer, Tree, Type, Typed, field, refuse, span};
use crate::expression::program::body::run::dates;
use provost_model::nearest;

/// A class that is named in the code.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// Its name without namespace; keywords such as `int` are resolved.
    pub(super) name: String,
    pub(super) namespace: String,
}

/// Names of classes and their namespaces. The first ones are those that may be used.
const CLASSES: &[(&str, &str)] = &[
    ("String", "System"),
    ("Char", "System"),
    ("Convert", "System"),
    ("Int32", "System"),
    ("Nullable", "System"),
    ("DateTime", "System"),
    ("Regex", "System.Text.RegularExpressions"),
    ("UtilExpressions", "Usercube.Expressions.Functions"),
    ("RegexOptions", "System.Text.RegularExpressions"),
    ("StringComparison", "System"),
    ("StringSplitOptions", "System"),
    ("DayOfWeek", "System"),
    ("CultureInfo", "System.Globalization"),
    // Those below are refused, with their namespace.
    ("Activator", "System"),
    ("Array", "System"),
    ("Assembly", "System.Reflection"),
    ("Boolean", "System"),
    ("BitConverter", "System"),
    ("Console", "System"),
    ("Math", "System"),
    ("DateTimeOffset", "System"),
    ("DateOnly", "System"),
    ("Decimal", "System"),
    ("Directory", "System.IO"),
    ("Double", "System"),
    ("Encoding", "System.Text"),
    ("Enum", "System"),
    ("Enumerable", "System.Linq"),
    ("Environment", "System"),
    ("Exception", "System"),
    ("File", "System.IO"),
    ("GC", "System"),
    ("Guid", "System"),
    ("HttpClient", "System.Net.Http"),
    ("Int16", "System"),
    ("Int64", "System"),
    ("JsonConvert", "Newtonsoft.Json"),
    ("JsonSerializer", "System.Text.Json"),
    ("MD5", "System.Security.Cryptography"),
    ("Object", "System"),
    ("Path", "System.IO"),
    ("Process", "System.Diagnostics"),
    ("Random", "System"),
    ("SHA256", "System.Security.Cryptography"),
    ("StringBuilder", "System.Text"),
    ("Task", "System.Threading.Tasks"),
    ("Thread", "System.Threading"),
    ("TimeSpan", "System"),
    ("TimeZoneInfo", "System"),
    ("Type", "System"),
    ("Uri", "System"),
    ("WebClient", "System.Net"),
];

const ROOTS: [&str; 4] = ["System", "Usercube", "Microsoft", "Newtonsoft"];

const COMPARISONS: [&str; 6] = [
    "CurrentCulture",
    "CurrentCultureIgnoreCase",
    "InvariantCulture",
    "InvariantCultureIgnoreCase",
    "Ordinal",
    "OrdinalIgnoreCase",
];

/// Options of regular expressions with their values; those of value 0 change nothing here.
const OPTIONS: [(&str, i32); 8] = [
    ("None", 0),
    ("IgnoreCase", 1),
    ("Multiline", 2),
    ("ExplicitCapture", 0),
    ("Compiled", 0),
    ("Singleline", 16),
    ("IgnorePatternWhitespace", 32),
    ("CultureInvariant", 0),
];

impl<'s> Lowerer<'s> {
    /// The class that an expression names, if it names one.
    pub(super) fn class(&self, node: Tree<'_>) -> Option<Class> {
        match node.kind() {
            "predefined_type" => {
                let name = match self.text(node) {
                    "string" => "String",
                    "char" => "Char",
                    "int" => "Int32",
                    "long" => "Int64",
                    "short" => "Int16",
                    "bool" => "Boolean",
                    "double" | "float" => "Double",
                    "object" => "Object",
                    _ => "Decimal",
                };
                Some(Class { name: name.to_owned(), namespace: "System".to_owned() })
            }
            "identifier" | "generic_name" => {
                let name = self.text(node).split('<').next().unwrap_or_default().trim();
                if self.local(name).is_some() {
                    return None;
                }
                let (name, namespace) = CLASSES.iter().find(|(known, _)| *known == name)?;
                Some(Class { name: (*name).to_owned(), namespace: (*namespace).to_owned() })
            }
            "member_access_expression" | "qualified_name" => {
                let path: Vec<&str> = self.text(node).split('.').map(str::trim).collect();
                let (name, namespace) = path.split_last()?;
                let is_plain = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.is_empty();
                let is_class = path.iter().all(is_plain) && ROOTS.contains(namespace.first()?);
                (is_class && self.local(namespace.first()?).is_none())
                    .then(|| Class { name: (*name).to_owned(), namespace: namespace.join(".") })
            }
            _ => None,
        }
    }

    /// `DateTime.Now`, `string.Empty`, `RegexOptions.IgnoreCase`.
    pub(super) fn static_member(&mut self, class: &Class, name: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let member = self.text(name);
        let at = span(node);
        let day = dates::day_of_week(member);
        let numbered = |list: &[&str]| list.iter().zip(0..).find(|(known, _)| **known == member).map(|(_, n)| n);
        let (kind, ty) = match (class.name.as_str(), member) {
            ("String", "Empty") => (Kind::Text("".into()), Type::Text),
            ("Int32", "MaxValue") => (Kind::Int(i32::MAX), Type::Int),
            ("Int32", "MinValue") => (Kind::Int(i32::MIN), Type::Int),
            ("DateTime", "Now" | "UtcNow" | "Today") => {
                self.depends_on_time = true;
                (if member == "Today" { Kind::Today } else { Kind::Now }, Type::Date)
            }
            ("DateTime", "MinValue") => (Kind::Date(dates::FIRST), Type::Date),
            ("DateTime", "MaxValue") => (Kind::Date(dates::LAST), Type::Date),
            ("CultureInfo", "InvariantCulture") => (Kind::Null, Type::Culture),
            ("DayOfWeek", _) if day.is_some() => (Kind::Int(day.unwrap_or_default()), Type::DayOfWeek),
            ("StringComparison", _) => match numbered(&COMPARISONS) {
                Some(number) => (Kind::Int(number), Type::StringComparison),
                None => return self.unknown_member(class, name, COMPARISONS.iter().copied()),
            },
            ("StringSplitOptions", _) => match numbered(&["None", "RemoveEmptyEntries", "TrimEntries"]) {
                Some(number) => (Kind::Int(number), Type::SplitOptions),
                None => return self.unknown_member(class, name, ["None", "RemoveEmptyEntries", "TrimEntries"]),
            },
            ("RegexOptions", _) => match OPTIONS.iter().find(|(known, _)| *known == member) {
                Some((_, value)) => (Kind::Int(*value), Type::RegexOptions),
                None => return self.unknown_member(class, name, OPTIONS.iter().map(|(name, _)| *name)),
            },
            _ => return self.not_allowed(class, name, false),
        };
        Ok(Typed::new(kind, at, ty))
    }

    fn unknown_member<'n, T>(
        &self,
        class: &Class,
        name: Tree<'_>,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Lowered<T> {
        let member = self.text(name);
        let remedy = nearest::one(member, known).map_or_else(
            || "write it as the documentation of .NET names it".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        refuse(name, format!("{} has no member {member} that may be used", class.name), remedy)
    }

    /// `new …`
    pub(super) fn creation(&mut self, node: Tree<'_>) -> Lowered<Typed> {
        let type_node = field(node, "type")?;
        let name = self.text(type_node).rsplit('.').next().unwrap_or_default().trim();
        match name.split('<').next().unwrap_or_default().trim() {
            "Regex" => self.regex_creation(node),
            "DateTime" => self.date_creation(node),
            "string" | "String" => self.text_creation(node),
            "List" | "HashSet" | "Dictionary" => match self.declared_type(type_node)? {
                Some(ty) => self.created(node, ty),
                None => refuse(type_node, "the type is not known", "name it"),
            },
            _ => {
                let class = self
                    .class(type_node)
                    .unwrap_or_else(|| Class { name: name.to_owned(), namespace: "unknown".to_owned() });
                self.not_allowed(&class, type_node, true)
            }
        }
    }
}
