//! Tests of the policy: one text in, assignments out.

mod bad_input;
mod contexts;
mod digest;
mod documented;
mod explanations;
mod life_cycle;
mod naive;
mod properties;
mod roles;
mod types;
mod world;

use world::{World, told};

/// Departments, sites and groups of all tests.
const ORGANISATION: &str = "
//- Department.csv
Code,Parent
ROOT,
RND,ROOT
LAB,RND
SALES,ROOT
//- Site.csv
Code
Paris
Lyon
//- Group.csv
Dn
G1
G2
G3
All
";

/// The context of somebody with department and site of her own.
const CONTEXT: &str = r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person"
  ResourcesStartBinding="Start" ResourcesEndBinding="End" B0="Department" B1="Site"
  ExcludeExpression="C#:p: return p.Name == &quot;Draft&quot;;"/>"#;

const ADA: &str = "//- Person.csv
Number,Name,Start,End,Department,Site
E1,Ada,2020-01-01,2027-01-01,LAB,Paris
";

/// A world of this policy, with Ada.
fn ada(policy: &str) -> World {
    World::new(&format!("//- conf.xml\n{CONTEXT}\n{policy}\n{ORGANISATION}{ADA}"))
}

fn role(identifier: &str) -> String {
    format!(r#"<SingleRole Identifier="{identifier}" EntityType="Person" Policy="Default"/>"#)
}

/// The resource type AD, which needs no review, with these rules.
fn ad(rules: &str) -> String {
    ad_with("", rules)
}

fn ad_with(attributes: &str, rules: &str) -> String {
    format!(
        r#"<ResourceType Identifier="AD" Policy="Default" SourceEntityType="Person" TargetEntityType="Account"
  BlockProvisioning="0" {attributes}>{rules}</ResourceType>"#
    )
}

/// Compares without regard to indentation.
#[track_caller]
fn expect(found: &str, wanted: &str) {
    let plain = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert!(plain(found) == plain(wanted), "\n--- found\n{found}--- wanted\n{wanted}");
}
