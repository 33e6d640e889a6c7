//! The company as its systems export it: six tables, with the dirt that real exports have.

use super::company::{Account, Company, Person};

/// Base of every distinguished name.
const BASE: &str = "DC=example,DC=com";

/// How a file stores its text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8Bom,
    Utf16,
    Windows1252,
}

/// What makes a row unreadable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Defect {
    None,
    /// Fields are missing at its end: no mapping can read it.
    Short,
    /// A value of the entity cannot be converted: associations can still read their columns.
    BadValue,
}

#[derive(Clone)]
pub(super) struct Row {
    pub(super) fields: Vec<String>,
    pub(super) defect: Defect,
}

/// One source file.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) separator: char,
    pub(super) encoding: Encoding,
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    fn new(name: &'static str, header: &[&'static str]) -> Table {
        Table { name, separator: ';', encoding: Encoding::Utf8, header: header.to_vec(), rows: Vec::new() }
    }

    fn push<const N: usize>(&mut self, fields: [&str; N]) {
        self.rows.push(Row { fields: fields.map(str::to_owned).to_vec(), defect: Defect::None });
    }

    pub(super) fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| *column == name).unwrap_or_default()
    }

    /// The row whose first field is `key`.
    fn row(&mut self, key: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.fields[0] == key)
    }

    /// Overwrites one value of a row.
    fn spoil(&mut self, key: &str, column: &str, value: &str, defect: Defect) {
        let column = self.column(column);
        if let Some(row) = self.row(key) {
            row.fields[column] = value.to_owned();
            row.defect = defect;
        }
    }

    /// Cuts a row off after its first fields.
    fn cut(&mut self, key: &str, n_fields: usize) {
        if let Some(row) = self.row(key) {
            row.fields.truncate(n_fields);
            row.defect = Defect::Short;
        }
    }

    /// Writes the row again at the end of the file, with one value changed if so wished.
    fn repeat(&mut self, key: &str, change: Option<(&str, &str)>) {
        let Some(mut row) = self.row(key).cloned() else {
            return;
        };
        if let Some((column, value)) = change {
            row.fields[self.column(column)] = value.to_owned();
        }
        self.rows.push(row);
    }
}

/// All files of generation `n`, which counts from 1.
pub(super) fn export(company: &Company, n: usize) -> Vec<Table> {
    vec![
        persons(company, n),
        contracts(company, n),
        organizations(company, n),
        sites(n),
        entries(company, n),
        members(company),
    ]
}

/// The last generation's persons, exported by somebody who renamed two columns the wrong way round.
pub(super) fn swapped(persons: &Table) -> Table {
    let mut table = persons.clone();
    let (mail, phone) = (table.column("mail"), table.column("phone"));
    table.header.swap(mail, phone);
    table
}

fn manager_of(company: &Company, code: &str) -> String {
    company.organization(code).manager.clone()
}

fn persons(company: &Company, n: usize) -> Table {
    let mut table = Table::new(
        "hr_persons",
        &["employee_id", "last_name", "first_name", "mail", "phone", "birth_date", "hire_date", "active", "department"],
    );
    let mut people: Vec<&Person> = company.persons.iter().collect();
    people.sort_by_key(|person| (&person.last, &person.first, &person.id));
    for person in people {
        let (mail, born, hired) = (person.mail(), person.born.to_string(), person.hired.to_string());
        let active = person.is_active.to_string();
        let Person { id, last, first, phone, .. } = person;
        table.push([id, last, first, &mail, phone, &born, &hired, &active, person.department()]);
    }
    let lost = if n < 3 { "D650" } else { "D840" };
    table.spoil(&manager_of(company, lost), "department", "D999", Defect::None);
    let misdated = if n == 1 { "D820" } else { "D610" };
    table.spoil(&manager_of(company, misdated), "hire_date", "31/02/2019", Defect::BadValue);
    for _ in 0..n % 2 + 1 {
        table.push(["", "Agency", "Temporary", "", "+999 27 555 0000", "", "2026-09-01", "true", "D631"]);
    }
    table.repeat(&manager_of(company, "D210"), None);
    table.repeat(&manager_of(company, "D510"), Some(("phone", "+999 20 555 9999")));
    table
}

fn contracts(company: &Company, n: usize) -> Table {
    let mut table = Table::new(
        "hr_contracts",
        &[
            "contract_id",
            "employee_id",
            "department",
            "site",
            "job_title",
            "kind",
            "start_date",
            "end_date",
            "weekly_hours",
        ],
    );
    let mut all: Vec<_> = company.persons.iter().flat_map(|p| p.contracts.iter().map(move |c| (p, c))).collect();
    all.sort_by_key(|(_, contract)| (contract.start, &contract.id));
    for (person, c) in all {
        let (start, end) = (c.start.to_string(), c.end.map(|end| end.to_string()).unwrap_or_default());
        let hours = c.hours.to_string();
        table.push([&c.id, &person.id, &c.department, &c.site, &c.title, &c.kind, &start, &end, &hours]);
    }
    if n == 3 {
        table.spoil(&main_contract(company, "D620"), "weekly_hours", "38,5", Defect::BadValue);
    }
    table.push(["", "E10001", "D820", "AAR", "Packer", "temporary", "2026-09-01", "", "20"]);
    table.repeat(&main_contract(company, "D220"), None);
    table
}

/// Main contract of the person who leads a department.
fn main_contract(company: &Company, code: &str) -> String {
    let manager = manager_of(company, code);
    let person = company.persons.iter().find(|person| person.id == manager);
    person.map(|person| person.contracts[0].id.clone()).unwrap_or_default()
}

fn organizations(company: &Company, n: usize) -> Table {
    let mut table = Table::new("hr_organizations", &["code", "name", "parent_code", "cost_centre", "manager_id"]);
    table.encoding = Encoding::Windows1252;
    for o in &company.organizations {
        table.push([&o.code, &o.name, &o.parent, &o.cost_centre, &o.manager]);
    }
    if n == 2 {
        table.repeat("D520", Some(("cost_centre", "9999")));
    }
    table
}

fn sites(n: usize) -> Table {
    let mut table = Table::new("hr_sites", &["code", "name", "city", "country"]);
    table.encoding = Encoding::Utf16;
    table.separator = ',';
    for site in super::places::SITES {
        table.push(*site);
    }
    if n > 1 {
        table.cut("TMP", 2);
    }
    table
}

fn entries(company: &Company, n: usize) -> Table {
    let mut table = Table::new(
        "ad_entries",
        &[
            "objectGUID",
            "dn",
            "parentdn",
            "objectClass",
            "sAMAccountName",
            "displayName",
            "mail",
            "userAccountControl",
            "pwdLastSet",
            "whenCreated",
            "manager",
        ],
    );
    table.encoding = Encoding::Utf8Bom;
    let created = "20100104080000.0Z";
    table.push(["0b5f7c1e2d3a4956a1b2c3d4e5f60718", BASE, "", "domainDNS", "", "", "", "", "", created, ""]);
    for (guid, unit) in UNITS {
        table.push([guid, &dn_of(unit), BASE, "organizationalUnit", "", unit, "", "", "", created, ""]);
    }
    for group in &company.groups {
        let (dn, parent) = (group_dn(&group.name), dn_of("Groups"));
        let Group { guid, name, created, .. } = group;
        table.push([guid, &dn, &parent, "group", name, name, "", "", "", created, ""]);
    }
    for service in &company.services {
        push_account(&mut table, service, "Services", "");
    }
    for person in company.persons.iter().chain(&company.former) {
        if let Some(account) = &person.account {
            let is_current = account.control == 512;
            let manager = if is_current { manager_dn(company, person) } else { String::new() };
            push_account(&mut table, account, "Staff", &manager);
        }
    }
    if n > 1 {
        table.spoil(&company.services[3].guid, "pwdLastSet", "never", Defect::BadValue);
    }
    let forgotten = format!("CN=Forgotten Kiosk,{}", dn_of("Staff"));
    table.push(["", &forgotten, &dn_of("Staff"), "user", "kiosk", "Kiosk", "", "514", "0", created, ""]);
    table.repeat(&company.services[0].guid, None);
    table
}

use super::company::Group;

/// Organisational units with their GUIDs.
const UNITS: [(&str, &str); 3] = [
    ("1c6a8d2f3e4b5067b2c3d4e5f6071829", "Staff"),
    ("2d7b9e304f5c6178c3d4e5f60718293a", "Groups"),
    ("3e8cafb15a6d7289d4e5f60718293a4b", "Services"),
];

fn push_account(table: &mut Table, account: &Account, unit: &str, manager: &str) {
    let dn = format!("CN={},{}", account.name, dn_of(unit));
    let Account { guid, name, login, mail, created, password_set, .. } = account;
    let control = account.control.to_string();
    table.push([guid, &dn, &dn_of(unit), "user", login, name, mail, &control, password_set, created, manager]);
}

fn dn_of(unit: &str) -> String {
    format!("OU={unit},{BASE}")
}

fn group_dn(name: &str) -> String {
    format!("CN={name},{}", dn_of("Groups"))
}

fn person_dn(person: &Person) -> Option<String> {
    Some(format!("CN={},{}", person.account.as_ref()?.name, dn_of("Staff")))
}

/// Whoever leads the department, or the one above for the leader.
fn manager_dn(company: &Company, person: &Person) -> String {
    let own = company.organization(person.department());
    let above = company.organization(&own.parent);
    let leader = if own.manager == person.id { &above.manager } else { &own.manager };
    let leader = company.persons.iter().find(|other| other.id == *leader && other.id != person.id);
    leader.and_then(person_dn).unwrap_or_default()
}

fn members(company: &Company) -> Table {
    let mut table = Table::new("ad_members", &["dn", "member"]);
    for group in &company.groups {
        let dn = group_dn(&group.name);
        for person in &company.persons {
            let Some(account) = &person.account else {
                continue;
            };
            let by_department = group.department.as_deref() == Some(person.department());
            if by_department || group.members.contains(&account.guid) {
                table.push([&dn, &person_dn(person).unwrap_or_default()]);
            }
        }
        for nested in company.groups.iter().filter(|nested| group.members.contains(&nested.guid)) {
            table.push([&dn, &group_dn(&nested.name)]);
        }
    }
    let remote = group_dn("APP-Remote-Access");
    table.push([&remote, &format!("CN=Returned Scanner,{}", dn_of("Staff"))]);
    table.push([&remote, ""]);
    table.rows.push(table.rows[0].clone());
    table.rows.push(table.rows[1].clone());
    table
}
