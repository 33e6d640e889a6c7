//! The reference page of the manual, generated from the dialect.

use super::dialect::{self, Attribute, Element, Identity, Kind, NAMESPACE, Names, ROOT_ELEMENT};
use super::names::DefinitionNames;
use std::fmt::Write;

/// One Markdown page that lists every element and attribute.
pub fn reference() -> String {
    let names = DefinitionNames::new();
    let mut page = format!(
        "# Configuration reference\n\n\
         Every file is XML with the root `<{ROOT_ELEMENT} xmlns=\"{NAMESPACE}\">`. Elements may stand in any file and \
         any order; references are identifiers. Yes-or-no values are `true`, `false`, `1` or `0`; lists take the name or \
         the number. Elements marked *kept* are read, stored, compared and exported, but not acted on yet; `provost \
         check` lists the ones that a configuration uses.\n"
    );
    for (title, elements) in dialect::PARTS {
        let _ = writeln!(page, "\n## {title}");
        let mut sections: Vec<Section> = Vec::new();
        let mut written: Vec<&str> = Vec::new();
        for element in *elements {
            add(element, &names, &mut sections);
            below(element, &names, &mut written, &mut sections);
        }
        sections.iter().for_each(|section| section.write(&mut page));
    }
    page
}

/// Elements that are alike but for their names and sentences.
struct Section {
    titles: Vec<String>,
    docs: Vec<&'static str>,
    body: String,
}

impl Section {
    fn write(&self, page: &mut String) {
        let _ = writeln!(page, "\n### {}\n", self.titles.join(", "));
        match self.docs.as_slice() {
            [doc] => {
                let _ = writeln!(page, "{}", cell(doc));
            }
            docs => {
                for (title, doc) in self.titles.iter().zip(docs) {
                    let _ = writeln!(page, "- {title}: {}", cell(doc));
                }
            }
        }
        page.push_str(&self.body);
    }
}

fn add(element: &'static Element, names: &DefinitionNames, sections: &mut Vec<Section>) {
    let title = names.of(element).replace('.', " / ");
    let body = body(element);
    match sections.iter_mut().find(|section| section.body == body) {
        Some(alike) => {
            alike.titles.push(title);
            if alike.docs != [element.doc] {
                alike.docs.push(element.doc);
            }
        }
        None => sections.push(Section { titles: vec![title], docs: vec![element.doc], body }),
    }
}

/// Sections of the elements that stand in `element`, each definition once, where its name begins with its parent's.
/// Overrides have no section of their own: they take what their task takes.
fn below<'n>(
    element: &'static Element,
    names: &'n DefinitionNames,
    written: &mut Vec<&'n str>,
    sections: &mut Vec<Section>,
) {
    for child in element.all_children().filter(|child| child.class != "TaskOverride") {
        let name = names.of(child);
        if name == format!("{}.{}", names.of(element), child.name) && !written.contains(&name) {
            written.push(name);
            add(child, names, sections);
            below(child, names, written, sections);
        }
    }
}

fn body(element: &'static Element) -> String {
    let mut page = String::new();
    if !element.acted_on {
        page.push_str("\n*Kept, not acted on yet.*\n");
    }
    if !element.aliases.is_empty() {
        let _ = writeln!(page, "\nAlso written {}.", list(element.aliases.iter().copied()));
    }
    let _ = writeln!(page, "\n{}", told_apart(element));
    let children = list(element.all_children().map(|child| child.name));
    if !children.is_empty() {
        let _ = writeln!(page, "\nHolds {children}.");
    }
    if element.all_children().any(|child| child.class == "TaskOverride") {
        page.push_str("\nAn `…Override` names an existing task and takes the attributes that replace its own.\n");
    }
    if element.open {
        page.push_str("\nOther attributes are kept as they are.\n");
    }
    if element.all_attributes().next().is_some() {
        page.push_str("\n| Attribute | Value | Default | Meaning |\n|---|---|---|---|\n");
        element.all_attributes().for_each(|attribute| row(element, attribute, &mut page));
    }
    page
}

fn told_apart(element: &Element) -> String {
    match element.identity {
        Identity::Single => "There is at most one.".to_owned(),
        Identity::Unique(keys) if element.additive => {
            format!("Told apart by {}; a second one with the same adds to the first.", list(keys.iter().copied()))
        }
        Identity::Unique(keys) => format!("Told apart by {}.", list(keys.iter().copied())),
        Identity::Natural([]) => "Told apart by its content.".to_owned(),
        Identity::Natural(keys) => format!("Told apart by {}; several may agree in them.", list(keys.iter().copied())),
    }
}

fn row(element: &Element, attribute: &Attribute, page: &mut String) {
    let required = match (attribute.required, attribute.names) {
        (false, _) => "",
        (true, Names::Localised) => " **expected**",
        (true, _) => " **required**",
    };
    let also = if attribute.aliases.is_empty() {
        String::new()
    } else {
        format!(" (also {})", list(attribute.aliases.iter().copied()))
    };
    let kept = if element.acted_on && attribute.inert { " *(kept)*" } else { "" };
    let default = attribute.default.map_or(String::new(), |default| format!("`{default}`"));
    let value = match attribute.kind {
        Kind::Text => "text".to_owned(),
        Kind::Bool => "yes or no".to_owned(),
        Kind::Int(0, most) if most == i64::from(i32::MAX) => "whole number".to_owned(),
        Kind::Int(least, most) if least == i64::from(i32::MIN) && most == i64::from(i32::MAX) => {
            "whole number, may be negative".to_owned()
        }
        Kind::Int(least, most) => format!("{least} to {most}"),
        Kind::Float => "number".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Enum(list) => list.choices(),
        Kind::Reference(class) => format!("identifier of {class}"),
        Kind::PropertyPath => "`EntityType:Property`".to_owned(),
        Kind::Property => "identifier of a property".to_owned(),
        Kind::Resource => "key of a resource".to_owned(),
        Kind::Binding => "binding".to_owned(),
        Kind::Expression => "expression".to_owned(),
    };
    let doc = cell(attribute.doc);
    let _ = writeln!(page, "| `{}`{also}{required} | {value} | {default} | {doc}{kept} |", attribute.label());
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Text inside a table or a paragraph.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}
