//! From an order to what the directory is asked for: names, attributes, flags, links.

use super::super::message::{Change, Verb};
use super::super::{dn, value};
use super::{SWITCHED_OFF, There, UAC};
use crate::fulfil::{Order, Refusal};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use provost_model::fulfilment::{PropertyRole, TargetMapping, TargetProperty};
use provost_model::orders::ProvisioningOrder;
use serde_json::Value;

/// How a kind of directory writes things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Standard,
    ActiveDirectory,
}

/// Attributes of Active Directory that count time in steps of 100 ns since 1601.
const TICKS: &[&str] = &[
    "accountExpires",
    "badPasswordTime",
    "lastLogoff",
    "lastLogon",
    "lastLogonTimestamp",
    "lockoutTime",
    "pwdLastSet",
];

/// A link that is written at its other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backlink {
    pub(super) column: String,
    pub(super) target: String,
    pub(super) added: bool,
}

/// What an order wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Attribute and text of what identifies the target for good.
    pub(super) id: Option<(String, String)>,
    /// Name of the target before.
    pub(super) dn: Option<String>,
    /// Attributes that shall have exactly these values.
    values: Vec<(String, Vec<Vec<u8>>)>,
    /// Values that attributes gain and lose.
    gained: Vec<(String, Vec<Vec<u8>>)>,
    lost: Vec<(String, Vec<Vec<u8>>)>,
    /// Masks: attribute, bit, whether it shall be set.
    bits: Vec<(String, i64, bool)>,
    pub(super) backlinks: Vec<Backlink>,
}

fn unmapped(name: &str) -> Refusal {
    Refusal::of_order(format!(
        "the order changes {name}, but no mapping says where it is written; map it, or take its rule away"
    ))
}

impl Wanted {
    pub(super) fn of(order: &Order<'_>, dialect: Dialect) -> Result<Wanted, Refusal> {
        let Order { order, mapping, .. } = order;
        let mut wanted = Wanted { id: id(order, mapping), ..Wanted::default() };
        let named = mapping.with_role(PropertyRole::Dn).or_else(|| mapping.with_column("dn"));
        let before = |property: &TargetProperty| text(order.resource.as_ref()?.get(&property.property)?, mapping);
        wanted.dn = named.and_then(before);
        for (name, value) in &order.changes {
            wanted.take(mapping, name, value, dialect)?;
        }
        Ok(wanted)
    }

    fn take(&mut self, mapping: &TargetMapping, name: &str, value: &Value, dialect: Dialect) -> Result<(), Refusal> {
        let (name, list) = match (name.strip_suffix("_add"), name.strip_suffix("_remove")) {
            (Some(name), _) => (name, Some(true)),
            (_, Some(name)) => (name, Some(false)),
            _ => (name, None),
        };
        let Some(property) = mapping.properties.iter().find(|property| property.property == name) else {
            return Err(unmapped(name));
        };
        let is_name = matches!(property.role, PropertyRole::Dn | PropertyRole::Parent | PropertyRole::Rdn);
        if is_name || property.column.as_deref().is_some_and(is_pseudo) {
            return Ok(());
        }
        if let (Some(added), Some(backlink)) = (list, &property.backlink_column) {
            let targets = value.as_array().into_iter().flatten().filter_map(|value| text(value, mapping));
            self.backlinks.extend(targets.map(|target| Backlink { column: backlink.clone(), target, added }));
            return Ok(());
        }
        let Some(column) = property.column.as_deref() else {
            return Err(unmapped(name));
        };
        if let Some((mask, bit)) = property.format.as_deref().and_then(bit_of) {
            let on = value.as_str() == Some("true") || value.as_bool() == Some(true) || value.as_str() == Some("1");
            self.bits.push((mask.to_owned(), bit, on));
            return Ok(());
        }
        let values = (column.to_owned(), values(property, mapping, value, dialect)?);
        match list {
            Some(true) => self.gained.push(values),
            Some(false) => self.lost.push(values),
            None => self.values.push(values),
        }
        Ok(())
    }

    /// Attributes that have to be looked at before they are changed.
    pub(super) fn names(&self) -> Vec<String> {
        let plain = self.values.iter().chain(&self.gained).chain(&self.lost).map(|(name, _)| name.clone());
        let mut names: Vec<String> = plain.chain(self.bits.iter().map(|(name, ..)| name.clone())).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { vec!["1.1".to_owned()] } else { names }
    }

    /// Name of an entry that is to be made.
    pub(super) fn name_of_new(&self, order: &Order<'_>) -> Result<String, Refusal> {
        let of = |role| order.mapping.with_role(role).and_then(|p| changed(order.order, p, order.mapping));
        if let Some(dn) = of(PropertyRole::Dn) {
            return Ok(dn);
        }
        let attribute = &order.mapping.rdn_attribute;
        let by_column = || order.mapping.with_column(attribute).and_then(|p| changed(order.order, p, order.mapping));
        match (of(PropertyRole::Rdn).or_else(by_column), of(PropertyRole::Parent)) {
            (Some(rdn), Some(parent)) => Ok(dn::below(&rdn_of(attribute, &rdn), &parent)),
            (None, _) => {
                Err(Refusal::of_order(format!("the order gives no {attribute}, so the new entry has no name")))
            }
            (_, None) => Err(Refusal::of_order("the order names no parent, so the new entry has no place")),
        }
    }

    /// Name that an entry shall have, where the order changes it.
    pub(super) fn name_of_changed(&self, order: &Order<'_>, now: &str) -> Option<String> {
        let of = |role| order.mapping.with_role(role).and_then(|p| changed(order.order, p, order.mapping));
        if let Some(dn) = of(PropertyRole::Dn) {
            return Some(dn);
        }
        let attribute = &order.mapping.rdn_attribute;
        let rdn = of(PropertyRole::Rdn).map(|rdn| rdn_of(attribute, &rdn));
        let parent = of(PropertyRole::Parent);
        if rdn.is_none() && parent.is_none() {
            return None;
        }
        let rdn = rdn.unwrap_or_else(|| dn::rdn(now).to_owned());
        Some(dn::below(&rdn, parent.as_deref().unwrap_or(dn::parent(now))))
    }

    /// Attributes of an entry that is to be made.
    pub(super) fn attributes_of_new(&self, order: &Order<'_>, name: &str) -> Vec<(String, Vec<Vec<u8>>)> {
        let classes = order.mapping.object_classes.iter().map(|class| class.clone().into_bytes()).collect();
        let mut attributes: Vec<(String, Vec<Vec<u8>>)> = vec![("objectClass".to_owned(), classes)];
        for (name, values) in self.values.iter().chain(&self.gained) {
            let is_empty = values.is_empty() || name.eq_ignore_ascii_case(UAC);
            if !is_empty && !attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                attributes.push((name.clone(), values.clone()));
            }
        }
        // The value in the name must be one of the entry; servers add it themselves, and so it may be left out.
        let attribute = dn::rdn(name).split_once('=').map_or("", |(attribute, _)| attribute.trim());
        if attribute.eq_ignore_ascii_case("cn")
            && attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case("name"))
        {
            attributes.retain(|(known, _)| !known.eq_ignore_ascii_case("name"));
        }
        attributes
    }

    /// Whether the order makes an account that somebody logs in with.
    pub(super) fn is_account(&self, order: &Order<'_>) -> bool {
        let has_class =
            |wanted: &str| order.mapping.object_classes.iter().any(|class| class.eq_ignore_ascii_case(wanted));
        has_class("user") || has_class("inetOrgPerson") || has_class("computer")
    }

    /// Flags of a new account.
    pub(super) fn flags(&self, usual: i64) -> i64 {
        let given = self.values.iter().find(|(name, _)| name.eq_ignore_ascii_case(UAC));
        let given = given.and_then(|(_, values)| std::str::from_utf8(values.first()?).ok()?.parse().ok());
        let mut flags = given.unwrap_or(usual);
        for (_, bit, on) in self.bits.iter().filter(|(name, ..)| name.eq_ignore_ascii_case(UAC)) {
            flags = if *on { flags | bit } else { flags & !bit };
        }
        // An account without a password must not be open.
        if usual & SWITCHED_OFF != 0 { flags | SWITCHED_OFF } else { flags }
    }

    /// What has to change for the entry to be as the order wants.
    pub(super) fn differences(&self, there: &There) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut change = |verb, attribute: &str, values: Vec<Vec<u8>>| {
            changes.push(Change { verb, attribute: attribute.to_owned(), values });
        };
        for (name, wanted) in &self.values {
            let has = there.values(name);
            let same = has.len() == wanted.len() && wanted.iter().all(|value| has.contains(value));
            if !same {
                change(Verb::Replace, name, wanted.clone());
            }
        }
        for (name, wanted) in &self.gained {
            let has = there.values(name);
            let missing: Vec<_> = wanted.iter().filter(|value| !contains(&has, value)).cloned().collect();
            if !missing.is_empty() {
                change(Verb::Add, name, missing);
            }
        }
        for (name, unwanted) in &self.lost {
            let has = there.values(name);
            let present: Vec<_> = unwanted.iter().filter(|value| contains(&has, value)).cloned().collect();
            if !present.is_empty() {
                change(Verb::Delete, name, present);
            }
        }
        let mut masks: Vec<&str> = self.bits.iter().map(|(name, ..)| name.as_str()).collect();
        masks.dedup();
        for mask in masks {
            let now = there.number(mask).unwrap_or(0);
            let of_mask = self.bits.iter().filter(|(name, ..)| name == mask);
            let wanted = of_mask.fold(now, |flags, (_, bit, on)| if *on { flags | bit } else { flags & !bit });
            if wanted != now {
                change(Verb::Replace, mask, vec![wanted.to_string().into_bytes()]);
            }
        }
        changes
    }
}

/// Whether a value is among others; names are compared as names.
pub(super) fn contains(values: &[Vec<u8>], wanted: &[u8]) -> bool {
    let folded = |value: &[u8]| std::str::from_utf8(value).ok().map(dn::fold);
    values.iter().any(|value| value == wanted) || {
        let wanted = folded(wanted);
        wanted.is_some() && values.iter().any(|value| folded(value) == wanted)
    }
}

fn rdn_of(attribute: &str, value: &str) -> String {
    let is_whole = value.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(attribute));
    if is_whole { value.to_owned() } else { dn::build(attribute, value) }
}

fn is_pseudo(column: &str) -> bool {
    ["dn", "distinguishedName", "parentdn", "rdn", "objectGUID", "entryUUID", "objectSid"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(column))
}

/// Attribute and mask of `bit:userAccountControl:2`, whose bits count from 1.
fn bit_of(format: &str) -> Option<(&str, i64)> {
    let mut words = format.split(':');
    let is_bit = words.next()?.eq_ignore_ascii_case("bit");
    let (attribute, number) = (words.next()?, words.next()?.parse::<u32>().ok()?);
    is_bit.then_some((attribute, 1_i64.checked_shl(number.checked_sub(1)?)?))
}

fn id(order: &ProvisioningOrder, mapping: &TargetMapping) -> Option<(String, String)> {
    let resource = order.resource.as_ref()?;
    ["objectGUID", "entryUUID"].into_iter().find_map(|column| {
        let property = mapping.with_column(column)?;
        let text = resource.get(&property.property)?.as_str().filter(|text| !text.is_empty())?;
        // The 32 digits of an internal form are the 36 characters of the directory without hyphens.
        let text = match column {
            "entryUUID" if text.len() == 32 && text.is_ascii() => {
                [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
            }
            _ => text.to_owned(),
        };
        Some((column.to_owned(), text))
    })
}

/// The new value of a property, as one text.
fn changed(order: &ProvisioningOrder, property: &TargetProperty, mapping: &TargetMapping) -> Option<String> {
    let value = order.changes.get(&property.property);
    let value = value.or_else(|| order.added(&property.property).first())?;
    text(value, mapping)
}

/// The text of a value; of a linked resource its name.
fn text(value: &Value, mapping: &TargetMapping) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Object(object) => {
            let named = mapping.with_role(PropertyRole::Dn).map(|property| property.property.as_str());
            let names = named.into_iter().chain(["dn", "distinguishedName"]);
            let by_name =
                |name: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            let found = names.filter_map(by_name).find_map(Value::as_str);
            found.or_else(|| if object.len() == 1 { object.values().next()?.as_str() } else { None })?.to_owned()
        }
        Value::Null | Value::Array(_) => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The values behind a value of an order.
fn values(
    property: &TargetProperty,
    mapping: &TargetMapping,
    value: &Value,
    dialect: Dialect,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let items = match value {
        Value::Array(items) => items.iter().filter_map(|item| text(item, mapping)).collect(),
        other => text(other, mapping).map(|text| split(property, &text)).unwrap_or_default(),
    };
    items.iter().map(|text| external(property, text, dialect)).collect()
}

fn split(property: &TargetProperty, text: &str) -> Vec<String> {
    let format = property.format.as_deref().unwrap_or_default().to_ascii_lowercase();
    let parts = |separator: &str| text.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    match &property.separator {
        Some(separator) if !separator.is_empty() => parts(separator),
        _ if format == "multivaluedtext" => parts("\n"),
        // One value that holds several: `concat:;`.
        _ => match format.strip_prefix("concat:") {
            Some(separator) => vec![text.replace('\n', separator)],
            None => vec![text.to_owned()],
        },
    }
}

/// The form of the directory of one internal text.
fn external(property: &TargetProperty, text: &str, dialect: Dialect) -> Result<Vec<u8>, Refusal> {
    let column = property.column.as_deref().unwrap_or_default();
    let format = property.format.as_deref().unwrap_or_default();
    let wrong = |expected: &str| {
        Refusal::of_order(format!(
            "{}: \"{text}\" is not {expected}, which its format {format} asks for",
            property.property
        ))
    };
    match format.to_ascii_lowercase().as_str() {
        "bool" => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(b"TRUE".to_vec()),
            "false" | "0" => Ok(b"FALSE".to_vec()),
            _ => Err(wrong("true or false")),
        },
        "datetime" | "1601date" | "date" => {
            time(column, text, dialect).ok_or_else(|| wrong("a date such as 20260131000000"))
        }
        _ => value::form(column, property.format.as_deref()).value(text).ok_or_else(|| wrong("in the form")),
    }
}

fn time(column: &str, text: &str, dialect: Dialect) -> Option<Vec<u8>> {
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    let ticks = dialect == Dialect::ActiveDirectory && TICKS.iter().any(|name| name.eq_ignore_ascii_case(column));
    if !ticks {
        let end = if dialect == Dialect::ActiveDirectory { ".0Z" } else { "Z" };
        return Some(format!("{text}{end}").into_bytes());
    }
    let seconds = TimeZone::UTC.to_timestamp(time).ok()?.as_second();
    // Seconds between 1601 and 1970.
    Some(((seconds + 11_644_473_600) * 10_000_000).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn property(name: &str, column: &str, format: Option<&str>, role: PropertyRole) -> TargetProperty {
        TargetProperty {
            property: name.to_owned(),
            column: Some(column.to_owned()),
            format: format.map(str::to_owned),
            role,
            ..TargetProperty::default()
        }
    }

    fn mapping() -> TargetMapping {
        let mut member_of = property("memberOf", "memberOf", None, PropertyRole::Value);
        member_of.backlink_column = Some("member".to_owned());
        TargetMapping {
            object_classes: vec!["user".to_owned()],
            rdn_attribute: "CN".to_owned(),
            properties: vec![
                property("dn", "dn", None, PropertyRole::Dn),
                property("parent", "parentdn", None, PropertyRole::Parent),
                property("rdn", "rdn", None, PropertyRole::Rdn),
                property("guid", "objectGUID", Some("Guid"), PropertyRole::Value),
                property("disabled", "bit_userAccountControl_2", Some("bit:userAccountControl:2"), PropertyRole::Value),
                property("expires", "accountExpires", Some("1601Date"), PropertyRole::Value),
                property("phones", "otherTelephone", Some("MultivaluedText"), PropertyRole::Value),
                property("active", "msActive", Some("Bool"), PropertyRole::Value),
                member_of,
            ],
            ..TargetMapping::default()
        }
    }

    fn wanted(changes: Value) -> (Result<Wanted, Refusal>, ProvisioningOrder) {
        let order: ProvisioningOrder = serde_json::from_value(json!({"ChangeType": "Modified", "Changes": changes,
            "Resource": {"guid": "c076e361fa5f428e833939a449ce2db3", "dn": "CN=a,OU=x"}}))
        .unwrap();
        let mapping = mapping();
        let wanted = Wanted::of(&Order { order: &order, mapping: &mapping, password: None }, Dialect::ActiveDirectory);
        (wanted, order)
    }

    #[test]
    fn values_take_the_form_of_the_directory() {
        let (wanted, _) =
            wanted(json!({"expires": "20260131000000", "phones": "1\n2", "active": "true", "disabled": "false"}));
        let wanted = wanted.unwrap();
        assert_eq!(wanted.id, Some(("objectGUID".to_owned(), "c076e361fa5f428e833939a449ce2db3".to_owned())));
        assert_eq!(
            wanted.values,
            [
                ("accountExpires".to_owned(), vec![b"134142912000000000".to_vec()]),
                ("otherTelephone".to_owned(), vec![b"1".to_vec(), b"2".to_vec()]),
                ("msActive".to_owned(), vec![b"TRUE".to_vec()]),
            ]
        );
        assert_eq!(wanted.bits, [(UAC.to_owned(), 2, false)]);
        assert_eq!((wanted.flags(512), wanted.flags(514)), (512, 514));
    }

    #[test]
    fn names_come_from_the_order_or_from_its_parts() {
        let name = |changes: Value, now: &str| {
            let (wanted, order) = wanted(changes);
            let mapping = mapping();
            wanted.unwrap().name_of_changed(&Order { order: &order, mapping: &mapping, password: None }, now)
        };
        assert_eq!(name(json!({}), "CN=a,OU=x"), None);
        assert_eq!(name(json!({"rdn": "Doe, J"}), "CN=a,OU=x").unwrap(), "CN=Doe\\, J,OU=x");
        assert_eq!(name(json!({"rdn": "cn=b"}), "CN=a,OU=x").unwrap(), "cn=b,OU=x");
        assert_eq!(name(json!({"parent": {"dn": "OU=y"}}), "CN=a,OU=x").unwrap(), "CN=a,OU=y");
        assert_eq!(name(json!({"dn": "CN=z,OU=w"}), "CN=a,OU=x").unwrap(), "CN=z,OU=w");
    }

    #[test]
    fn an_order_that_cannot_be_understood_is_refused_with_a_reason() {
        let told = |changes: Value| wanted(changes).0.unwrap_err().text;
        assert_eq!(
            told(json!({"mail": "x"})),
            "the order changes mail, but no mapping says where it is written; map it, or take its rule away"
        );
        assert_eq!(
            told(json!({"expires": "soon"})),
            "expires: \"soon\" is not a date such as 20260131000000, which its format 1601Date asks for"
        );
    }
}
