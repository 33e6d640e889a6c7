//! The company of these benchmarks: 300 rules give 200 roles, which bring about 20 resource types with five scalar
//! rules each.
//!
//! Departments stand in ten trees. Half of the rules ask for a tree, the others for one department at one site.

use crate::Failure;
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

pub(super) const DEPARTMENTS: usize = 100;
pub(super) const TREES: usize = 10;
pub(super) const SITES: usize = 10;
pub(super) const ROLES: usize = 200;
pub(super) const TYPES: usize = 20;
/// One identity in so many is another one in the second generation.
pub(super) const CHANGED: usize = 100;

/// Departments come first, then sites, then groups, then people.
pub(super) const FIRST_SITE: i64 = 1 + DEPARTMENTS as i64;
pub(super) const FIRST_GROUP: i64 = FIRST_SITE + SITES as i64;
pub(super) const FIRST_PERSON: i64 = FIRST_GROUP + ROLES as i64;

/// A rule as all sides write it: department, with all below it or not, and site.
pub(super) struct Rule {
    pub(super) role: usize,
    pub(super) department: usize,
    pub(super) is_hierarchical: bool,
    pub(super) site: Option<usize>,
}

pub(super) fn rules() -> Vec<Rule> {
    (0..300)
        .map(|n| match n % 2 {
            0 => Rule { role: n % ROLES, department: n / 2 % TREES, is_hierarchical: true, site: None },
            _ => Rule {
                role: n % ROLES,
                department: n * 7 % DEPARTMENTS,
                is_hierarchical: false,
                site: Some(n / 2 % SITES),
            },
        })
        .collect()
}

/// The tree that a department stands in; the first ten are the roots.
pub(super) fn root(department: usize) -> usize {
    department % TREES
}

/// Department and site of a person.
pub(super) fn place(person: usize) -> (usize, usize) {
    let mixed = person.wrapping_mul(2_654_435_761) >> 7;
    (mixed % DEPARTMENTS, mixed / DEPARTMENTS % SITES)
}

const MODEL: &str = r#"<Agent Identifier="Local" DisplayName_L1="Local"/><Connector Identifier="AD" DisplayName_L1="Company" Agent="Local"
  MaximumInsertedLines="100000000" MaximumUpdatedLines="100000000" MaximumDeletedLines="100000000"
  MaximumLinkInsertedLines="100000000" MaximumLinkDeletedLines="100000000"/>
<EntityType Identifier="Person"><Property Identifier="Number" IsKey="1" TargetColumnIndex="4"/><Property Identifier="First" TargetColumnIndex="5"/>
<Property Identifier="Last" TargetColumnIndex="6"/><Property Identifier="Start" Type="DateTime" TargetColumnIndex="7"/>
<Property Identifier="End" Type="DateTime" TargetColumnIndex="8"/><Property Identifier="Department" Type="ForeignKey" TargetColumnIndex="128"/>
<Property Identifier="Site" Type="ForeignKey" TargetColumnIndex="129"/></EntityType>
<EntityType Identifier="Department"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="People" Type="ForeignKey"/>
<Property Identifier="Parent" Type="ForeignKey" TargetColumnIndex="128"/><Property Identifier="Children" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Site"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="People" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Account"><Property Identifier="A" IsKey="1" TargetColumnIndex="4"/><Property Identifier="B" TargetColumnIndex="5"/>
<Property Identifier="C" TargetColumnIndex="6"/><Property Identifier="D" TargetColumnIndex="7"/><Property Identifier="E" TargetColumnIndex="8"/>
<Property Identifier="Groups" Type="ForeignKey"/></EntityType>
<EntityType Identifier="Group"><Property Identifier="Code" IsKey="1" TargetColumnIndex="4"/><Property Identifier="Members" Type="ForeignKey"/></EntityType>
<EntityAssociation Identifier="PD" Property1="Department:People" IsProperty1Collection="1" Property2="Person:Department"/>
<EntityAssociation Identifier="PS" Property1="Site:People" IsProperty1Collection="1" Property2="Person:Site"/>
<EntityAssociation Identifier="DD" Property1="Department:Children" IsProperty1Collection="1" Property2="Department:Parent"/>
<EntityAssociation Identifier="AG" Property1="Account:Groups" Property2="Group:Members" IsProperty1Collection="1" IsProperty2Collection="1"/>
<Policy Identifier="Default" DisplayName_L1="Default"/>
<Dimension Identifier="Department" EntityType="Department" ColumnMapping="0" IsHierarchical="1" ParentProperty="Parent"/><Dimension Identifier="Site" EntityType="Site" ColumnMapping="1"/>
<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person" ResourcesStartBinding="Start"
  ResourcesEndBinding="End" B0="Department" B1="Site"/>
"#;

const MAPPINGS: &str = r#"<EntityTypeMapping Identifier="Person" Connector="AD" ConnectionTable="People"><Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="1"/>
<Property Identifier="First" ConnectionColumn="first"/><Property Identifier="Last" ConnectionColumn="last"/>
<Property Identifier="Start" ConnectionColumn="start" Format="DateTime"/><Property Identifier="End" ConnectionColumn="end" Format="DateTime"/></EntityTypeMapping>
<EntityAssociationMapping Identifier="PD" Connector="AD" ConnectionTable="People" Column1="department" EntityPropertyMapping1="Department:Code"
  Column2="number" EntityPropertyMapping2="Person:Number"/>
<EntityAssociationMapping Identifier="PS" Connector="AD" ConnectionTable="People" Column1="site" EntityPropertyMapping1="Site:Code"
  Column2="number" EntityPropertyMapping2="Person:Number"/>
<EntityAssociationMapping Identifier="DD" Connector="AD" ConnectionTable="Departments" Column1="parent" EntityPropertyMapping1="Department:Code"
  Column2="code" EntityPropertyMapping2="Department:Code"/>
"#;

/// The entity model and the policy, and how files fill them.
pub(super) fn configuration(rules: &[Rule]) -> String {
    let mut xml = String::from("<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n");
    xml.push_str(MODEL);
    for table in ["People", "Departments", "Sites", "Groups"] {
        let _ = writeln!(
            xml,
            r#"<Connection Identifier="{table}" DisplayName_L1="{table}" Connector="AD" Package="Usercube.CSV@0000001"/>"#
        );
    }
    for (name, table) in [("Department", "Departments"), ("Site", "Sites"), ("Group", "Groups")] {
        let _ = writeln!(
            xml,
            r#"<EntityTypeMapping Identifier="{name}" Connector="AD" ConnectionTable="{table}"><Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="1"/></EntityTypeMapping>"#
        );
    }
    xml.push_str(MAPPINGS);
    for role in 0..ROLES {
        let _ = writeln!(
            xml,
            r#"<SingleRole Identifier="R{role}" DisplayName_L1="R{role}" EntityType="Person" Policy="Default"/>"#
        );
    }
    for Rule { role, department, is_hierarchical, site } in rules {
        let deep = if *is_hierarchical { r#" L0="1""# } else { "" };
        let site = site.map(|site| format!(r#" D1="{site}""#)).unwrap_or_default();
        let _ = writeln!(xml, r#"<SingleRoleRule Role="R{role}" Policy="Default" D0="{department}"{deep}{site}/>"#);
    }
    for resource_type in 0..TYPES {
        let mut own = String::from(
            r#"<ScalarRule Property="A" Binding="Number"/><ScalarRule Property="B" Binding="First" Expression="ToUpper"/>
<ScalarRule Property="C" Binding="Last"/><ScalarRule Property="D" Binding="Last" Expression="ToLower"/><ScalarRule Property="E" Expression="Literal:x"/>"#,
        );
        for role in (resource_type..ROLES).step_by(TYPES) {
            let _ = write!(own, r#"<NavigationRule Property="Groups" Resource="{role}" SingleRole="R{role}"/>"#);
        }
        let _ = writeln!(
            xml,
            r#"<ResourceType Identifier="T{resource_type:02}" DisplayName_L1="T{resource_type:02}" Policy="Default" SourceEntityType="Person" TargetEntityType="Account">{own}</ResourceType>"#
        );
    }
    xml.push_str("</ConfigurationFile>\n");
    xml
}

/// What stands in the files about a person. In the second generation a hundredth of them have another name; every
/// second one of these works in another place as well.
fn line(person: usize, generation: usize, out: &mut String) {
    let is_changed = generation > 1 && person.is_multiple_of(CHANGED);
    let last = if is_changed { "Married" } else { "Last" };
    let (department, site) = match is_changed && person.is_multiple_of(2 * CHANGED) {
        true => place(person + 1),
        false => place(person),
    };
    out.clear();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "E{person:07};first{person};{last}{person};2020-01-01;2030-01-01;{department};{site}");
}

/// Writes the files of a generation.
pub(super) fn write(folder: &Path, people: usize, generation: usize) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let mut out = BufWriter::new(std::fs::File::create(folder.join("People.csv"))?);
    writeln!(out, "number;first;last;start;end;department;site")?;
    let mut text = String::new();
    for person in 0..people {
        line(person, generation, &mut text);
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    let mut departments = String::from("code;parent\n");
    for department in 0..DEPARTMENTS {
        match department < TREES {
            true => writeln!(departments, "{department};")?,
            false => writeln!(departments, "{department};{}", root(department))?,
        }
    }
    std::fs::write(folder.join("Departments.csv"), departments)?;
    for (name, count) in [("Sites", SITES), ("Groups", ROLES)] {
        let codes: String = (0..count).map(|code| format!("{code}\n")).collect();
        std::fs::write(folder.join(format!("{name}.csv")), format!("code\n{codes}"))?;
    }
    Ok(())
}
