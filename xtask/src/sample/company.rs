//! Brindlemark, a maker of measuring instruments that does not exist: its people, contracts and accounts.

use super::dates::Date;
use super::names::{CULTURES, FLOOR_TITLES, OFFICE_TITLES, ascii};
use super::places::{APPLICATIONS, DEPARTMENTS, SERVICES, SITES};
use super::random::Random;
use std::collections::BTreeSet;

const N_PERSONS: usize = 2_000;

/// The whole company at one moment.
pub(super) struct Company {
    pub(super) organizations: Vec<Organization>,
    pub(super) persons: Vec<Person>,
    pub(super) groups: Vec<Group>,
    pub(super) services: Vec<Account>,
    /// People who left, for the one who comes back.
    pub(super) former: Vec<Person>,
    used_names: BTreeSet<String>,
    n_employees: usize,
    n_contracts: usize,
}

#[derive(Clone)]
pub(super) struct Organization {
    pub(super) code: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) cost_centre: String,
    /// Employee id of the person who leads it.
    pub(super) manager: String,
    pub(super) is_office: bool,
}

#[derive(Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) first: String,
    pub(super) last: String,
    /// Unique part of mail address and login.
    pub(super) handle: String,
    pub(super) phone: String,
    pub(super) born: Date,
    pub(super) hired: Date,
    pub(super) is_active: bool,
    /// The main contract comes first.
    pub(super) contracts: Vec<Contract>,
    pub(super) account: Option<Account>,
}

#[derive(Clone)]
pub(super) struct Contract {
    pub(super) id: String,
    pub(super) department: String,
    pub(super) site: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) start: Date,
    pub(super) end: Option<Date>,
    pub(super) hours: i32,
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) guid: String,
    /// Common name; the distinguished name is built from it.
    pub(super) name: String,
    pub(super) login: String,
    pub(super) mail: String,
    pub(super) control: i32,
    pub(super) created: String,
    pub(super) password_set: String,
}

#[derive(Clone)]
pub(super) struct Group {
    pub(super) guid: String,
    pub(super) name: String,
    pub(super) created: String,
    /// Department whose people belong to it.
    pub(super) department: Option<String>,
    /// GUIDs of accounts and groups that belong to it for another reason.
    pub(super) members: Vec<String>,
}

impl Person {
    pub(super) fn department(&self) -> &str {
        &self.contracts[0].department
    }

    pub(super) fn mail(&self) -> String {
        format!("{}@example.com", self.handle)
    }

    pub(super) fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

impl Company {
    /// The company as the first export finds it, in September 2026.
    pub(super) fn found(random: &mut Random) -> Company {
        let mut company = Company {
            organizations: Vec::new(),
            persons: Vec::new(),
            groups: Vec::new(),
            services: Vec::new(),
            former: Vec::new(),
            used_names: BTreeSet::new(),
            n_employees: 10_000,
            n_contracts: 30_000,
        };
        company.build_organizations();
        let total: usize = DEPARTMENTS.iter().map(|department| department.share).sum();
        for department in DEPARTMENTS {
            for _ in 0..(department.share * N_PERSONS).div_ceil(total) {
                let hired = Date::random(random, 2004, 2025);
                let person = company.hire(random, department.code, hired);
                company.persons.push(person);
            }
        }
        company.appoint_managers();
        company.build_directory(random);
        company
    }

    fn build_organizations(&mut self) {
        for (i, department) in DEPARTMENTS.iter().enumerate() {
            self.organizations.push(Organization {
                code: department.code.to_owned(),
                parent: department.parent.to_owned(),
                name: department.name.to_owned(),
                cost_centre: format!("{}", 4_100 + 10 * i),
                manager: String::new(),
                is_office: department.is_office,
            });
        }
    }

    /// A new person of a department, with an account when the department works at desks.
    pub(super) fn hire(&mut self, random: &mut Random, department: &str, hired: Date) -> Person {
        let (family, other) = (random.pick(CULTURES), random.pick(CULTURES));
        let given = if random.chance(60) { family } else { other };
        let (first, last) = (random.pick(given.given).to_string(), random.pick(family.family).to_string());
        let handle = self.handle(&first, &last);
        self.n_employees += random.between(1, 7) as usize;
        let main = self.contract(random, department, hired);
        let mut contracts = vec![main];
        if random.chance(6) {
            contracts.push(self.second_contract(random, hired));
        }
        let mut person = Person {
            id: format!("E{}", self.n_employees),
            first,
            last,
            handle,
            phone: phone(random),
            born: Date::random(random, 1962, hired.year - 18),
            hired,
            is_active: !random.chance(3),
            contracts,
            account: None,
        };
        if self.organization(department).is_office {
            person.account = Some(account(random, &person, hired));
        }
        person
    }

    /// A mail name that nobody has or had: `anais.lefevre`, `anais.lefevre2`, …
    pub(super) fn handle(&mut self, first: &str, last: &str) -> String {
        let base = format!("{}.{}", ascii(first), ascii(last));
        let mut handle = base.clone();
        let mut n = 1;
        while !self.used_names.insert(handle.clone()) {
            n += 1;
            handle = format!("{base}{n}");
        }
        handle
    }

    fn contract(&mut self, random: &mut Random, department: &str, start: Date) -> Contract {
        let is_office = self.organization(department).is_office;
        self.n_contracts += 1;
        let fixed = random.chance(9);
        Contract {
            id: format!("C{}", self.n_contracts),
            department: department.to_owned(),
            site: random.pick(SITES)[0].to_owned(),
            title: random.pick(if is_office { OFFICE_TITLES } else { FLOOR_TITLES }).to_string(),
            kind: if fixed { "fixed-term" } else { "permanent" }.to_owned(),
            start,
            end: fixed.then(|| Date::random(random, 2027, 2028)),
            hours: if random.chance(80) { 38 } else { 20 + 4 * random.between(0, 3) },
        }
    }

    fn second_contract(&mut self, random: &mut Random, start: Date) -> Contract {
        let department = random.pick(DEPARTMENTS).code.to_owned();
        let mut contract = self.contract(random, &department, start);
        contract.kind = "secondment".to_owned();
        contract.hours = 8;
        contract
    }

    pub(super) fn organization(&self, code: &str) -> &Organization {
        self.organizations.iter().find(|organization| organization.code == code).unwrap_or(&self.organizations[0])
    }

    /// The longest-serving person with an account leads a department; the root is led from the Executive Office.
    pub(super) fn appoint_managers(&mut self) {
        for i in 0..self.organizations.len() {
            let organization = &self.organizations[i];
            let code = if organization.code == "D000" { "D100" } else { &organization.code };
            let people = self.persons.iter().filter(|person| person.department() == code);
            let manager = people.min_by_key(|person| (person.hired, person.id.clone())).map(|person| person.id.clone());
            if organization.manager.is_empty() {
                self.organizations[i].manager = manager.unwrap_or_default();
            }
        }
    }

    pub(super) fn is_manager(&self, person: &Person) -> bool {
        self.organizations.iter().any(|organization| organization.manager == person.id)
    }

    /// Groups, their members, and accounts that belong to nobody.
    fn build_directory(&mut self, random: &mut Random) {
        let organizations: Vec<Organization> = self.organizations.iter().filter(|o| o.is_office).cloned().collect();
        for organization in organizations.iter().filter(|o| o.code != "D000") {
            let name = format!("GG-{}", ascii(&organization.name));
            self.groups.push(group(random, name, Some(organization.code.clone())));
        }
        let guids: Vec<String> = self.persons.iter().filter_map(|p| Some(p.account.as_ref()?.guid.clone())).collect();
        for (name, percent) in APPLICATIONS {
            let mut new = group(random, format!("APP-{name}"), None);
            new.members = guids.iter().filter(|_| random.chance(*percent)).cloned().collect();
            if let Some(nested) = random.chance(60).then(|| random.pick(&self.groups).guid.clone()) {
                new.members.push(nested);
            }
            self.groups.push(new);
        }
        for name in SERVICES {
            let created = Date::random(random, 2010, 2020);
            self.services.push(Account {
                guid: random.guid(),
                name: name.to_string(),
                login: name.to_string(),
                mail: String::new(),
                control: 66_048,
                created: created.generalised(),
                password_set: created.filetime(0),
            });
        }
    }
}

/// An account for a new person.
pub(super) fn account(random: &mut Random, person: &Person, created: Date) -> Account {
    let recently = Date::new(2026, random.between(1, 8), random.between(1, 28));
    Account {
        guid: random.guid(),
        name: common_name(person),
        login: person.handle.replace('.', "-").chars().take(20).collect(),
        mail: person.mail(),
        control: 512,
        created: created.generalised(),
        password_set: password_time(random, recently.max(created)),
    }
}

/// The full name, with the number of the mail name when there is one.
pub(super) fn common_name(person: &Person) -> String {
    let number: String = person.handle.chars().filter(char::is_ascii_digit).collect();
    format!("{} {number}", person.full_name()).trim_end().to_owned()
}

/// A moment of that day.
pub(super) fn password_time(random: &mut Random, day: Date) -> String {
    day.filetime(i64::from(random.between(28_800, 64_800)))
}

/// A number under a country code that is assigned to nobody.
pub(super) fn phone(random: &mut Random) -> String {
    format!("+999 {} 555 {:04}", 20 + random.below(8), random.below(10_000))
}

fn group(random: &mut Random, name: String, department: Option<String>) -> Group {
    let created = Date::random(random, 2012, 2022).generalised();
    Group { guid: random.guid(), name, created, department, members: Vec::new() }
}
