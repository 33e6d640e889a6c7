//! The list of methods: what may be called, with what, and what it gives.

use super::arguments::{G, Method, P, method};
use crate::expression::program::body::run::{convert, dates, map, names, order, patterns, texts};

/// Methods of a text.
#[rustfmt::skip]
pub(super) const OF_TEXT: &[Method] = &[
    method("Substring", &[P::Int], G::Text, texts::substring),
    method("Substring", &[P::Int, P::Int], G::Text, texts::substring),
    method("StartsWith", &[P::TextOrChar], G::Bool, texts::starts_with),
    method("StartsWith", &[P::Text, P::Comparison], G::Bool, texts::starts_with),
    method("EndsWith", &[P::TextOrChar], G::Bool, texts::ends_with),
    method("EndsWith", &[P::Text, P::Comparison], G::Bool, texts::ends_with),
    method("Contains", &[P::TextOrChar], G::Bool, texts::contains),
    method("Contains", &[P::TextOrChar, P::Comparison], G::Bool, texts::contains),
    method("IndexOf", &[P::TextOrChar], G::Int, texts::index_of),
    method("IndexOf", &[P::TextOrChar, P::Int], G::Int, texts::index_from),
    method("IndexOf", &[P::TextOrChar, P::Comparison], G::Int, texts::index_compared),
    method("LastIndexOf", &[P::TextOrChar], G::Int, texts::last_index_of),
    method("LastIndexOf", &[P::TextOrChar, P::Comparison], G::Int, texts::last_index_of),
    method("IndexOfAny", &[P::Chars], G::Int, texts::index_of_any),
    method("Replace", &[P::Text, P::TextOrNull], G::Text, texts::replace),
    method("Replace", &[P::Char, P::Char], G::Text, texts::replace),
    method("Trim", &[P::Chars], G::Text, texts::trim),
    method("TrimStart", &[P::Chars], G::Text, texts::trim_start),
    method("TrimEnd", &[P::Chars], G::Text, texts::trim_end),
    method("ToUpper", &[], G::Text, texts::to_upper),
    method("ToUpper", &[P::Culture], G::Text, texts::to_upper),
    method("ToUpperInvariant", &[], G::Text, texts::to_upper),
    method("ToLower", &[], G::Text, texts::to_lower),
    method("ToLower", &[P::Culture], G::Text, texts::to_lower),
    method("ToLowerInvariant", &[], G::Text, texts::to_lower),
    method("Split", &[P::Char, P::SplitOptions], G::Texts, texts::split_at_characters),
    method("Split", &[P::Text], G::Texts, texts::split_at_text),
    method("Split", &[P::Text, P::SplitOptions], G::Texts, texts::split_at_text),
    method("Split", &[P::Chars], G::Texts, texts::split_at_characters),
    method("PadLeft", &[P::Int], G::Text, texts::pad_left),
    method("PadLeft", &[P::Int, P::Char], G::Text, texts::pad_left),
    method("PadRight", &[P::Int], G::Text, texts::pad_right),
    method("PadRight", &[P::Int, P::Char], G::Text, texts::pad_right),
    method("Insert", &[P::Int, P::Text], G::Text, texts::insert),
    method("Remove", &[P::Int], G::Text, texts::remove),
    method("Remove", &[P::Int, P::Int], G::Text, texts::remove),
    method("Equals", &[P::TextOrNull], G::Bool, texts::equals),
    method("Equals", &[P::TextOrNull, P::Comparison], G::Bool, texts::equals),
    method("CompareTo", &[P::TextOrNull], G::Int, texts::compare),
    method("ToString", &[], G::Text, texts::shown),
    method("ToString", &[P::Culture], G::Text, texts::shown),
    method("ToCharArray", &[], G::Chars, texts::to_characters),
];

/// Methods of dates.
#[rustfmt::skip]
pub(super) const OF_DATE: &[Method] = &[
    method("AddDays", &[P::Double], G::Date, dates::add_days),
    method("AddHours", &[P::Double], G::Date, dates::add_hours),
    method("AddMinutes", &[P::Double], G::Date, dates::add_minutes),
    method("AddSeconds", &[P::Double], G::Date, dates::add_seconds),
    method("AddMilliseconds", &[P::Double], G::Date, dates::add_milliseconds),
    method("AddTicks", &[P::Long], G::Date, dates::add_ticks),
    method("AddMonths", &[P::Int], G::Date, dates::add_months),
    method("AddYears", &[P::Int], G::Date, dates::add_years),
    method("Add", &[P::Span], G::Date, dates::add_span),
    method("CompareTo", &[P::Date], G::Int, texts::compare),
    method("Equals", &[P::Date], G::Bool, texts::equals),
    method("ToUniversalTime", &[], G::Date, texts::same),
    method("ToString", &[], G::Text, texts::shown),
    method("ToString", &[P::Culture], G::Text, texts::shown),
];

/// Methods of all other values with a text.
pub(super) const OF_SCALAR: &[Method] = &[
    method("ToString", &[], G::Text, texts::shown),
    method("ToString", &[P::Culture], G::Text, texts::shown),
    method("Equals", &[P::Scalar], G::Bool, texts::equals),
    method("CompareTo", &[P::Scalar], G::Int, texts::compare),
];

/// Methods of a dictionary. Those that give nothing are statements.
pub(super) const OF_MAP: &[Method] = &[
    method("Add", &[P::Text, P::TextOrNull], G::Text, map::add),
    method("ContainsKey", &[P::Text], G::Bool, map::contains),
    method("Remove", &[P::Text], G::Bool, map::remove),
];

/// Methods of `provisioningOrder`.
pub(super) const OF_ORDER: &[Method] = &[method("HasChanged", &[P::Text], G::Bool, order::has_changed)];

/// Static methods by class.
#[rustfmt::skip]
const STATIC: &[(&str, &[Method])] = &[
    ("String", &[
        method("IsNullOrEmpty", &[P::TextOrNull], G::Bool, texts::is_null_or_empty),
        method("IsNullOrWhiteSpace", &[P::TextOrNull], G::Bool, texts::is_null_or_blank),
        method("Equals", &[P::TextOrNull, P::TextOrNull], G::Bool, texts::equals),
        method("Equals", &[P::TextOrNull, P::TextOrNull, P::Comparison], G::Bool, texts::equals),
        method("Compare", &[P::TextOrNull, P::TextOrNull], G::Int, texts::compare),
        method("Compare", &[P::TextOrNull, P::TextOrNull, P::Bool], G::Int, texts::compare),
        method("Compare", &[P::TextOrNull, P::TextOrNull, P::Comparison], G::Int, texts::compare),
        method("CompareOrdinal", &[P::TextOrNull, P::TextOrNull], G::Int, texts::compare),
        method("Concat", &[P::Rest], G::Text, texts::of_characters),
    ]),
    ("Char", &[
        method("IsDigit", &[P::Char], G::Bool, texts::is_digit),
        method("IsNumber", &[P::Char], G::Bool, texts::is_number),
        method("IsLetter", &[P::Char], G::Bool, texts::is_letter),
        method("IsLetterOrDigit", &[P::Char], G::Bool, texts::is_letter_or_digit),
        method("IsWhiteSpace", &[P::Char], G::Bool, texts::is_white_space),
        method("IsUpper", &[P::Char], G::Bool, texts::is_upper),
        method("IsLower", &[P::Char], G::Bool, texts::is_lower),
        method("IsPunctuation", &[P::Char], G::Bool, texts::is_punctuation),
        method("ToUpper", &[P::Char], G::Char, texts::char_to_upper),
        method("ToUpper", &[P::Char, P::Culture], G::Char, texts::char_to_upper),
        method("ToUpperInvariant", &[P::Char], G::Char, texts::char_to_upper),
        method("ToLower", &[P::Char], G::Char, texts::char_to_lower),
        method("ToLower", &[P::Char, P::Culture], G::Char, texts::char_to_lower),
        method("ToLowerInvariant", &[P::Char], G::Char, texts::char_to_lower),
        method("ToString", &[P::Char], G::Text, texts::shown),
        method("GetNumericValue", &[P::Char], G::Double, texts::numeric_value),
    ]),
    ("Convert", &[
        method("ToInt16", &[P::Scalar], G::Int, convert::to_short),
        method("ToByte", &[P::Scalar], G::Int, convert::to_byte),
        method("ToInt32", &[P::Scalar], G::Int, convert::to_int),
        method("ToInt64", &[P::Scalar], G::Long, convert::to_long),
        method("ToDouble", &[P::Scalar], G::Double, convert::to_double),
        method("ToDouble", &[P::Scalar, P::Culture], G::Double, convert::to_double),
        method("ToBoolean", &[P::Scalar], G::Bool, convert::to_bool),
        method("ToDateTime", &[P::Scalar], G::Date, convert::to_date),
        method("ToDateTime", &[P::Scalar, P::Culture], G::Date, convert::to_date),
        method("ToChar", &[P::Scalar], G::Char, convert::to_char),
        method("ToString", &[P::Scalar], G::Text, convert::to_text),
        method("ToString", &[P::Scalar, P::Culture], G::Text, convert::to_text),
    ]),
    ("Int32", &[
        method("Parse", &[P::Text], G::Int, convert::parse),
        method("Parse", &[P::Text, P::Culture], G::Int, convert::parse),
    ]),
    ("Nullable", &[
        method("Compare", &[P::Scalar, P::Scalar], G::Int, texts::compare),
        method("Equals", &[P::Scalar, P::Scalar], G::Bool, texts::equals),
    ]),
    ("DateTime", &[
        method("Compare", &[P::Date, P::Date], G::Int, texts::compare),
        method("Equals", &[P::Date, P::Date], G::Bool, texts::equals),
        method("DaysInMonth", &[P::Int, P::Int], G::Int, dates::days_in),
    ]),
    ("Regex", &[method("Escape", &[P::Text], G::Text, patterns::escape)]),
    ("UtilExpressions", &[
        method("BuildUsername", BUILD, G::Text, names::build),
        method("BuildUsernameWithInitials", BUILD_WITH_INITIALS, G::Text, names::build_with_initials),
        method("ParseSince1601Date", &[P::Scalar], G::Date, names::since_1601),
        method("ParseLocalDate", &[P::TextOrNull, P::Text, P::Text], G::Date, names::parse_local),
        method("ParseLocalDateThenAddMinutes", PARSE_THEN_ADD, G::Date, names::parse_local_then_add),
        method("ParseUniversalDate", &[P::TextOrNull, P::Text], G::Date, names::parse_universal),
        method("ParseUniversalDateThenAddMinutes", PARSE_THEN_ADD, G::Date, names::parse_universal_then_add),
        method("FormatLocalDate", &[P::Scalar, P::Text, P::Text], G::Text, names::format_local),
    ]),
];

const BUILD: &[P] = &[P::TextOrNull, P::TextOrNull, P::TextOrNull, P::TextOrNull, P::Scalar];
const BUILD_WITH_INITIALS: &[P] = &[P::TextOrNull, P::TextOrNull, P::TextOrNull, P::TextOrNull, P::Scalar, P::Scalar];
const PARSE_THEN_ADD: &[P] = &[P::TextOrNull, P::Text, P::Text, P::Int];

/// Static methods that are lowered by hand.
const BY_HAND: &[(&str, &[&str])] = &[
    ("String", &["Format", "Join", "Empty"]),
    ("Int32", &["TryParse", "MaxValue", "MinValue"]),
    ("DateTime", &["Now", "UtcNow", "Today", "MinValue", "MaxValue"]),
    ("Regex", &["IsMatch", "Match", "Matches", "Replace", "Split"]),
];

/// Overloads of a static method.
pub(super) fn static_methods(class: &str, name: &str) -> Vec<&'static Method> {
    let of_class = STATIC.iter().find(|(known, _)| *known == class).map_or(&[][..], |(_, methods)| *methods);
    of_class.iter().filter(|method| method.name == name).collect()
}

/// Names of the static members of a class.
pub(super) fn static_names(class: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let of_class = STATIC.iter().filter(move |(known, _)| *known == class);
    let by_hand = BY_HAND.iter().filter(move |(known, _)| *known == class);
    let predefined = if class == "UtilExpressions" { names::PREDEFINED } else { &[] };
    of_class
        .flat_map(|(_, methods)| methods.iter().map(|method| method.name))
        .chain(by_hand.flat_map(|(_, names)| names.iter().copied()))
        .chain(predefined.iter().map(|(name, _)| *name))
}
