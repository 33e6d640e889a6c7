//! Contexts: record sections, gaps, boundaries, and who is left out.

use super::*;

/// Contracts in the default section, positions in a section of their own.
fn sections(position: &str, property: &str) -> String {
    format!(
        r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person"
  ResourcesBinding="Records" B0="Record:Department" B1="Record:Site"/>
<RecordSection Identifier="Contract" DisplayName_L1="c" SourceEntityType="Person" ResourceEntityType="Record"
  StartProperty="Start" EndProperty="End"/>
<RecordSection Identifier="Position" DisplayName_L1="p" SourceEntityType="Person" ResourceEntityType="Record"
  StartProperty="PositionStart" EndProperty="PositionEnd" InstanceKeyExpression="C#:r: return r.Key;" {position}>
  <Property Property="Department" {property}/>
</RecordSection>
{}{}{}<SingleRoleRule Role="Everyone" Policy="Default"/><SingleRoleRule Role="Lab" Policy="Default" D0="LAB"/>
<SingleRoleRule Role="Sales" Policy="Default" D0="SALES"/>"#,
        role("Everyone"),
        role("Lab"),
        role("Sales")
    )
}

fn case(position: &str, property: &str, records: &str) -> String {
    let conf = sections(position, property);
    let header = "Key,Person,Start,End,PositionStart,PositionEnd,Department,Rank";
    told(&format!(
        "//- conf.xml\n{conf}\n{ORGANISATION}//- Person.csv\nNumber,Name\nE1,Ada\n//- Record.csv\n{header}\n{records}"
    ))
}

const TWO_POSITIONS: &str = "a,E1,2026-01-01,2027-01-01,2026-02-01,2026-09-01,LAB,A
b,E1,2026-01-01,2027-01-01,2026-07-01,2026-11-01,SALES,B";

#[test]
pub(super) fn positions_that_overlap_are_simultaneous_contexts_and_gaps_are_filled() {
    // Before the first position the next one fills the gap, after the last one the previous one does.
    expect(
        &case("", "", TWO_POSITIONS),
        "single Everyone: PolicyApproved, 2026-01-01 to 2027-01-01
        single Lab: PolicyApproved, 2026-01-01 to 2026-09-01
        single Sales: PolicyApproved, 2026-07-01 to 2027-01-01",
    );
}

#[test]
pub(super) fn the_documented_corner_of_extension() {
    let one = "a,E1,2026-01-01,2027-01-01,2026-01-01,2026-09-01,LAB,A";
    // The section is extendable, its properties are not: rules for everyone stop with the position.
    expect(
        &case("", r#"ExtensionKind="4""#, one),
        "single Everyone: PolicyApproved, 2026-01-01 to 2026-09-01\nsingle Lab: PolicyApproved, 2026-01-01 to 2026-09-01",
    );
    // The section is not: there is a context in the gap.
    expect(
        &case(r#"ExtensionKind="4""#, "", one),
        "single Everyone: PolicyApproved, 2026-01-01 to 2027-01-01\nsingle Lab: PolicyApproved, 2026-01-01 to 2026-09-01",
    );
}

#[test]
pub(super) fn sort_keys_choose_what_fills_a_gap() {
    let records = "a,E1,2026-01-01,2027-01-01,2026-01-01,2026-06-15,LAB,C
b,E1,2026-01-01,2027-01-01,2026-06-15,2026-08-01,SALES,B";
    let keys = r#"SortKeyExpression="C#:r: return r.Rank;""#;
    expect(
        &case(keys, "", records),
        "single Everyone: PolicyApproved, 2026-01-01 to 2027-01-01
        single Lab: PolicyApproved, 2026-01-01 to 2026-06-15\nsingle Lab: PolicyApproved, 2026-08-01 to 2027-01-01
        single Sales: PolicyApproved, 2026-06-15 to 2026-08-01",
    );
    // Nothing reaches the threshold: the gap is left as it is.
    expect(
        &case(&format!(r#"{keys} ExtendedSortKey="D""#), "", records),
        "single Everyone: PolicyApproved, 2026-01-01 to 2027-01-01
        single Lab: PolicyApproved, 2026-01-01 to 2026-06-15
        single Sales: PolicyApproved, 2026-06-15 to 2026-08-01",
    );
}

#[test]
pub(super) fn absent_dates_of_a_section_are_those_of_the_contract_or_none() {
    let open = "a,E1,2026-01-01,2027-01-01,,,LAB,A";
    let expected = "single Everyone: PolicyApproved, 2026-01-01 to 2027-01-01\nsingle Lab: PolicyApproved, 2026-01-01 to 2027-01-01";
    expect(&case("", "", open), expected);
    expect(&case(r#"BoundaryKind="1""#, "", open), expected);
    // Where the positions bound the identity, the kind of boundary shows.
    let bounding = r#"IsDefaultBoundariesSection="1" BoundaryKind="1""#;
    expect(&case(bounding, "", open), "single Everyone: PolicyApproved, always\nsingle Lab: PolicyApproved, always");
}

#[test]
pub(super) fn without_a_context_rule_assignments_have_no_dates() {
    let conf = format!(
        r#"{}<SingleRoleRule Role="R" Policy="Default"/><SingleRoleRule Role="S" Policy="Default" D0="LAB"/>{}"#,
        role("R"),
        role("S")
    );
    expect(&told(&format!("//- conf.xml\n{conf}\n{ORGANISATION}{ADA}")), "single R: PolicyApproved, always");
}

#[test]
pub(super) fn who_is_left_out_keeps_what_there_is() {
    let mut world = ada(&format!(r#"{}<SingleRoleRule Role="R" Policy="Default" D0="LAB"/>"#, role("R")));
    world.told();
    world.data.set("Person", "E1", "Name", "Draft");
    world.data.set("Person", "E1", "Department", "SALES");
    let outcome = world.step();
    assert!(outcome.is_excluded);
    assert_eq!(outcome.assignments.single_roles.len(), 1);
}
