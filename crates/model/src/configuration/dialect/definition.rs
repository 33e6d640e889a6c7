//! What the tables of the dialect are made of.

use crate::ids::base32;

/// Indexes of localised attributes: `DisplayName_L1` to `DisplayName_L16`.
pub const LANGUAGES: u8 = 16;

/// One element of the dialect.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Name in files and in stored items.
    pub name: &'static str,
    /// Other spellings that are read.
    pub aliases: &'static [&'static str],
    /// One sentence for people.
    pub doc: &'static str,
    /// What references to it name: `Task` for every task element. Its own name when not said.
    pub class: &'static str,
    /// What tells two of them apart.
    pub identity: Identity,
    /// Attributes, in groups that elements share.
    pub attributes: &'static [&'static [Attribute]],
    /// Elements that may stand in it, in groups that elements share.
    pub children: &'static [&'static [&'static Element]],
    /// The engine acts on it today.
    pub acted_on: bool,
    /// The documentation does not list all its attributes: others are kept as text.
    pub open: bool,
    /// A second element with the same identity adds to the first one.
    pub additive: bool,
}

/// What tells two elements of one kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// These attributes, which no two elements under one parent may share.
    Unique(&'static [&'static str]),
    /// These attributes (all of them when the list is empty), which several elements may share.
    Natural(&'static [&'static str]),
    /// There is at most one.
    Single,
}

/// One attribute, or one family of attributes.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Name, or what family members have in common.
    pub name: &'static str,
    /// Other spellings that are read.
    pub aliases: &'static [&'static str],
    /// How many attributes it stands for.
    pub names: Names,
    /// What its value is.
    pub kind: Kind,
    /// It must be there (its first member, for a family).
    pub required: bool,
    /// Value when it is absent, in canonical form.
    pub default: Option<&'static str>,
    /// One sentence for people.
    pub doc: &'static str,
    /// The engine does not act on it today, although it acts on its element.
    pub inert: bool,
}

/// How many attributes a table entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// One: `Identifier`.
    One,
    /// One for each language: `DisplayName_L1` to `DisplayName_L16`.
    Localised,
    /// One for each index, written in base 32 after the name: `D0` to `D3V`, `I40` to `I4O`, `D0IsActive`.
    Indexed {
        /// First index.
        first: u8,
        /// Last index.
        last: u8,
        /// After the index.
        suffix: &'static str,
        /// Older decimal spelling, before and after the index: `Dimension1`, `Dimension0Binding`.
        decimal: Option<(&'static str, &'static str)>,
    },
    /// One for each number: `Property1` to `Property5`.
    Numbered {
        /// First number.
        first: u8,
        /// Last number.
        last: u8,
    },
}

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true`, `false`, `1` or `0`.
    Bool,
    /// A whole number from `.0` to `.1`.
    Int(i64, i64),
    /// A number.
    Float,
    /// A date, `2079-06-06` or `2079-06-06T00:00:00Z`.
    Date,
    /// One of a list, by name or number.
    Enum(&'static Enumeration),
    /// The identifier of an element of this class.
    Reference(&'static str),
    /// `EntityType:Property`.
    PropertyPath,
    /// The identifier of a property of an entity type that the element names.
    Property,
    /// The value of a key property of a resource.
    Resource,
    /// A path through properties.
    Binding,
    /// An expression.
    Expression,
}

/// A list of values with names and, for most, numbers.
#[derive(Debug)]
pub struct Enumeration {
    /// Name for people and for the schema.
    pub name: &'static str,
    /// Number and name.
    pub numbered: &'static [(u8, &'static str)],
    /// Names of values that have no number.
    pub named: &'static [&'static str],
    /// Other spelling → name.
    pub aliases: &'static [(&'static str, &'static str)],
}

impl Element {
    /// An element that parses, is stored, exported and planned.
    pub const fn new(name: &'static str, doc: &'static str) -> Element {
        Element {
            name,
            aliases: &[],
            doc,
            class: name,
            identity: Identity::Unique(&["Identifier"]),
            attributes: &[],
            children: &[],
            acted_on: false,
            open: false,
            additive: false,
        }
    }

    /// Other spellings.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Element {
        self.aliases = aliases;
        self
    }

    /// What references name.
    pub const fn class(mut self, class: &'static str) -> Element {
        self.class = class;
        self
    }

    /// Attributes.
    pub const fn attributes(mut self, attributes: &'static [&'static [Attribute]]) -> Element {
        self.attributes = attributes;
        self
    }

    /// Children.
    pub const fn children(mut self, children: &'static [&'static [&'static Element]]) -> Element {
        self.children = children;
        self
    }

    /// Told apart by attributes that several may share.
    pub const fn natural(mut self, keys: &'static [&'static str]) -> Element {
        self.identity = Identity::Natural(keys);
        self
    }

    /// Told apart by attributes that no two may share.
    pub const fn unique(mut self, keys: &'static [&'static str]) -> Element {
        self.identity = Identity::Unique(keys);
        self
    }

    /// At most one.
    pub const fn single(mut self) -> Element {
        self.identity = Identity::Single;
        self
    }

    /// The engine acts on it.
    pub const fn acted_on(mut self) -> Element {
        self.acted_on = true;
        self
    }

    /// Whether the engine acts on it.
    pub const fn acting(mut self, acted_on: bool) -> Element {
        self.acted_on = acted_on;
        self
    }

    /// Takes attributes that the documentation does not list.
    pub const fn open(mut self) -> Element {
        self.open = true;
        self
    }

    /// A second one with the same identity adds to the first.
    pub const fn additive(mut self) -> Element {
        self.additive = true;
        self
    }

    /// All attributes in order.
    pub fn all_attributes(&self) -> impl Iterator<Item = &'static Attribute> + use<> {
        self.attributes.iter().flat_map(|group| group.iter())
    }

    /// All children in order.
    pub fn all_children(&self) -> impl Iterator<Item = &'static Element> + use<> {
        self.children.iter().flat_map(|group| group.iter().copied())
    }

    /// The child element with this name or alias.
    pub fn child(&self, name: &str) -> Option<&'static Element> {
        self.all_children().find(|child| child.is_called(name))
    }

    /// Whether this is its name or an alias.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// The attribute that this name stands for, its canonical name, and its rank among the attributes of the element.
    pub fn attribute(&self, name: &str) -> Option<(&'static Attribute, String, (usize, u8))> {
        self.all_attributes().enumerate().find_map(|(rank, attribute)| {
            let (canonical, index) = attribute.canonical(name)?;
            Some((attribute, canonical, (rank, index)))
        })
    }

    /// Value of an attribute that is absent.
    pub fn default_of(&self, name: &str) -> Option<&'static str> {
        self.attribute(name).and_then(|(attribute, _, _)| attribute.default)
    }
}

impl Attribute {
    /// An attribute.
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Attribute {
        Attribute { name, aliases: &[], names: Names::One, kind, required: false, default: None, doc, inert: false }
    }

    /// Other spellings.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Attribute {
        self.aliases = aliases;
        self
    }

    /// Must be there.
    pub const fn required(mut self) -> Attribute {
        self.required = true;
        self
    }

    /// Need not be there.
    pub const fn optional(mut self) -> Attribute {
        self.required = false;
        self
    }

    /// Value when absent, in canonical form.
    pub const fn or(mut self, default: &'static str) -> Attribute {
        self.default = Some(default);
        self
    }

    /// Not acted on today.
    pub const fn inert(mut self) -> Attribute {
        self.inert = true;
        self
    }

    /// A family.
    pub const fn names(mut self, names: Names) -> Attribute {
        self.names = names;
        self
    }

    /// The canonical form of `name` and its index in the family, if this attribute is called so.
    pub fn canonical(&self, name: &str) -> Option<(String, u8)> {
        if self.names == Names::One {
            return (self.name == name || self.aliases.contains(&name)).then(|| (self.name.to_owned(), 0));
        }
        if !name.is_ascii() {
            return None;
        }
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .find_map(|spelling| self.names.index_of(spelling, name))
            .or_else(|| self.names.decimal_index_of(name))
            .and_then(|index| Some((self.names.member(self.name, index)?, index)))
    }

    /// Names of all its members in order, canonical spellings only.
    pub fn members(&self) -> Vec<String> {
        self.names.indexes().filter_map(|index| self.names.member(self.name, index)).collect()
    }

    /// Names of all its members in order, other spellings included.
    pub fn spellings(&self) -> Vec<String> {
        let mut all = self.members();
        for alias in self.aliases {
            all.extend(self.names.indexes().filter_map(|index| self.names.member(alias, index)));
        }
        if let Names::Indexed { decimal: Some((before, after)), .. } = self.names {
            all.extend(self.names.indexes().map(|index| format!("{before}{index}{after}")));
        }
        all
    }

    /// How the family is written in one go: `DisplayName_L1`…`_L16`.
    pub fn label(&self) -> String {
        let members = self.members();
        match members.as_slice() {
            [first, .., last] => format!("{first}…{last}"),
            _ => self.name.to_owned(),
        }
    }
}

impl Names {
    fn indexes(self) -> std::ops::RangeInclusive<u8> {
        match self {
            Names::One => 0..=0,
            Names::Localised => 1..=LANGUAGES,
            Names::Indexed { first, last, .. } | Names::Numbered { first, last } => first..=last,
        }
    }

    /// Name of the member with this index.
    fn member(self, name: &str, index: u8) -> Option<String> {
        if !self.indexes().contains(&index) {
            return None;
        }
        Some(match self {
            Names::One => name.to_owned(),
            Names::Localised => format!("{name}_L{index}"),
            Names::Indexed { suffix, .. } => format!("{name}{}{suffix}", base32(index)),
            Names::Numbered { .. } => format!("{name}{index}"),
        })
    }

    fn index_of(self, spelling: &str, name: &str) -> Option<u8> {
        let rest = name.strip_prefix(spelling)?;
        let index = match self {
            Names::One => return rest.is_empty().then_some(0),
            Names::Localised => decimal(rest.strip_prefix("_L")?)?,
            Names::Indexed { suffix, .. } => from_base32(rest.strip_suffix(suffix)?)?,
            Names::Numbered { .. } => decimal(rest)?,
        };
        self.indexes().contains(&index).then_some(index)
    }

    fn decimal_index_of(self, name: &str) -> Option<u8> {
        let Names::Indexed { decimal: Some((before, after)), .. } = self else {
            return None;
        };
        let index = decimal(name.strip_prefix(before)?.strip_suffix(after)?)?;
        self.indexes().contains(&index).then_some(index)
    }
}

/// A decimal number without sign or leading zeros.
fn decimal(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// The inverse of [`base32`].
fn from_base32(text: &str) -> Option<u8> {
    let index = text.bytes().try_fold(0u16, |sum, b| {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'A'..=b'V' => b - b'A' + 10,
            _ => return None,
        };
        sum.checked_mul(32)?.checked_add(u16::from(digit))
    })?;
    let index = u8::try_from(index).ok()?;
    (base32(index) == text).then_some(index)
}

impl Enumeration {
    /// Values with numbers.
    pub const fn numbered(name: &'static str, numbered: &'static [(u8, &'static str)]) -> Enumeration {
        Enumeration { name, numbered, named: &[], aliases: &[] }
    }

    /// Values without numbers.
    pub const fn named(name: &'static str, named: &'static [&'static str]) -> Enumeration {
        Enumeration { name, numbered: &[], named, aliases: &[] }
    }

    /// Other spelling → name.
    pub const fn aliases(mut self, aliases: &'static [(&'static str, &'static str)]) -> Enumeration {
        self.aliases = aliases;
        self
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.numbered.iter().map(|(_, name)| *name).chain(self.named.iter().copied())
    }

    /// The name that a written value stands for.
    pub fn canonical(&self, written: &str) -> Option<&'static str> {
        self.names()
            .find(|name| *name == written)
            .or_else(|| self.aliases.iter().find(|(alias, _)| *alias == written).map(|(_, name)| *name))
            .or_else(|| {
                let number = decimal(written)?;
                self.numbered.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
            })
    }

    /// For people: `None (0), Export (1) or Fulfill (2)`.
    pub fn choices(&self) -> String {
        let mut all: Vec<String> = self.numbered.iter().map(|(n, name)| format!("{name} ({n})")).collect();
        all.extend(self.named.iter().map(|name| (*name).to_owned()));
        match all.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => all.join(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_know_their_members() {
        let label = Attribute::new("DisplayName", Kind::Text, "").names(Names::Localised);
        assert_eq!(label.canonical("DisplayName_L16").unwrap().0, "DisplayName_L16");
        for wrong in ["DisplayName", "DisplayName_L0", "DisplayName_L17", "DisplayName_L01", "DisplayName_L"] {
            assert_eq!(label.canonical(wrong), None, "{wrong}");
        }
        let decimal = Some(("Dimension", ""));
        let d =
            Attribute::new("D", Kind::Resource, "").names(Names::Indexed { first: 0, last: 127, suffix: "", decimal });
        assert_eq!(d.members().len(), 128);
        assert_eq!(d.label(), "D0…D3V");
        assert_eq!(d.canonical("DA"), Some(("DA".to_owned(), 10)));
        assert_eq!(d.canonical("Dimension10"), Some(("DA".to_owned(), 10)));
        for wrong in ["D", "D00", "D40", "Da", "Dimension128", "D-1", "Dé"] {
            assert_eq!(d.canonical(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn enumerations_take_names_numbers_and_other_spellings() {
        static TIME: Enumeration =
            Enumeration::numbered("Time", &[(0, "Default"), (1, "Around")]).aliases(&[("Arround", "Around")]);
        assert_eq!(TIME.canonical("1"), Some("Around"));
        assert_eq!(TIME.canonical("Arround"), Some("Around"));
        assert_eq!(TIME.canonical("around"), None);
        assert_eq!(TIME.choices(), "Default (0) or Around (1)");
    }
}
