//! What is not allowed, said as the original says it: method, class and namespace.

use super::classes::Class;
use super::{Lowered, Lowerer, Tree, Type, refuse};
use provost_model::nearest;

/// What to do instead of a class or method that is not allowed.
const INSTEAD: &[(&str, &str, &str)] = &[
    ("Random", "", "an expression must give the same value each time; derive it from the identity or from iteration"),
    ("Guid", "NewGuid", "an expression must give the same value each time; take it from a property"),
    ("DateTime", "Parse", "call UtilExpressions.ParseUniversalDate(text, \"yyyy-MM-dd\")"),
    ("DateTime", "ParseExact", "call UtilExpressions.ParseUniversalDate(text, \"yyyy-MM-dd\")"),
    ("DateTime", "TryParse", "call UtilExpressions.ParseUniversalDate(text, \"yyyy-MM-dd\")"),
    ("DateTime", "GetDateTimeFormats", "it depends on the culture; call ToString with one pattern"),
    ("DateTime", "Subtract", "use the operator -"),
    (
        "DateTime",
        "ToLocalTime",
        "call UtilExpressions.FormatLocalDate(date, \"Romance Standard Time\", \"dd/MM/yyyy\")",
    ),
    ("DateTime", "ToShortDateString", "call ToString(\"MM/dd/yyyy\")"),
    ("Math", "", "use ?: and the operators"),
    ("StringBuilder", "", "use + or string.Join"),
    ("Int64", "", "call Convert.ToInt64"),
    ("Double", "", "call Convert.ToDouble"),
    ("Boolean", "", "call Convert.ToBoolean"),
    ("TimeSpan", "", "call AddDays, AddHours or AddMinutes of a date"),
    ("Enumerable", "", "call the method on the collection itself"),
    ("TimeZoneInfo", "", "call UtilExpressions.FormatLocalDate(date, \"Romance Standard Time\", \"dd/MM/yyyy\")"),
];

impl Lowerer<'_> {
    /// A static member, or a class that is created.
    pub(super) fn not_allowed<T>(&self, class: &Class, name: Tree<'_>, is_class: bool) -> Lowered<T> {
        let member = self.text(name);
        let Class { name: class, namespace } = class;
        let message = if is_class {
            format!("the class {class} (namespace {namespace}) is not allowed")
        } else {
            format!("{member} of the class {class} (namespace {namespace}) is not allowed")
        };
        let instead =
            INSTEAD.iter().find(|(known, method, _)| known == class && (method.is_empty() || *method == member));
        let known = super::methods::static_names(class);
        let remedy = match (instead, nearest::one(member, known)) {
            (Some((.., instead)), _) => (*instead).to_owned(),
            (None, Some(near)) if !is_class => format!("did you mean {near}?"),
            _ => "compute it from what the page on expressions lists".to_owned(),
        };
        refuse(name, message, remedy)
    }

    /// A method of a value.
    pub(super) fn no_method<T>(&self, ty: &Type, name: Tree<'_>, known: &[&'static str]) -> Lowered<T> {
        let method = self.text(name);
        let (class, namespace) = match ty {
            Type::Text => ("String".to_owned(), "System"),
            Type::Date => ("DateTime".to_owned(), "System"),
            Type::Int => ("Int32".to_owned(), "System"),
            Type::Long => ("Int64".to_owned(), "System"),
            Type::Bool => ("Boolean".to_owned(), "System"),
            Type::Double => ("Double".to_owned(), "System"),
            Type::Char => ("Char".to_owned(), "System"),
            Type::List(_) | Type::Ordered(_) => ("Enumerable".to_owned(), "System.Linq"),
            Type::Map => ("Dictionary".to_owned(), "System.Collections.Generic"),
            Type::Resource(..) => (self.name(ty), "of the entity types"),
            other => (self.name(other), "System"),
        };
        let message = format!("{method} of the class {class} (namespace {namespace}) is not allowed");
        let instead = INSTEAD.iter().find(|(known, of, _)| *known == class && *of == method);
        let remedy = match (instead, nearest::one(method, known.iter().copied())) {
            (Some((.., instead)), _) => (*instead).to_owned(),
            (None, Some(near)) => format!("did you mean {near}?"),
            (None, None) => "compute it from what the page on expressions lists".to_owned(),
        };
        refuse(name, message, remedy)
    }
}
