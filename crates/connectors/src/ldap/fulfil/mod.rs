//! Orders in directories. Every order begins with a look at what is there, and sends only what differs.

mod outward;
mod request;

use self::outward::{Dialect, Wanted};
use super::client::{Client, Found};
use super::dn;
use super::error::{LdapError, code};
use super::filter::Filter;
use super::message::{
    self, Change, Control, PERMISSIVE_MODIFY, Scope, Search, TREE_DELETE, Verb, write_add, write_modify, write_rename,
};
use super::tables::{Attributes, Collected};
use super::{ad, generic, openldap, value};
use crate::fulfil::{FulfilRequest, Fulfiller, Order, Refusal, Session};
use crate::settings::Settings;
use provost_model::orders::ChangeType;

/// Flags of an account that is switched off, and of one that is switched on.
const DISABLED: i64 = 514;
const ENABLED: i64 = 512;
const SWITCHED_OFF: i64 = 2;
const UAC: &str = "userAccountControl";

/// Orders in the directories of generic LDAP.
pub(crate) struct Ldap;
/// Orders in OpenLDAP.
pub(crate) struct OpenLdap;
/// Orders in Active Directory.
pub(crate) struct ActiveDirectory;

/// An open connection to a directory.
struct Directory {
    client: Client,
    /// Where entries are looked for by their ids.
    bases: Vec<String>,
    dialect: Dialect,
    /// Passwords are set by the operation for it, not as values.
    resets_passwords: bool,
}

impl Fulfiller for Ldap {
    fn connect(&self, request: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        let (settings, _) = generic::read(Settings::new(&request.connection.identifier, request.settings));
        let server = settings.servers.first().ok_or_else(|| Refusal::of_order("Servers names no server"))?;
        let client = settings.open_at(request.base_dir, server)?;
        let dialect = if settings.as_ad_lds { Dialect::ActiveDirectory } else { Dialect::Standard };
        let resets_passwords = settings.is_ldap_password_reset;
        Ok(Box::new(Directory { client, bases: settings.bases(), dialect, resets_passwords }))
    }
}

impl Fulfiller for OpenLdap {
    fn connect(&self, request: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        let (settings, _) = openldap::read(Settings::new(&request.connection.identifier, request.settings));
        let target = settings.link.target(settings.login(), request.base_dir, settings.timeouts());
        Ok(Box::new(Directory {
            client: Client::open(&target)?,
            bases: vec![settings.base().to_owned()],
            dialect: Dialect::Standard,
            resets_passwords: settings.is_ldap_password_reset,
        }))
    }
}

impl Fulfiller for ActiveDirectory {
    fn connect(&self, request: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        let (settings, _) = ad::read(Settings::new(&request.connection.identifier, request.settings));
        let domain = settings.servers.first().ok_or_else(|| Refusal::of_order("Servers names no server"))?;
        let client = settings.open(domain, request.base_dir)?;
        let bases = settings.servers.iter().map(|domain| domain.base().to_owned()).collect();
        Ok(Box::new(Directory { client, bases, dialect: Dialect::ActiveDirectory, resets_passwords: false }))
    }
}

impl From<LdapError> for Refusal {
    fn from(error: LdapError) -> Refusal {
        Refusal {
            text: format!("{error}; {}", error.remedy()),
            transient: error.is_transient(),
            broken: error.refusal().is_none(),
            code: error.code(),
        }
    }
}

impl Session for Directory {
    fn carry_out(&mut self, order: &Order<'_>) -> Result<Option<String>, Refusal> {
        match order.order.change_type {
            ChangeType::Added => self.add(order),
            ChangeType::Modified => self.modify(order).map(|()| None),
            ChangeType::Deleted => self.delete(order).map(|()| None),
        }
    }
}

/// An entry as it is.
struct There {
    dn: String,
    attributes: Collected,
}

impl There {
    fn values(&self, name: &str) -> Vec<Vec<u8>> {
        let mut values = Vec::new();
        self.attributes.each(name, &mut |value| values.push(value.to_vec()));
        values
    }

    fn number(&self, name: &str) -> Option<i64> {
        std::str::from_utf8(self.values(name).first()?).ok()?.parse().ok()
    }
}

impl Directory {
    fn add(&mut self, order: &Order<'_>) -> Result<Option<String>, Refusal> {
        let wanted = Wanted::of(order, self.dialect)?;
        let dn = wanted.name_of_new(order)?;
        let mut attributes = wanted.attributes_of_new(order, &dn);
        let is_account = self.dialect == Dialect::ActiveDirectory && wanted.is_account(order);
        if is_account {
            // Nobody can log in before the password is set and everything else is in its place.
            attributes.push((UAC.to_owned(), vec![DISABLED.to_string().into_bytes()]));
        }
        let compared = attributes.clone();
        if let (Dialect::Standard, false, Some(password)) = (self.dialect, self.resets_passwords, &order.password) {
            attributes.push(("userPassword".to_owned(), vec![password.clone().into_bytes()]));
        }
        let made = self.client.request(&format!("making {dn}"), &[], |writer| write_add(&dn, &attributes, writer));
        let is_new = match made {
            Ok(_) => true,
            Err(error) if error.refusal() == Some(code::EXISTS) => {
                self.check_same(&dn, &compared, error)?;
                false
            }
            Err(error) => return Err(error.into()),
        };
        self.complete_account(order, &wanted, &dn, is_account, is_new)?;
        self.backlinks(order, &wanted, &dn)?;
        self.key(order, &dn)
    }

    /// An entry with the name is there already: it must be the one that the order makes, from an earlier attempt.
    fn check_same(&mut self, dn: &str, attributes: &[(String, Vec<Vec<u8>>)], error: LdapError) -> Result<(), Refusal> {
        let names: Vec<String> = attributes.iter().map(|(name, _)| name.clone()).collect();
        let Some(there) = self.read(dn, &names)? else { return Err(error.into()) };
        let differs = |(name, values): &&(String, Vec<Vec<u8>>)| {
            let has = there.values(name);
            !name.eq_ignore_ascii_case(UAC) && !values.iter().all(|value| outward::contains(&has, value))
        };
        match attributes.iter().find(differs) {
            None => Ok(()),
            Some((name, _)) => {
                let refusal = Refusal::from(error);
                Err(Refusal { text: format!("{} (it differs in {name})", refusal.text), ..refusal })
            }
        }
    }

    /// Password and flags. An account whose flags are as they shall be in the end is complete.
    fn complete_account(
        &mut self,
        order: &Order<'_>,
        wanted: &Wanted,
        dn: &str,
        is_account: bool,
        is_new: bool,
    ) -> Result<(), Refusal> {
        if !is_account {
            return match &order.password {
                Some(password) if self.resets_passwords && (is_new || !self.has_password(dn)?) => {
                    self.reset_password(dn, password)
                }
                _ => Ok(()),
            };
        }
        let now = self.read(dn, &[UAC.to_owned()])?.and_then(|there| there.number(UAC)).unwrap_or(DISABLED);
        let usual = if order.password.is_some() { ENABLED } else { DISABLED };
        let flags = wanted.flags(usual);
        if !is_new && now == flags {
            return Ok(());
        }
        if let Some(password) = &order.password {
            self.set_password(order, dn, password)?;
        }
        self.replace(dn, UAC, vec![flags.to_string().into_bytes()], now != flags)
    }

    fn replace(&mut self, dn: &str, attribute: &str, values: Vec<Vec<u8>>, differs: bool) -> Result<(), Refusal> {
        if !differs {
            return Ok(());
        }
        let change = Change { verb: Verb::Replace, attribute: attribute.to_owned(), values };
        let doing = format!("changing {attribute} of {dn}");
        self.client.request(&doing, &[], |writer| write_modify(dn, &[change], writer))?;
        Ok(())
    }

    fn modify(&mut self, order: &Order<'_>) -> Result<(), Refusal> {
        let wanted = Wanted::of(order, self.dialect)?;
        let names = wanted.names();
        let there = match self.locate(order, &names)? {
            Some(there) => there,
            None => self.renamed_before(order, &wanted, &names)?,
        };
        let changes = wanted.differences(&there);
        if !changes.is_empty() {
            let controls = match order.mapping.permissive_modify {
                true => vec![Control::bare(PERMISSIVE_MODIFY, true)],
                false => Vec::new(),
            };
            let doing = format!("changing {}", there.dn);
            self.client.request(&doing, &controls, |writer| write_modify(&there.dn, &changes, writer))?;
        }
        let dn = self.rename(order, &wanted, &there.dn)?;
        if let Some(password) = &order.password {
            match self.dialect {
                Dialect::ActiveDirectory => self.set_password(order, &dn, password)?,
                Dialect::Standard if self.resets_passwords => self.reset_password(&dn, password)?,
                Dialect::Standard => self.replace(&dn, "userPassword", vec![password.clone().into_bytes()], true)?,
            }
        }
        self.backlinks(order, &wanted, &dn)
    }

    /// An entry without an id that is not where it was may have been renamed by an earlier attempt: then it is what the
    /// order wants, under the name that the order wants.
    fn renamed_before(&mut self, order: &Order<'_>, wanted: &Wanted, names: &[String]) -> Result<There, Refusal> {
        let gone = || Refusal::of_order("the entry is gone; synchronise, and the order will be made again or dropped");
        if wanted.id.is_some() {
            return Err(gone());
        }
        let Some(name) = wanted.name_of_changed(order, wanted.dn.as_deref().unwrap_or_default()) else {
            return Err(gone());
        };
        let there = self.read(&name, names)?.ok_or_else(gone)?;
        if wanted.differences(&there).is_empty() { Ok(there) } else { Err(gone()) }
    }

    /// Renames or moves, where the order says so. Gives the name of now.
    fn rename(&mut self, order: &Order<'_>, wanted: &Wanted, from: &str) -> Result<String, Refusal> {
        let Some(to) = wanted.name_of_changed(order, from).filter(|to| !dn::same(to, from)) else {
            return Ok(from.to_owned());
        };
        let superior = Some(dn::parent(&to)).filter(|parent| !dn::same(parent, dn::parent(from)));
        let doing = format!("renaming {from} to {to}");
        self.client.request(&doing, &[], |writer| write_rename(from, dn::rdn(&to), superior, writer))?;
        Ok(to)
    }

    fn delete(&mut self, order: &Order<'_>) -> Result<(), Refusal> {
        let wanted = Wanted::of(order, self.dialect)?;
        let Some(there) = self.locate(order, &["1.1".to_owned()])? else { return Ok(()) };
        let tree = order.mapping.tree_delete;
        match self.delete_one(&there.dn, tree) {
            Err(error) if tree && error.refusal() == Some(code::UNAVAILABLE_EXTENSION) => {
                self.delete_below(&there.dn)?
            }
            done => done?,
        }
        self.backlinks(order, &wanted, &there.dn)
    }

    /// Deletes an entry; what is gone already is no error.
    fn delete_one(&mut self, dn: &str, tree: bool) -> Result<(), LdapError> {
        let controls = if tree { vec![Control::bare(TREE_DELETE, true)] } else { Vec::new() };
        let done = self.client.request(&format!("deleting {dn}"), &controls, |writer| {
            writer.element(message::DELETE, dn.as_bytes());
        });
        match done {
            Err(error) if error.refusal() == Some(code::NO_SUCH_OBJECT) => Ok(()),
            done => done.map(|_| ()),
        }
    }

    /// Deletes an entry and what is below it, from the leaves up, for servers that cannot do it at once.
    fn delete_below(&mut self, top: &str) -> Result<(), LdapError> {
        let mut names = Vec::new();
        self.search(
            top,
            Scope::Subtree,
            &Filter::Present("objectClass".to_owned()),
            &["1.1".to_owned()],
            &mut |there| {
                names.push(there.dn);
            },
        )?;
        // A name below another is longer than it.
        names.sort_by_key(|name| std::cmp::Reverse(dn::fold(name).len()));
        names.iter().try_for_each(|name| self.delete_one(name, false))
    }
}
