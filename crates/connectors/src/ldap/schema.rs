//! What a directory says of its own attributes and classes (RFC 4512), as tables and columns.

use super::client::Client;
use super::walk;
use super::{ad, fulfil, generic, openldap};
use crate::discover::{Discover, DiscoverRequest, KeyType, Schema, SchemaColumn, SchemaTable, ValueType};
use crate::error::ExportError;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// Syntaxes by the type of their values. What is not listed is text.
const SYNTAXES: &[(&str, ValueType)] = &[
    ("1.3.6.1.4.1.1466.115.121.1.4", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.5", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.7", ValueType::Bool),
    ("1.3.6.1.4.1.1466.115.121.1.8", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.23", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.24", ValueType::DateTime),
    ("1.3.6.1.4.1.1466.115.121.1.27", ValueType::Int32),
    ("1.3.6.1.4.1.1466.115.121.1.28", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.40", ValueType::Bytes),
    ("1.3.6.1.4.1.1466.115.121.1.53", ValueType::DateTime),
    ("1.3.6.1.1.16.1", ValueType::Guid),
    ("1.2.840.113556.1.4.906", ValueType::Int64),
    ("1.2.840.113556.1.4.907", ValueType::Bytes),
];

/// Syntaxes whose values refer to entries.
const NAMES: &[&str] = &[
    "1.3.6.1.4.1.1466.115.121.1.12",
    "1.3.6.1.4.1.1466.115.121.1.34",
    "1.2.840.113556.1.4.903",
    "1.2.840.113556.1.4.904",
];

/// How the tables of a package are named, and what their first columns are.
struct Shape<'a> {
    connection: &'a str,
    entries: &'a str,
    id: Option<&'a str>,
    /// What a row of pairs begins with.
    owner: &'a str,
}

impl Discover for fulfil::Ldap {
    fn discover(&self, request: &DiscoverRequest<'_>) -> Result<Schema, ExportError> {
        let identifier = &request.connection.identifier;
        let (settings, _) = generic::read(Settings::new(identifier, request.settings));
        let Some(server) = settings.servers.first() else { return Ok(Schema::default()) };
        let mut client = settings.open_at(request.base_dir, server)?;
        read(&mut client, &Shape { connection: identifier, entries: "entries", id: None, owner: "dn" })
    }
}

impl Discover for fulfil::OpenLdap {
    fn discover(&self, request: &DiscoverRequest<'_>) -> Result<Schema, ExportError> {
        let identifier = &request.connection.identifier;
        let (settings, _) = openldap::read(Settings::new(identifier, request.settings));
        let target = settings.link.target(settings.login(), request.base_dir, settings.timeouts());
        let id = Some("entryUUID");
        let shape = Shape { connection: identifier, entries: "entry", id, owner: "entryUUID" };
        read(&mut Client::open(&target)?, &shape)
    }
}

impl Discover for fulfil::ActiveDirectory {
    fn discover(&self, request: &DiscoverRequest<'_>) -> Result<Schema, ExportError> {
        let identifier = &request.connection.identifier;
        let (settings, _) = ad::read(Settings::new(identifier, request.settings));
        let Some(domain) = settings.servers.first() else { return Ok(Schema::default()) };
        let mut client = settings.open(domain, request.base_dir)?;
        let shape = Shape { connection: identifier, entries: "entries", id: Some("objectGUID"), owner: "dn" };
        read(&mut client, &shape)
    }
}

fn read(client: &mut Client, shape: &Shape<'_>) -> Result<Schema, ExportError> {
    let one = |values: Option<super::tables::Collected>| {
        let all = values.unwrap_or_default().0.into_iter().flat_map(|(_, values)| values);
        all.filter_map(|value| String::from_utf8(value).ok()).collect::<Vec<String>>()
    };
    let place = one(walk::whole(client, "", &["subschemaSubentry".to_owned()])?).into_iter().next();
    let place = place.ok_or_else(|| ExportError::System {
        code: "system-no-schema",
        message: format!("{} does not say where its schema is", client.server()),
        hint: "let the login read the root entry and its subschemaSubentry".to_owned(),
    })?;
    let types = one(walk::whole(client, &place, &["attributeTypes".to_owned()])?);
    let classes = one(walk::whole(client, &place, &["objectClasses".to_owned()])?);
    Ok(schema(&types, &classes, shape))
}

fn schema(types: &[String], classes: &[String], shape: &Shape<'_>) -> Schema {
    let types: Vec<Type> = types.iter().filter_map(|text| Type::parse(text)).collect();
    let by_name: BTreeMap<String, &Type> =
        types.iter().flat_map(|kind| kind.names.iter().map(move |name| (name.to_lowercase(), kind))).collect();
    let table = |name: &str, columns| SchemaTable { name: format!("{}_{name}", shape.connection), columns };
    let (mut seen, mut columns, mut links) = (BTreeSet::new(), fixed(shape), Vec::new());
    for column in &columns {
        seen.insert(column.name.to_lowercase());
    }
    for class in classes.iter().map(|text| Words::of(text)) {
        let path = class.list("NAME").into_iter().next();
        for name in class.list("MUST").into_iter().chain(class.list("MAY")) {
            let Some(kind) = by_name.get(&name.to_lowercase()) else { continue };
            let Some(name) = kind.names.first().filter(|name| seen.insert(name.to_lowercase())) else { continue };
            let column = kind.column(name, path.clone(), &by_name);
            if column.is_multivalued && kind.refers(&by_name) {
                let owner = SchemaColumn { name: shape.owner.to_owned(), ..SchemaColumn::default() };
                let value = SchemaColumn { is_multivalued: false, ..column.clone() };
                links.push(table(name, vec![owner, value]));
            }
            columns.push(column);
        }
    }
    let mut tables = vec![table(shape.entries, columns)];
    tables.extend(links);
    Schema { tables }
}

/// Columns that are there whatever the schema says.
fn fixed(shape: &Shape<'_>) -> Vec<SchemaColumn> {
    let column = |name: &str, key, value_type| SchemaColumn {
        name: name.to_owned(),
        key,
        value_type,
        ..SchemaColumn::default()
    };
    let id = shape.id.map(|id| column(id, KeyType::Primary, ValueType::Guid));
    let named = if shape.id.is_some() { KeyType::Unique } else { KeyType::Primary };
    id.into_iter()
        .chain([column("dn", named, ValueType::String), column("parentdn", KeyType::None, ValueType::String)])
        .collect()
}

/// An attribute type.
struct Type {
    names: Vec<String>,
    above: Option<String>,
    syntax: Option<String>,
    is_single: bool,
}

impl Type {
    fn parse(text: &str) -> Option<Type> {
        let words = Words::of(text);
        let names = words.list("NAME");
        let syntax = words.list("SYNTAX").into_iter().next();
        // `{64}` behind a syntax is a length that servers may do without.
        let syntax = syntax.map(|oid| oid.split('{').next().unwrap_or_default().to_owned());
        let above = words.list("SUP").into_iter().next();
        (!names.is_empty()).then(|| Type { names, above, syntax, is_single: words.has("SINGLE-VALUE") })
    }

    /// The syntax, that of a type above where there is none of its own.
    fn syntax<'a>(&'a self, all: &BTreeMap<String, &'a Type>) -> Option<&'a str> {
        let mut kind = self;
        for _ in 0..16 {
            match (&kind.syntax, &kind.above) {
                (Some(syntax), _) => return Some(syntax),
                (None, Some(above)) => kind = all.get(&above.to_lowercase())?,
                (None, None) => return None,
            }
        }
        None
    }

    fn refers(&self, all: &BTreeMap<String, &Type>) -> bool {
        self.syntax(all).is_some_and(|syntax| NAMES.contains(&syntax))
    }

    fn column(&self, name: &str, path: Option<String>, all: &BTreeMap<String, &Type>) -> SchemaColumn {
        let syntax = self.syntax(all);
        let known = SYNTAXES.iter().find(|(oid, _)| Some(*oid) == syntax).map(|(_, kind)| *kind);
        let value_type = match super::value::form(name, None) {
            super::value::Form::Guid => ValueType::Guid,
            super::value::Form::Sid => ValueType::String,
            _ => known.unwrap_or_default(),
        };
        SchemaColumn { name: name.to_owned(), path, is_multivalued: !self.is_single, key: KeyType::None, value_type }
    }
}

/// The words of a description: `( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )`.
struct Words(Vec<String>);

impl Words {
    fn of(text: &str) -> Words {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for c in text.chars() {
            let ends = (!quoted && (c.is_whitespace() || matches!(c, '(' | ')' | '$'))) || c == '\'';
            if !ends {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                // A quoted text must not pass for a keyword.
                words.push(if quoted { format!("'{word}") } else { word.clone() });
                word.clear();
            }
            if matches!(c, '(' | ')' | '$') && !quoted {
                words.push(c.to_string());
            }
            quoted ^= c == '\'';
        }
        words.extend(Some(word).filter(|word| !word.is_empty()));
        Words(words)
    }

    fn has(&self, keyword: &str) -> bool {
        self.0.iter().any(|word| word == keyword)
    }

    /// The value or values behind a keyword.
    fn list(&self, keyword: &str) -> Vec<String> {
        let mut rest = self.0.iter().skip_while(|word| *word != keyword).skip(1);
        let clean = |word: &String| word.trim_start_matches('\'').to_owned();
        match rest.next() {
            Some(first) if first == "(" => {
                rest.take_while(|word| *word != ")").filter(|word| *word != "$").map(clean).collect()
            }
            Some(one) => vec![clean(one)],
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_columns_and_tables_of_pairs() {
        let types = [
            "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
            "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'a (NAME) of $' SUP name )",
            "( 2.5.4.31 NAME 'member' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
            "( 1.2 NAME 'since' SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE )",
            "( 1.3 NAME 'unused' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
        ]
        .map(str::to_owned);
        let classes = [
            "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
            "( 2.5.6.9 NAME 'groupOfNames' SUP top MUST ( member $ commonName ) MAY ( since $ member ) )",
        ]
        .map(str::to_owned);
        let shape = Shape { connection: "Dir", entries: "entry", id: Some("entryUUID"), owner: "entryUUID" };
        let told: Vec<String> = schema(&types, &classes, &shape)
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
            .map(|(table, column)| {
                let SchemaColumn { name, path, is_multivalued, key, value_type } = column;
                let path = path.as_deref().unwrap_or("-");
                format!("{} {name} {path} {is_multivalued} {key:?} {value_type:?}", table.name)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        Dir_entry entryUUID - false Primary Guid
        Dir_entry dn - false Unique String
        Dir_entry parentdn - false None String
        Dir_entry member groupOfNames true None String
        Dir_entry cn groupOfNames true None String
        Dir_entry since groupOfNames false None DateTime
        Dir_member entryUUID - false None String
        Dir_member member groupOfNames false None String
        ");
    }

    #[test]
    fn types_above_themselves_end_somewhere() {
        let types = ["( 1 NAME 'a' SUP b )", "( 2 NAME 'b' SUP a )"].map(str::to_owned);
        let shape = Shape { connection: "Dir", entries: "entries", id: None, owner: "dn" };
        let found = schema(&types, &["( 3 NAME 'c' MAY a )".to_owned()], &shape);
        assert_eq!(found.tables[0].columns.len(), 3);
    }
}
