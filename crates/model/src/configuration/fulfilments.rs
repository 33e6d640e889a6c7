//! How orders of each resource type become changes: from the elements `…ResourceTypeMapping` and from what the target
//! entity type and its associations are mapped to.

use super::item::Item;
use super::types::{Configuration, EntityAssociationMapping, PropertyPath};
use crate::fulfilment::{PropertyRole, TargetMapping, TargetProperty};

/// Columns that say which entry a row is about, and are no attributes that could be written.
const NAMES: &[&str] = &["dn", "distinguishedName", "objectGUID", "entryUUID"];

/// Reads the mappings of all resource types; the rest of the configuration must be there already.
pub(super) fn target_mappings(items: &[&Item], configuration: &Configuration) -> Vec<TargetMapping> {
    let elements = items.iter().filter(|item| item.element.ends_with("ResourceTypeMapping"));
    elements.map(|item| target_mapping(item, items, configuration)).collect()
}

fn target_mapping(item: &Item, items: &[&Item], configuration: &Configuration) -> TargetMapping {
    let text = |name: &str| item.get(name).unwrap_or_default().to_owned();
    let resource_type = text("Identifier");
    let types = &configuration.policy.resource_types;
    let target = types.iter().find(|known| known.identifier == resource_type).map(|known| &known.target_entity_type);
    let mut mapping = TargetMapping {
        connection: text("Connection"),
        object_classes: classes(&text("DefaultObjectClass")),
        rdn_attribute: text("RDNAttributeIdentifier"),
        permissive_modify: item.get("UsePermissiveModify") == Some("true"),
        tree_delete: item.get("UseTreeDelete") == Some("true"),
        must_change_password: must_change(items, item.get("PasswordResetSetting")),
        properties: target.map(|target| properties(target, configuration)).unwrap_or_default(),
        resource_type,
    };
    for property in &mut mapping.properties {
        property.role = usual_role(property, &mapping.rdn_attribute);
    }
    for part in item.children.iter().filter(|child| child.element == "Property") {
        refine(&mut mapping, part);
    }
    mapping
}

/// Classes on lines of their own; the documentation also prints `<br/>` for the line break.
fn classes(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r']).flat_map(|line| line.split("<br/>"));
    lines.map(str::trim).filter(|class| !class.is_empty()).map(str::to_owned).collect()
}

fn must_change(items: &[&Item], settings: Option<&str>) -> bool {
    let Some(settings) = settings.filter(|settings| !settings.is_empty()) else { return false };
    let is_it = |item: &&&Item| item.element == "PasswordResetSettings" && item.get("Identifier") == Some(settings);
    items.iter().find(is_it).is_some_and(|item| item.get("MustChange") == Some("true"))
}

/// Mapped scalars, then navigations whose pairs are read from a column.
fn properties(target: &str, configuration: &Configuration) -> Vec<TargetProperty> {
    let mapped = configuration.type_mappings.iter().filter(|mapping| mapping.identifier == target);
    let scalars = mapped.flat_map(|mapping| &mapping.properties).map(|property| TargetProperty {
        property: property.identifier.clone(),
        column: property.connection_column.clone(),
        format: property.format.clone(),
        ..TargetProperty::default()
    });
    let ends = configuration.associations.iter().flat_map(|association| {
        let mapping = configuration.association_mappings.iter().find(|m| m.identifier == association.identifier);
        [(&association.property1, true), (&association.property2, false)].map(|(end, first)| (end, first, mapping))
    });
    let navigations = ends.filter(|(end, ..)| end.entity_type == target);
    scalars.chain(navigations.filter_map(|(end, first, mapping)| navigation(end, first, mapping?))).collect()
}

/// The attribute of the pairs belongs to the end whose own column is a name; the other end is written through it.
fn navigation(end: &PropertyPath, first: bool, mapping: &EntityAssociationMapping) -> Option<TargetProperty> {
    let is_name = |column: &str| NAMES.iter().any(|name| name.eq_ignore_ascii_case(column));
    let (own, other) = if first { (&mapping.column1, &mapping.column2) } else { (&mapping.column2, &mapping.column1) };
    let property = TargetProperty { property: end.property.clone(), ..TargetProperty::default() };
    match (is_name(own), is_name(other)) {
        (true, false) => Some(TargetProperty { column: Some(other.clone()), ..property }),
        // Children are moved one by one: what is above an entry is no attribute of it.
        (false, true) if own.eq_ignore_ascii_case("parentdn") => None,
        (false, true) => Some(TargetProperty {
            column: Some(property.property.clone()),
            backlink_column: Some(own.clone()),
            ..property
        }),
        _ => None,
    }
}

/// The part that a column plays unless the mapping says otherwise.
fn usual_role(property: &TargetProperty, rdn_attribute: &str) -> PropertyRole {
    let column = property.column.as_deref().unwrap_or_default();
    let is = |name: &str| column.eq_ignore_ascii_case(name);
    match column {
        _ if property.backlink_column.is_some() => PropertyRole::Value,
        _ if is("dn") || is("distinguishedName") => PropertyRole::Dn,
        _ if is("parentdn") => PropertyRole::Parent,
        _ if is("rdn") || (!rdn_attribute.is_empty() && is(rdn_attribute)) => PropertyRole::Rdn,
        _ if is("userAccountControl") => PropertyRole::UserAccountControl,
        _ => PropertyRole::Value,
    }
}

/// What a child `Property` says.
fn refine(mapping: &mut TargetMapping, part: &Item) {
    let name = part.get("Property").unwrap_or_default();
    // The property may be written with its entity type in front.
    let name = name.rsplit(':').next().unwrap_or(name);
    let Some(property) = mapping.properties.iter_mut().find(|property| property.property == name) else { return };
    let is = |attribute: &str| part.get(attribute) == Some("true");
    let roles = [
        ("IsDNProperty", PropertyRole::Dn),
        ("IsParentProperty", PropertyRole::Parent),
        ("IsRDNProperty", PropertyRole::Rdn),
        ("IsUserAccountControlProperty", PropertyRole::UserAccountControl),
    ];
    if let Some((_, role)) = roles.into_iter().find(|(attribute, _)| is(attribute)) {
        property.role = role;
    }
    let given = |attribute: &str| part.get(attribute).filter(|value| !value.is_empty()).map(str::to_owned);
    property.backlink_column = given("DataSourceBacklinkColumnName").or(property.backlink_column.take());
    property.separator = given("MultiValueSeparator");
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const DIRECTORY: &str = r#"
        <Connector Identifier="AD" DisplayName_L1="AD"/>
        <Connection Identifier="ADExport" Connector="AD" DisplayName_L1="AD" Package="Usercube.AD@0000001"/>
        <EntityType Identifier="Directory_User" DisplayName_L1="U"><Property Identifier="Id_" IsKey="true" Type="String"/></EntityType>
        <EntityType Identifier="AD_Entry" DisplayName_L1="E">
          <Property Identifier="guid" IsKey="true" Type="String"/>
          <Property Identifier="dn" Type="String"/>
          <Property Identifier="cn" Type="String"/>
          <Property Identifier="uac" Type="Int32"/>
          <Property Identifier="phones" Type="String"/>
          <Property Identifier="parent" Type="ForeignKey"/>
          <Property Identifier="children" Type="ForeignKey"/>
          <Property Identifier="member" Type="ForeignKey"/>
          <Property Identifier="memberOf" Type="ForeignKey"/>
        </EntityType>
        <EntityAssociation Identifier="AD_Parent" DisplayName_L1="P" Property1="AD_Entry:children" IsProperty1Collection="true" Property2="AD_Entry:parent"/>
        <EntityAssociation Identifier="AD_Member" DisplayName_L1="M" Property1="AD_Entry:member" IsProperty1Collection="true" Property2="AD_Entry:memberOf" IsProperty2Collection="true"/>
        <EntityTypeMapping Identifier="AD_Entry" Connector="AD" ConnectionTable="ADExport_entries">
          <Property Identifier="guid" ConnectionColumn="objectGUID" IsPrimaryKey="true" Format="Guid"/>
          <Property Identifier="dn" ConnectionColumn="dn" IsUniqueKey="true"/>
          <Property Identifier="cn" ConnectionColumn="cn"/>
          <Property Identifier="uac" ConnectionColumn="userAccountControl"/>
          <Property Identifier="phones" ConnectionColumn="otherTelephone" Format="MultivaluedText"/>
        </EntityTypeMapping>
        <EntityAssociationMapping Identifier="AD_Parent" Connector="AD" ConnectionTable="ADExport_entries" Column1="parentdn"
          EntityPropertyMapping1="AD_Entry:dn" Column2="dn" EntityPropertyMapping2="AD_Entry:dn"/>
        <EntityAssociationMapping Identifier="AD_Member" Connector="AD" ConnectionTable="ADExport_member" Column1="dn"
          EntityPropertyMapping1="AD_Entry:dn" Column2="member" EntityPropertyMapping2="AD_Entry:dn"/>
        <Policy Identifier="Default" DisplayName_L1="D"/>
        <Category Identifier="C" DisplayName_L1="C" Policy="Default"/>
        <ResourceType Identifier="AD_User" DisplayName_L1="A" Policy="Default" Category="C" SourceEntityType="Directory_User" TargetEntityType="AD_Entry"/>
        <PasswordResetSettings Identifier="Strong" AutoGenerate="true" MustChange="true"/>
        <LdapResourceTypeMapping Identifier="AD_User" Connection="ADExport" DefaultObjectClass="top&#xA;user" RDNAttributeIdentifier="CN"
          PasswordResetSetting="Strong" UseTreeDelete="true">
          <Property Property="phones" MultiValueSeparator=";"/>
        </LdapResourceTypeMapping>"#;

    fn read(elements: &str) -> Configuration {
        let text = format!(
            "<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">{elements}</ConfigurationFile>"
        );
        parse(&[("conf.xml".to_owned(), text)]).configuration
    }

    #[test]
    fn a_directory_is_written_through_the_columns_that_it_is_read_from() {
        let configuration = read(DIRECTORY);
        let [mapping] = configuration.target_mappings.as_slice() else { panic!("one mapping") };
        assert_eq!(
            (mapping.connection.as_str(), mapping.object_classes.as_slice()),
            ("ADExport", &["top".to_owned(), "user".to_owned()][..])
        );
        assert_eq!((mapping.tree_delete, mapping.permissive_modify, mapping.must_change_password), (true, false, true));
        let told: Vec<String> = mapping
            .properties
            .iter()
            .map(|p| {
                let backlink = p.backlink_column.as_deref().unwrap_or("-");
                format!(
                    "{} {} {:?} {backlink} {}",
                    p.property,
                    p.column.as_deref().unwrap_or("-"),
                    p.role,
                    p.separator.as_deref().unwrap_or("-")
                )
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        guid objectGUID Value - -
        dn dn Dn - -
        cn cn Rdn - -
        uac userAccountControl UserAccountControl - -
        phones otherTelephone Value - ;
        parent parentdn Parent - -
        member member Value - -
        memberOf memberOf Value member -
        ");
    }
}
