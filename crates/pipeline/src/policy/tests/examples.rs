//! The documented examples of spec 20 and 21.

use super::world::{World, told};

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

const CONTEXT: &str = r#"<ContextRule Identifier="C" DisplayName_L1="C" Policy="Default" SourceEntityType="Person"
  ResourcesStartBinding="Start" ResourcesEndBinding="End" B0="Department" B1="Site" ExcludeExpression="C#:p:return p.Name == &quot;Draft&quot;;"/>"#;

#[test]
fn dimensions_give_composite_roles_single_roles_types_and_values() {
    let case = format!(
        r#"//- conf.xml
{CONTEXT}
<CompositeRole Identifier="Engineer" EntityType="Person" Policy="Default"/>
<SingleRole Identifier="Code" EntityType="Person" Policy="Default"/>
<SingleRole Identifier="Door" EntityType="Person" Policy="Default"/>
<CompositeRoleRule Role="Engineer" Policy="Default" D0="RND" L0="1"/>
<SingleRoleRule Role="Code" Policy="Default" CompositeRole="Engineer"/>
<SingleRoleRule Role="Door" Policy="Default" CompositeRole="Engineer" D1="Lyon"/>
<ResourceType Identifier="AD" Policy="Default" SourceEntityType="Person" TargetEntityType="Account">
  <TypeRule/>
  <ScalarRule Property="Login" Binding="Number" Expression="ToLower"/>
  <NavigationRule Property="Groups" Resource="G1" SingleRole="Code"/>
  <NavigationRule Property="Groups" Resource="G2" SingleRole="Door"/>
  <NavigationRule Property="Groups" Resource="All"/>
</ResourceType>
{ORGANISATION}
//- Person.csv
Number,Name,Start,End,Department,Site
E1,Ada,2020-01-01,2027-01-01,LAB,Paris
"#
    );
    insta::assert_snapshot!(told(&case), @"");
}
