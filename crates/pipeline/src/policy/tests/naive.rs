//! The rules of spec 21 §6 as plainly as they can be said: day by day, rule by rule, without any index. Works on the
//! description that the configuration is written from, and knows nothing of the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Days looked at; instants are midnights.
pub(super) const DAYS: std::ops::Range<i32> = -30..90;

pub(super) const DEPARTMENTS: [&str; 4] = ["ROOT", "RND", "LAB", "SALES"];
const PARENTS: [Option<usize>; 4] = [None, Some(0), Some(1), Some(0)];
pub(super) const SITES: [&str; 2] = ["Paris", "Lyon"];

/// Criteria on both dimensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Criteria {
    pub(super) department: Option<(usize, bool)>,
    pub(super) site: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) department: Option<usize>,
    pub(super) site: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct RoleRule {
    pub(super) role: usize,
    pub(super) criteria: Criteria,
    pub(super) holder: Option<usize>,
    pub(super) is_denied: bool,
    pub(super) priority: i32,
    pub(super) is_suggested: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Manual {
    pub(super) role: usize,
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) is_denied: bool,
}

/// Mode and minutes, here in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    Default,
    Around(i32, i32),
    Before(i32, i32),
    After(i32, i32),
}

#[derive(Clone, Debug)]
pub(super) struct TypeRule {
    pub(super) criteria: Criteria,
    pub(super) role: Option<usize>,
    pub(super) is_denied: bool,
}

#[derive(Clone, Debug)]
pub(super) struct LinkRule {
    pub(super) group: usize,
    pub(super) role: Option<usize>,
    pub(super) department: Option<(usize, bool)>,
    pub(super) is_denied: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ScalarRule {
    pub(super) role: Option<usize>,
    pub(super) offset: Offset,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) records: Vec<Record>,
    pub(super) composite_rules: Vec<RoleRule>,
    pub(super) single_rules: Vec<RoleRule>,
    pub(super) manual_composites: Vec<Manual>,
    pub(super) manual_singles: Vec<Manual>,
    pub(super) type_offset: Offset,
    pub(super) type_rules: Vec<TypeRule>,
    pub(super) links: Vec<LinkRule>,
    pub(super) scalars: Vec<ScalarRule>,
}

pub(super) const COMPOSITES: usize = 3;
pub(super) const SINGLES: usize = 4;

/// Department that an assignment was made with.
type Parameter = Option<usize>;
type Days = BTreeSet<i32>;

/// What somebody has of one role.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    pub(super) automatic: BTreeMap<Parameter, Days>,
    pub(super) manual: Days,
    pub(super) suggested: BTreeMap<Parameter, Days>,
}

impl Roles {
    /// Rows in effect, by parameter.
    fn held(&self) -> Vec<(Parameter, Days)> {
        let mut held: Vec<_> = self.automatic.clone().into_iter().collect();
        held.push((None, self.manual.clone()));
        held
    }

    fn days(&self) -> Days {
        self.held().into_iter().flat_map(|(_, days)| days).collect()
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) composites: Vec<Roles>,
    pub(super) singles: Vec<Roles>,
    /// Days of the resource type, and whether a type rule gives it.
    pub(super) account: BTreeMap<i32, bool>,
    pub(super) groups: BTreeMap<usize, Days>,
    /// Rule that gives the value.
    pub(super) mail: BTreeMap<i32, usize>,
}

fn below(value: usize, wanted: usize, hierarchical: bool) -> bool {
    value == wanted || (hierarchical && PARENTS[value].is_some_and(|parent| below(parent, wanted, true)))
}

fn holds(criteria: &Criteria, department: Option<usize>, site: Option<usize>) -> bool {
    criteria.department.is_none_or(|(wanted, deep)| department.is_some_and(|value| below(value, wanted, deep)))
        && criteria.site.is_none_or(|wanted| site == Some(wanted))
}

fn shift(days: &Days, offset: Offset) -> Days {
    if offset == Offset::Default {
        return days.clone();
    }
    let mut moved = Days::new();
    for start in days.iter().copied().filter(|day| !days.contains(&(day - 1))) {
        let mut end = start;
        while days.contains(&end) {
            end += 1;
        }
        moved.extend(match offset {
            Offset::Default => start..end,
            Offset::Around(before, after) => start + before..end + after,
            Offset::Before(before, after) => start + before..start + after,
            Offset::After(before, after) => end + before..end + after,
        });
    }
    moved
}

impl Model {
    fn is_parametrised(&self, single: usize) -> bool {
        self.links.iter().any(|rule| rule.role == Some(single) && rule.department.is_some())
    }

    fn is_composite_parametrised(&self, composite: usize) -> bool {
        self.single_rules
            .iter()
            .any(|rule| rule.holder == Some(composite) && !rule.is_denied && self.is_parametrised(rule.role))
    }

    pub(super) fn evaluate(&self) -> Expected {
        let mut expected = Expected::default();
        for role in 0..COMPOSITES {
            let found = self.role(
                role,
                &self.composite_rules,
                &self.manual_composites,
                &expected.composites,
                self.is_composite_parametrised(role),
            );
            expected.composites.push(found);
        }
        for role in 0..SINGLES {
            let found = self.role(
                role,
                &self.single_rules,
                &self.manual_singles,
                &expected.composites,
                self.is_parametrised(role),
            );
            expected.singles.push(found);
        }
        self.account(&mut expected);
        expected
    }

    fn role(&self, role: usize, rules: &[RoleRule], manual: &[Manual], holders: &[Roles], parametrised: bool) -> Roles {
        let mut found = Roles::default();
        let begin = self.records.iter().filter(|r| r.from < r.to).map(|r| r.from).min();
        let end = self.records.iter().filter(|r| r.from < r.to).map(|r| r.to).max();
        for day in DAYS {
            // Every way in which a rule matches today: the rule, and the department that stands for the parameter.
            let mut matching: Vec<(&RoleRule, Parameter)> = Vec::new();
            for rule in rules.iter().filter(|rule| rule.role == role) {
                for record in self.records.iter().filter(|r| r.from <= day && day < r.to) {
                    let ways: Vec<Parameter> = match rule.holder {
                        None => vec![record.department],
                        Some(holder) => holders
                            .get(holder)
                            .map(Roles::held)
                            .unwrap_or_default()
                            .into_iter()
                            .filter(|(_, days)| days.contains(&day))
                            .map(|(own, _)| own.or(record.department))
                            .collect(),
                    };
                    for department in ways.into_iter().filter(|d| holds(&rule.criteria, *d, record.site)) {
                        matching.push((rule, if parametrised { department } else { None }));
                    }
                }
            }
            let strongest = |denied: bool| {
                let own =
                    matching.iter().filter(|(rule, _)| rule.is_denied == denied && (denied || !rule.is_suggested));
                own.map(|(rule, _)| rule.priority).min()
            };
            let is_denied = strongest(true).is_some_and(|deny| strongest(false).is_none_or(|allow| deny <= allow));
            let own = || manual.iter().filter(|row| row.role == role && row.from <= day && day < row.to);
            let by_hand = own().any(|row| row.is_denied);
            let is_there = begin.is_some_and(|begin| begin <= day) && end.is_some_and(|end| day < end);
            let is_manual = own().any(|row| !row.is_denied) && is_there && !is_denied && !by_hand;
            if is_manual {
                found.manual.insert(day);
            }
            for (_, parameter) in matching.iter().filter(|(rule, _)| !rule.is_denied && !rule.is_suggested) {
                if !is_denied && !by_hand && (!is_manual || parameter.is_some()) {
                    found.automatic.entry(*parameter).or_default().insert(day);
                }
            }
            for (rule, parameter) in matching.iter().filter(|(rule, _)| !rule.is_denied && rule.is_suggested) {
                let is_forbidden = strongest(true).is_some_and(|deny| deny <= rule.priority);
                let has = found.automatic.get(parameter).is_some_and(|days| days.contains(&day));
                if !is_forbidden && !by_hand && !has && (!is_manual || parameter.is_some()) {
                    found.suggested.entry(*parameter).or_default().insert(day);
                }
            }
        }
        found
    }

    /// Days on which criteria hold in some context.
    fn in_context(&self, criteria: &Criteria) -> Days {
        let matching = self.records.iter().filter(|r| holds(criteria, r.department, r.site));
        matching.flat_map(|r| r.from..r.to).collect()
    }

    fn account(&self, expected: &mut Expected) {
        let held: Vec<Days> = expected.singles.iter().map(Roles::days).collect();
        let (mut references, mut by_rule, mut implied, mut denied) =
            (Days::new(), Days::new(), Days::new(), Days::new());
        let mut offset = Offset::Default;
        for rule in &self.type_rules {
            let days: Days = match rule.role {
                None => self.in_context(&rule.criteria),
                Some(role) if rule.criteria.department.is_none() && rule.criteria.site.is_none() => held[role].clone(),
                Some(role) => self.in_context(&rule.criteria).intersection(&held[role]).copied().collect(),
            };
            if rule.is_denied {
                denied.extend(shift(&days, self.type_offset));
            } else if !days.is_empty() {
                offset = self.type_offset;
                by_rule.extend(shift(&days, self.type_offset));
                references.extend(&days);
            }
        }
        for rule in self.links.iter().filter(|rule| rule.role.is_some() && !rule.is_denied) {
            let days = self.link_days(rule, expected);
            implied.extend(shift(&days, offset));
            references.extend(&days);
        }
        for rule in &self.scalars {
            if let Some(role) = rule.role {
                let own = if rule.offset == Offset::Default { offset } else { rule.offset };
                implied.extend(shift(&held[role], own));
                references.extend(&held[role]);
            }
        }
        let mut given: Days = by_rule.union(&implied).copied().collect();
        for rule in self.scalars.iter().filter(|rule| rule.role.is_none() && rule.offset != Offset::Default) {
            given.extend(shift(&references, rule.offset));
        }
        given.retain(|day| !denied.contains(day));
        for start in given.iter().copied().filter(|day| !given.contains(&(day - 1))) {
            let run: Days = (start..).take_while(|day| given.contains(day)).collect();
            let touches = |days: &Days| run.iter().any(|day| days.contains(day));
            let is_rule = touches(&by_rule) || !touches(&implied);
            expected.account.extend(run.iter().map(|day| (*day, is_rule)));
        }
        self.groups(offset, &given, expected);
        self.mail(offset, &references, &given, &held, expected);
    }

    fn link_days(&self, rule: &LinkRule, expected: &Expected) -> Days {
        let criteria = Criteria { department: rule.department, site: None };
        match rule.role {
            Some(role) => {
                let rows = expected.singles[role].held().into_iter();
                rows.filter(|(own, _)| holds(&criteria, *own, None)).flat_map(|(_, days)| days).collect()
            }
            None if rule.department.is_none() => DAYS.collect(),
            None => self.in_context(&criteria),
        }
    }

    fn groups(&self, offset: Offset, given: &Days, expected: &mut Expected) {
        let days_of = |rule: &LinkRule, expected: &Expected| {
            let days = self.link_days(rule, expected);
            if rule.role.is_none() && rule.department.is_none() { days } else { shift(&days, offset) }
        };
        let mut groups: BTreeMap<usize, Days> = BTreeMap::new();
        for rule in self.links.iter().filter(|rule| !rule.is_denied) {
            groups.entry(rule.group).or_default().extend(days_of(rule, expected).intersection(given));
        }
        for rule in self.links.iter().filter(|rule| rule.is_denied) {
            let days = days_of(rule, expected);
            groups.entry(rule.group).or_default().retain(|day| !days.contains(day));
        }
        expected.groups = groups;
    }

    fn mail(&self, offset: Offset, references: &Days, given: &Days, held: &[Days], expected: &mut Expected) {
        let mode = |offset: Offset| match offset {
            Offset::Default => 0,
            Offset::Around(..) => 1,
            Offset::Before(..) => 2,
            Offset::After(..) => 3,
        };
        for day in given {
            let says = |rule: &ScalarRule| match (rule.role, rule.offset) {
                (Some(role), Offset::Default) => shift(&held[role], offset).contains(day),
                (Some(role), own) => shift(&held[role], own).contains(day),
                (None, Offset::Default) => true,
                (None, own) => shift(references, own).contains(day),
            };
            let saying = self.scalars.iter().enumerate().filter(|(_, rule)| says(rule));
            let strongest = saying.min_by_key(|(_, rule)| (rule.role.is_none(), mode(rule.offset)));
            expected.mail.extend(strongest.map(|(at, _)| (*day, at)));
        }
    }

    /// The configuration that says the same.
    pub(super) fn xml(&self) -> Vec<String> {
        let criteria = |department: Option<(usize, bool)>, site: Option<usize>| {
            let mut text = String::new();
            if let Some((value, deep)) = department {
                write!(text, " D0=\"{}\" L0=\"{}\"", DEPARTMENTS[value], u8::from(deep)).unwrap();
            }
            if let Some(value) = site {
                write!(text, " D1=\"{}\"", SITES[value]).unwrap();
            }
            text
        };
        let offset = |offset: Offset| {
            let (mode, before, after) = match offset {
                Offset::Default => return String::new(),
                Offset::Around(before, after) => ("Around", before, after),
                Offset::Before(before, after) => ("Before", before, after),
                Offset::After(before, after) => ("After", before, after),
            };
            let (before, after) = (before * 1440, after * 1440);
            format!(
                " TimeOffsetReference=\"{mode}\" TimeOffsetBeforeReference=\"{before}\" TimeOffsetAfterReference=\"{after}\""
            )
        };
        let mut elements = vec![
            "<ContextRule Identifier=\"C\" DisplayName_L1=\"C\" Policy=\"Default\" SourceEntityType=\"Person\" ResourcesBinding=\"Records\" ResourcesStartBinding=\"Record:Start\" ResourcesEndBinding=\"Record:End\" B0=\"Record:Department\" B1=\"Record:Site\"/>".to_owned(),
        ];
        elements.extend(
            (0..COMPOSITES)
                .map(|n| format!("<CompositeRole Identifier=\"C{n}\" EntityType=\"Person\" Policy=\"Default\"/>")),
        );
        elements.extend(
            (0..SINGLES).map(|n| format!("<SingleRole Identifier=\"S{n}\" EntityType=\"Person\" Policy=\"Default\"/>")),
        );
        for (element, letter, holder, rules) in [
            ("CompositeRoleRule", 'C', "ParentRole", &self.composite_rules),
            ("SingleRoleRule", 'S', "CompositeRole", &self.single_rules),
        ] {
            elements.extend(rules.iter().map(|rule| {
                let holder = rule.holder.map(|role| format!(" {holder}=\"C{role}\"")).unwrap_or_default();
                let kind = if rule.is_suggested { " Type=\"Suggested\"" } else { "" };
                let denied = if rule.is_denied { " IsDenied=\"1\"" } else { "" };
                let dimensions = criteria(rule.criteria.department, rule.criteria.site);
                format!("<{element} Role=\"{letter}{}\" Policy=\"Default\" Priority=\"{}\"{holder}{kind}{denied}{dimensions}/>", rule.role, rule.priority)
            }));
        }
        let role = |role: Option<usize>| role.map(|role| format!(" SingleRole=\"S{role}\"")).unwrap_or_default();
        let denied = |denied: bool| if denied { " IsDenied=\"1\"" } else { "" };
        let mut rules: Vec<String> = Vec::new();
        rules.extend(self.type_rules.iter().map(|rule| {
            let dimensions = criteria(rule.criteria.department, rule.criteria.site);
            format!("<TypeRule{dimensions}{}{}{}/>", role(rule.role), denied(rule.is_denied), offset(self.type_offset))
        }));
        rules.extend(self.links.iter().map(|rule| {
            let dimensions = criteria(rule.department, None);
            format!(
                "<NavigationRule Property=\"Groups\" Resource=\"G{}\"{}{dimensions}{}/>",
                rule.group + 1,
                role(rule.role),
                denied(rule.is_denied)
            )
        }));
        rules.extend(self.scalars.iter().enumerate().map(|(at, rule)| {
            format!(
                "<ScalarRule Property=\"Mail\" Expression=\"Literal:v{at}\"{}{}/>",
                role(rule.role),
                offset(rule.offset)
            )
        }));
        elements.push(format!("<ResourceType Identifier=\"AD\" Policy=\"Default\" SourceEntityType=\"Person\" TargetEntityType=\"Account\">{}</ResourceType>", rules.join("\n")));
        elements
    }
}
