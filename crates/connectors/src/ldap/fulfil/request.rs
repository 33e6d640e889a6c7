//! Finding entries, their passwords, and the values at the other end of links.

use super::super::error::{LdapError, code};
use super::super::value::Form;
use super::*;

/// `{id, …}`: the request of the operation that sets a password (RFC 3062).
const USER: u8 = 0x80;
const NEW_PASSWORD: u8 = 0x82;

impl Directory {
    /// Walks a search; entries are given one by one.
    pub(super) fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &Filter,
        attributes: &[String],
        take: &mut dyn FnMut(There),
    ) -> Result<(), LdapError> {
        let search = Search { base, scope, filter, attributes: attributes.to_vec(), size_limit: 0, time_limit: 0 };
        let outcome = self.client.search::<LdapError>(&search, &[], &mut |found| {
            if let Found::Entry(entry, _) = found {
                let values = entry.attributes.iter().map(|attribute| {
                    (attribute.range().0.to_owned(), attribute.values().map(<[u8]>::to_vec).collect())
                });
                take(There { dn: entry.dn.to_owned(), attributes: Collected(values.collect()) });
            }
            Ok(())
        })?;
        match outcome.code {
            code::SUCCESS | code::NO_SUCH_OBJECT => Ok(()),
            _ => Err(self.client.refused(&format!("the search below {base}"), &outcome)),
        }
    }

    /// The entry with this name, if there is one.
    pub(super) fn read(&mut self, dn: &str, attributes: &[String]) -> Result<Option<There>, LdapError> {
        self.first(dn, Scope::Base, &Filter::Present("objectClass".to_owned()), attributes)
    }

    fn first(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &Filter,
        attributes: &[String],
    ) -> Result<Option<There>, LdapError> {
        let mut first = None;
        self.search(base, scope, filter, attributes, &mut |there| {
            first.get_or_insert(there);
        })?;
        Ok(first)
    }

    /// The target of an order as it is: by its id where there is one, which no renaming changes, else by its name.
    pub(super) fn locate(&mut self, order: &Order<'_>, attributes: &[String]) -> Result<Option<There>, Refusal> {
        let wanted = Wanted::of(order, self.dialect)?;
        let Some((attribute, text)) = &wanted.id else {
            let dn = wanted.dn.as_deref().ok_or_else(|| {
                Refusal::of_order("the order says neither the name nor the id of the entry; map its dn or its id")
            })?;
            return Ok(self.read(dn, attributes)?);
        };
        let octets = match attribute.eq_ignore_ascii_case("objectGUID") {
            true => Form::Guid.value(text),
            false => Some(text.clone().into_bytes()),
        };
        let octets = octets.ok_or_else(|| Refusal::of_order(format!("\"{text}\" is no {attribute}")))?;
        let filter = Filter::equal(attribute, &octets);
        for base in self.bases.clone() {
            if let Some(there) = self.first(&base, Scope::Subtree, &filter, attributes)? {
                return Ok(Some(there));
            }
        }
        Ok(None)
    }

    /// The id that the directory gave to a new entry, where a mapping reads it.
    pub(super) fn key(&mut self, order: &Order<'_>, dn: &str) -> Result<Option<String>, Refusal> {
        let id = ["objectGUID", "entryUUID"].into_iter().find(|name| order.mapping.with_column(name).is_some());
        let Some(id) = id else { return Ok(None) };
        let there = self.read(dn, &[id.to_owned()])?;
        let value = there.and_then(|there| there.values(id).into_iter().next());
        let form = value::form(id, None);
        Ok(value.map(|value| String::from_utf8_lossy(&form.text(&value)).into_owned()))
    }

    /// Sets a password in Active Directory, which takes it over an encrypted connection only.
    pub(super) fn set_password(&mut self, order: &Order<'_>, dn: &str, password: &str) -> Result<(), Refusal> {
        let quoted = format!("\"{password}\"");
        let octets: Vec<u8> = quoted.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.replace(dn, "unicodePwd", vec![octets], true)?;
        self.replace(dn, "pwdLastSet", vec![b"0".to_vec()], order.mapping.must_change_password)
    }

    /// Sets a password by the operation for it, so that the server applies its policy and its hash.
    pub(super) fn reset_password(&mut self, dn: &str, password: &str) -> Result<(), Refusal> {
        let mut value = super::super::ber::Writer::default();
        value.nested(super::super::ber::SEQUENCE, |writer| {
            writer.element(USER, dn.as_bytes());
            writer.element(NEW_PASSWORD, password.as_bytes());
        });
        self.client.request(&format!("setting the password of {dn}"), &[], |writer| {
            message::write_extended(message::PASSWORD_MODIFY, Some(&value.bytes), writer);
        })?;
        Ok(())
    }

    /// Whether a password was set before.
    pub(super) fn has_password(&mut self, dn: &str) -> Result<bool, Refusal> {
        let filter = Filter::Present("userPassword".to_owned());
        Ok(self.first(dn, Scope::Base, &filter, &["1.1".to_owned()])?.is_some())
    }

    /// Adds the entry to the linked objects, or removes it from them.
    pub(super) fn backlinks(&mut self, order: &Order<'_>, wanted: &Wanted, dn: &str) -> Result<(), Refusal> {
        for link in &wanted.backlinks {
            let verb = if link.added { Verb::Add } else { Verb::Delete };
            let change = Change { verb, attribute: link.column.clone(), values: vec![dn.as_bytes().to_vec()] };
            let controls = match order.mapping.permissive_modify {
                true => vec![Control::bare(PERMISSIVE_MODIFY, true)],
                false => Vec::new(),
            };
            let word = if link.added { "adding to" } else { "removing from" };
            let doing = format!("{word} {} of {}", link.column, link.target);
            let done = self.client.request(&doing, &controls, |w| write_modify(&link.target, &[change], w));
            let Err(error) = done else { continue };
            // Each kind of server has a result of its own for what is so already: what is there decides.
            let suspect = matches!(
                error.refusal(),
                Some(
                    code::VALUE_EXISTS
                        | code::NO_SUCH_ATTRIBUTE
                        | code::EXISTS
                        | code::UNWILLING
                        | code::NO_SUCH_OBJECT
                )
            );
            if !suspect || self.holds(&link.target, &link.column, dn)? != Some(link.added) {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Whether an entry refers to another. Nothing when it is gone, unless nothing is what a removal wants.
    fn holds(&mut self, target: &str, column: &str, dn: &str) -> Result<Option<bool>, Refusal> {
        let exists = self.read(target, &["1.1".to_owned()])?.is_some();
        let filter = Filter::equal(column, dn.as_bytes());
        let holds = self.first(target, Scope::Base, &filter, &["1.1".to_owned()])?.is_some();
        // A group that is gone has no members: a removal from it is done.
        Ok(if exists || !holds { Some(holds) } else { None })
    }
}
