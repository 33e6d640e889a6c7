//! What happens at Brindlemark between two exports: people join, move, leave, marry and come back.

use super::company::{Company, Person, account, common_name, password_time, phone};
use super::dates::Date;
use super::names::OFFICE_TITLES;
use super::random::Random;

/// How much of everything happens in one step.
struct Pace {
    first_of_month: Date,
    joiners: usize,
    leavers: usize,
    movers: usize,
    promotions: usize,
    phones: usize,
    passwords: usize,
}

const PACES: [Pace; 3] = [
    Pace {
        first_of_month: Date::new(2026, 10, 1),
        joiners: 14,
        leavers: 9,
        movers: 16,
        promotions: 8,
        phones: 11,
        passwords: 12,
    },
    Pace {
        first_of_month: Date::new(2026, 11, 1),
        joiners: 11,
        leavers: 12,
        movers: 14,
        promotions: 6,
        phones: 9,
        passwords: 10,
    },
    Pace {
        first_of_month: Date::new(2026, 12, 1),
        joiners: 9,
        leavers: 7,
        movers: 19,
        promotions: 10,
        phones: 14,
        passwords: 11,
    },
];

/// Takes the company from generation `n` to the next (`n` counts from 1).
pub(super) fn advance(company: &mut Company, random: &mut Random, n: usize) {
    let pace = &PACES[n - 1];
    remove_disabled_accounts(company);
    leave(company, random, pace.leavers);
    for _ in 0..pace.movers {
        relocate(company, random);
    }
    change_people(company, random, pace);
    rename(company, random, n);
    match n {
        2 => reorganise(company),
        3 => rehire(company, random, pace.first_of_month),
        _ => {}
    }
    join(company, random, pace);
    company.appoint_managers();
}

/// Accounts of those who left in the step before were only disabled; now they go.
fn remove_disabled_accounts(company: &mut Company) {
    let gone: Vec<String> = company.former.iter_mut().filter_map(|person| Some(person.account.take()?.guid)).collect();
    for group in &mut company.groups {
        group.members.retain(|guid| !gone.contains(guid));
    }
}

/// Leavers vanish from the HR export; their accounts are disabled and lose their groups.
fn leave(company: &mut Company, random: &mut Random, n: usize) {
    for _ in 0..n {
        let i = ordinary(company, random, |_| true);
        let mut person = company.persons.remove(i);
        if let Some(account) = &mut person.account {
            account.control = 514;
            let guid = account.guid.clone();
            company.groups.iter_mut().for_each(|group| group.members.retain(|member| *member != guid));
        }
        company.former.push(person);
    }
}

/// Someone moves to another department of the same kind.
fn relocate(company: &mut Company, random: &mut Random) {
    let i = ordinary(company, random, |_| true);
    let old = company.organization(company.persons[i].department()).clone();
    let targets: Vec<String> = company
        .organizations
        .iter()
        .filter(|new| new.is_office == old.is_office && new.code != old.code && new.code != "D000")
        .map(|new| new.code.clone())
        .collect();
    company.persons[i].contracts[0].department = random.pick(&targets).clone();
}

fn change_people(company: &mut Company, random: &mut Random, pace: &Pace) {
    for _ in 0..pace.promotions {
        let i = ordinary(company, random, |person| person.account.is_some());
        company.persons[i].contracts[0].title = format!("Senior {}", random.pick(OFFICE_TITLES).to_lowercase());
    }
    for _ in 0..pace.phones {
        let i = ordinary(company, random, |_| true);
        company.persons[i].phone = phone(random);
    }
    for _ in 0..pace.passwords {
        let i = ordinary(company, random, |person| person.account.is_some());
        let moment = password_time(random, pace.first_of_month);
        if let Some(account) = &mut company.persons[i].account {
            account.password_set = moment;
        }
    }
}

/// A marriage: another family name, another mail address, another distinguished name; the same keys.
fn rename(company: &mut Company, random: &mut Random, n: usize) {
    const NEW_NAMES: [&str; 3] = ["Hallgrímsson", "Vandersteen", "Kovačević"];
    let i = ordinary(company, random, |person| person.account.is_some() && !person.last.contains(' '));
    let last = NEW_NAMES[n - 1].to_owned();
    let handle = company.handle(&company.persons[i].first.clone(), &last);
    let person = &mut company.persons[i];
    (person.last, person.handle) = (last, handle);
    let (name, mail) = (common_name(person), person.mail());
    if let Some(account) = &mut person.account {
        (account.name, account.mail) = (name, mail);
    }
}

/// Business Applications goes to Research, and Communication gets another name.
fn reorganise(company: &mut Company) {
    for organization in &mut company.organizations {
        match organization.code.as_str() {
            "D430" => organization.parent = "D500".to_owned(),
            "D120" => organization.name = "Communication et marque".to_owned(),
            _ => {}
        }
    }
    let mut new = company.organization("D540").clone();
    new.code = "D570".to_owned();
    new.name = "Applied Research".to_owned();
    new.cost_centre = "4990".to_owned();
    new.manager = String::new();
    company.organizations.push(new);
}

/// The first who left comes back under the same employee number, with a new contract and a new account.
fn rehire(company: &mut Company, random: &mut Random, day: Date) {
    let Some(i) = company.former.iter().position(|person| company.organization(person.department()).is_office) else {
        return;
    };
    let mut person = company.former.remove(i);
    let mut fresh = company.hire(random, person.department(), day);
    fresh.contracts.truncate(1);
    person.contracts = fresh.contracts;
    person.hired = day;
    person.account = Some(account(random, &person, day));
    company.persons.push(person);
}

fn join(company: &mut Company, random: &mut Random, pace: &Pace) {
    for _ in 0..pace.joiners {
        let department = company.persons[random.below(company.persons.len())].department().to_owned();
        let day = Date { day: random.between(1, 28), ..pace.first_of_month };
        let person = company.hire(random, &department, day);
        company.persons.push(person);
    }
}

/// A person at random who leads nobody and satisfies the condition.
fn ordinary(company: &Company, random: &mut Random, condition: impl Fn(&Person) -> bool) -> usize {
    loop {
        let i = random.below(company.persons.len());
        let person = &company.persons[i];
        if condition(person) && !company.is_manager(person) {
            return i;
        }
    }
}
