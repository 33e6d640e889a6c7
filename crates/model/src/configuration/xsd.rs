//! The schema for editors and stock validators, generated from the dialect.

use super::dialect::{self, Attribute, Element, Enumeration, Kind, NAMESPACE, Names, ROOT_ELEMENT};
use super::names::DefinitionNames;
use std::collections::BTreeMap;
use std::fmt::Write;

/// An XSD 1.0 schema that every legal file satisfies. It knows names, places, types and values; what must hold
/// between elements is left to the check.
pub fn xsd() -> String {
    let mut schema = Schema { names: DefinitionNames::new(), simple: BTreeMap::new(), groups: BTreeMap::new() };
    let mut types = String::new();
    dialect::visit(&mut |element| schema.complex_type(element, &mut types));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns=\"{NAMESPACE}\"\n    targetNamespace=\"{NAMESPACE}\" elementFormDefault=\"qualified\">\n"
    );
    let _ = writeln!(text, "  <xs:element name=\"{ROOT_ELEMENT}\">\n    <xs:complexType>");
    let roots: Vec<&'static Element> = dialect::roots().collect();
    schema.choice(&roots, 6, &mut text);
    text.push_str("    </xs:complexType>\n  </xs:element>\n");
    text.push_str(&types);
    schema.groups.values().chain(schema.simple.values()).for_each(|definition| text.push_str(definition));
    text.push_str("</xs:schema>\n");
    text
}

struct Schema {
    names: DefinitionNames,
    /// Simple types by name.
    simple: BTreeMap<String, String>,
    /// Attribute groups by name.
    groups: BTreeMap<String, String>,
}

impl Schema {
    fn complex_type(&mut self, element: &'static Element, text: &mut String) {
        let _ = writeln!(text, "  <xs:complexType name=\"{}\">", self.names.of(element));
        let note = if element.acted_on { "" } else { " Kept, not acted on yet." };
        documentation(&format!("{}{note}", element.doc), 4, text);
        let children: Vec<&'static Element> = element.all_children().collect();
        if !children.is_empty() {
            self.choice(&children, 4, text);
        }
        for attribute in element.all_attributes() {
            if attribute.names == Names::One {
                // An addition repeats nothing but the identifier of what it adds to.
                let required = attribute.required && (!element.additive || attribute.name == "Identifier");
                self.single(attribute, required, text);
            } else {
                let group = self.group(attribute);
                let _ = writeln!(text, "    <xs:attributeGroup ref=\"{group}\" />");
            }
        }
        if element.open {
            text.push_str("    <xs:anyAttribute namespace=\"##local\" processContents=\"skip\" />\n");
        }
        text.push_str("  </xs:complexType>\n");
    }

    fn choice(&self, elements: &[&'static Element], indent: usize, text: &mut String) {
        let pad = " ".repeat(indent);
        let _ = writeln!(text, "{pad}<xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">");
        for element in elements {
            for name in std::iter::once(&element.name).chain(element.aliases) {
                let _ = writeln!(text, "{pad}  <xs:element name=\"{name}\" type=\"{}\" />", self.names.of(element));
            }
        }
        let _ = writeln!(text, "{pad}</xs:choice>");
    }

    /// One attribute, under each of its spellings; with several spellings none can be required.
    fn single(&mut self, attribute: &Attribute, required: bool, text: &mut String) {
        let kind = self.simple_type(attribute.kind);
        let required = if required && attribute.aliases.is_empty() { " use=\"required\"" } else { "" };
        for name in attribute.spellings() {
            let _ = writeln!(text, "    <xs:attribute name=\"{name}\" type=\"{kind}\"{required}>");
            let default = attribute.default.map_or(String::new(), |default| format!(" Default: {default}."));
            documentation(&format!("{}{default}", attribute.doc), 6, text);
            text.push_str("    </xs:attribute>\n");
        }
    }

    /// A family of attributes, defined once for all elements that share it.
    fn group(&mut self, attribute: &Attribute) -> String {
        let kind = self.simple_type(attribute.kind);
        let members = attribute.members();
        let first = members.first().map_or(attribute.name, String::as_str);
        let last = members.last().map_or("", String::as_str);
        let name = format!("{first}-{last}.{}", kind.trim_start_matches("xs:"));
        if !self.groups.contains_key(&name) {
            let mut text = format!("  <xs:attributeGroup name=\"{name}\">\n");
            documentation(attribute.doc, 4, &mut text);
            for spelling in attribute.spellings() {
                let _ = writeln!(text, "    <xs:attribute name=\"{spelling}\" type=\"{kind}\" />");
            }
            text.push_str("  </xs:attributeGroup>\n");
            self.groups.insert(name.clone(), text);
        }
        name
    }

    /// Name of the type of values of this kind.
    fn simple_type(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Bool => "xs:boolean".to_owned(),
            Kind::Float => "xs:double".to_owned(),
            Kind::Int(least, most) => {
                let name = format!("Int.{least}.{most}").replace('-', "minus");
                let facets = format!("<xs:minInclusive value=\"{least}\" /><xs:maxInclusive value=\"{most}\" />");
                self.restriction(name, "xs:integer", &facets)
            }
            Kind::Date => {
                let pattern = "\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+\\-]\\d{2}:\\d{2})?)?";
                self.restriction("Date".to_owned(), "xs:token", &format!("<xs:pattern value=\"{pattern}\" />"))
            }
            Kind::Enum(list) => self.enumeration(list),
            Kind::Text
            | Kind::Reference(_)
            | Kind::PropertyPath
            | Kind::Property
            | Kind::Resource
            | Kind::Binding
            | Kind::Expression => "xs:string".to_owned(),
        }
    }

    fn enumeration(&mut self, list: &Enumeration) -> String {
        let numbers = list.numbered.iter().map(|(number, _)| number.to_string());
        let aliases = list.aliases.iter().map(|(alias, _)| (*alias).to_owned());
        let values = list.names().map(str::to_owned).chain(numbers).chain(aliases);
        let facets: String = values.map(|value| format!("<xs:enumeration value=\"{value}\" />")).collect();
        self.restriction(format!("Enum.{}", list.name), "xs:token", &facets)
    }

    fn restriction(&mut self, name: String, base: &str, facets: &str) -> String {
        let definition = format!(
            "  <xs:simpleType name=\"{name}\">\n    <xs:restriction base=\"{base}\">{facets}</xs:restriction>\n  </xs:simpleType>\n"
        );
        self.simple.insert(name.clone(), definition);
        name
    }
}

fn documentation(said: &str, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    let said = said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(text, "{pad}<xs:annotation><xs:documentation>{said}</xs:documentation></xs:annotation>");
}
