//! Members of values that are no methods.

use super::{Kind, Lowered, Lowerer, Node, Tree, Type, Typed, refuse, span};
use crate::expression::binding;
use crate::expression::program::body::run::{Run, dates, map, patterns, texts};
use provost_model::configuration::PropertyType;
use provost_model::nearest;

impl Lowerer<'_> {
    /// `receiver.Name`
    pub(super) fn member(&mut self, receiver: Typed, name: Tree<'_>, node: Tree<'_>) -> Lowered<Typed> {
        let member = self.text(name);
        if let Type::Resource(entity_type, places) = &receiver.ty {
            let (entity_type, places) = (*entity_type, places.clone());
            return self.property(receiver.node, entity_type, &places, name, node);
        }
        let call = |run: Run, ty: Type, receiver: Node| {
            let kind = Kind::Call { run, instance: true, arguments: [receiver].into() };
            Ok(Typed::new(kind, span(node), ty))
        };
        let part = |list: &[(&str, Run)]| list.iter().find(|(known, _)| *known == member).map(|(_, run)| *run);
        match (&receiver.ty, member) {
            (Type::Text, "Length") | (Type::List(_) | Type::Ordered(_), "Count" | "Length") => {
                call(texts::length_of, Type::Int, receiver.node)
            }
            (Type::Map, "Count") => call(map::count, Type::Int, receiver.node),
            (Type::Date, _) if part(&dates::PARTS).is_some() => {
                let ty = match member {
                    "Date" => Type::Date,
                    "TimeOfDay" => Type::Span,
                    "DayOfWeek" => Type::DayOfWeek,
                    _ => Type::Int,
                };
                call(part(&dates::PARTS).unwrap_or(texts::same), ty, receiver.node)
            }
            (Type::Span, _) if part(&dates::SPAN_PARTS).is_some() => {
                let ty = if member.starts_with("Total") { Type::Double } else { Type::Int };
                call(part(&dates::SPAN_PARTS).unwrap_or(texts::same), ty, receiver.node)
            }
            (Type::Match | Type::Group, "Success") => call(patterns::success, Type::Bool, receiver.node),
            (Type::Match | Type::Group, "Value") => call(patterns::value, Type::Text, receiver.node),
            (Type::Match | Type::Group, "Index") => call(patterns::index, Type::Int, receiver.node),
            (Type::Match | Type::Group, "Length") => call(patterns::length, Type::Int, receiver.node),
            (Type::Match, "Groups") => Ok(Typed { ty: Type::Groups, ..receiver }),
            (Type::Assignment, "StartDate") => Ok(Typed::new(Kind::AssignmentStart, span(node), Type::Date)),
            (Type::Assignment, "EndDate") => Ok(Typed::new(Kind::AssignmentEnd, span(node), Type::Date)),
            (Type::Assignment, "ParametersValues") => Ok(Typed::new(Kind::Parameters, span(node), Type::Map)),
            (Type::Order, "ChangeType") => Ok(Typed { ty: Type::Change, ..receiver }),
            (ty, "HasValue") if may_lack(ty) => {
                let at = span(node);
                let equal = Kind::Equal(receiver.node.boxed(), Node::new(Kind::Null, at).boxed());
                Ok(Typed::new(Kind::Not(Node::new(equal, at).boxed()), at, Type::Bool))
            }
            (ty, "Value") if may_lack(ty) => {
                let ty = ty.clone();
                Ok(Typed::new(Kind::Required(receiver.node.boxed()), span(node), ty))
            }
            (ty, _) => {
                let message = format!("{} has no member {member}", self.one(ty));
                let known = members(ty);
                let remedy = match nearest::one(member, known.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None if known.is_empty() => "leave it out".to_owned(),
                    None => format!("its members are {}", known.join(", ")),
                };
                refuse(name, message, remedy)
            }
        }
    }

    /// A property of a resource.
    fn property(
        &mut self,
        of: Node,
        entity_type: usize,
        places: &[usize],
        name: Tree<'_>,
        node: Tree<'_>,
    ) -> Lowered<Typed> {
        let member = self.text(name);
        let metadata = self.scope.metadata;
        let at = span(node);
        if member == "Id" {
            return Ok(Typed::new(Kind::Id(of.boxed()), at, Type::Long));
        }
        if binding::display_name(member).is_some() {
            self.origins.display_name(places);
            return Ok(Typed::new(Kind::DisplayName(of.boxed()), at, Type::Text));
        }
        let property = match binding::find_property(metadata, entity_type, member) {
            Ok(property) => property,
            Err(error) => return refuse(name, error.to_string(), error.remedy()),
        };
        let kind = metadata.entity_types[entity_type].properties[property].kind;
        if let Some((ty, read)) = Type::of_property(kind) {
            self.origins.value(places, property);
            return Ok(Typed::new(Kind::Field(of.boxed(), property, read), at, ty));
        }
        if kind == PropertyType::Binary {
            let message = format!("{member} holds a file, which is no value to compute with");
            return refuse(name, message, "choose a property that is not Binary");
        }
        match binding::any_navigation(metadata, entity_type, property) {
            Ok((step, is_collection)) => {
                let ty = Type::Resource(step.target, self.origins.follow(places, property));
                Ok(match is_collection {
                    true => Typed::new(Kind::Links(of.boxed(), property), at, Type::List(Box::new(ty))),
                    false => Typed::new(Kind::Link(of.boxed(), property), at, ty),
                })
            }
            Err(error) => refuse(name, error.to_string(), error.remedy()),
        }
    }
}

/// Types of which C# has a form that may be null.
fn may_lack(ty: &Type) -> bool {
    ty.is_number() || matches!(ty, Type::Bool | Type::Char | Type::Date | Type::Span | Type::DayOfWeek)
}

fn members(ty: &Type) -> Vec<&'static str> {
    let mut known = match ty {
        Type::Text => vec!["Length"],
        Type::List(_) | Type::Ordered(_) => vec!["Count"],
        Type::Map => vec!["Count"],
        Type::Date => dates::PARTS.iter().map(|(name, _)| *name).collect(),
        Type::Span => dates::SPAN_PARTS.iter().map(|(name, _)| *name).collect(),
        Type::Match => vec!["Success", "Value", "Groups", "Index", "Length"],
        Type::Group => vec!["Success", "Value", "Index", "Length"],
        Type::Assignment => vec!["StartDate", "EndDate", "ParametersValues"],
        Type::Order => vec!["ChangeType"],
        _ => Vec::new(),
    };
    if may_lack(ty) {
        known.extend(["HasValue", "Value"]);
    }
    known
}
