//! Attributes that many elements share.

use super::definition::{Attribute, Enumeration, Kind, Names};
use super::enumerations as e;

/// Any text.
pub(super) const fn text(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Text, doc)
}

/// True or false; false when absent.
pub(super) const fn flag(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Bool, doc).or("false")
}

/// True or false; true when absent.
pub(super) const fn flag_on(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Bool, doc).or("true")
}

/// A whole number that is not negative; 0 when absent.
pub(super) const fn count(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Int(0, I32_MAX), doc).or("0")
}

/// A 32-bit whole number.
pub(super) const fn int(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Int(I32_MIN, I32_MAX), doc)
}

/// One of a list.
pub(super) const fn choice(name: &'static str, list: &'static Enumeration, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Enum(list), doc)
}

/// The identifier of an element of a class.
pub(super) const fn reference(name: &'static str, class: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Reference(class), doc)
}

/// The identifier of a property.
pub(super) const fn property(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Property, doc)
}

/// A path through properties.
pub(super) const fn binding(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Binding, doc)
}

/// An expression.
pub(super) const fn expression(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Kind::Expression, doc)
}

/// A text per language.
pub(super) const fn localised(name: &'static str, doc: &'static str) -> Attribute {
    text(name, doc).names(Names::Localised)
}

/// One attribute per dimension, `D0` to `D3V`, with an older decimal spelling.
const fn dimension(
    letter: &'static str,
    kind: Kind,
    decimal: (&'static str, &'static str),
    doc: &'static str,
) -> Attribute {
    Attribute::new(letter, kind, doc).names(Names::Indexed {
        first: 0,
        last: 127,
        suffix: "",
        decimal: if decimal.0.is_empty() { None } else { Some(decimal) },
    })
}

const I32_MAX: i64 = 2_147_483_647;
const I32_MIN: i64 = -2_147_483_648;

/// `Identifier`.
pub(super) const ID: Attribute =
    text("Identifier", "Unique name, by which other elements refer to this one.").required();
/// `Identifier`, where it may be absent.
pub(super) const OPTIONAL_ID: Attribute = text("Identifier", "Unique name.");
/// `DisplayName_L1` to `_L16`.
pub(super) const LABEL: Attribute = localised("DisplayName", "Label, per language.");
/// `DisplayName_L1` to `_L16`, the first one expected.
pub(super) const REQUIRED_LABEL: Attribute = LABEL.required();
/// `Description_L1` to `_L16`.
pub(super) const DESCRIPTION: Attribute = localised("Description", "Longer text for people, per language.");
/// `EntityType`.
pub(super) const OF_ENTITY_TYPE: Attribute =
    reference("EntityType", "EntityType", "Entity type that this element is about.");
/// `Policy`.
pub(super) const POLICY: Attribute = reference("Policy", "Policy", "Policy that it belongs to.");
/// `Priority`.
pub(super) const PRIORITY: Attribute = int("Priority", "Order of execution.").or("0");

/// `D0` to `D3V`.
pub(super) const D: Attribute =
    dimension("D", Kind::Resource, ("Dimension", ""), "Value of a dimension: key of a resource.");
/// `L0` to `L3V`.
pub(super) const L: Attribute =
    dimension("L", Kind::Bool, ("", ""), "The dimension value includes all that is below it.").or("false");
/// `B0` to `B3V`.
pub(super) const B: Attribute =
    dimension("B", Kind::Binding, ("Dimension", "Binding"), "Where the value of a dimension is read.");
/// `P0` to `P3V`.
pub(super) const P: Attribute =
    dimension("P", Kind::Bool, ("", ""), "A type rule depends on this dimension.").or("false");
/// `R0` to `R3V`.
pub(super) const R: Attribute =
    dimension("R", Kind::Bool, ("", ""), "This dimension is a required parameter of the assignment.").or("false");

/// Identifier and required label.
pub(super) const NAMED: &[Attribute] = &[ID, REQUIRED_LABEL];

/// `ApprovalWorkflowType` and what goes with it, on roles and resource types.
pub(super) const APPROVAL: &[Attribute] = &[
    choice("ApprovalWorkflowType", &e::APPROVAL_WORKFLOW, "Number of validations of a manual request.").or("None"),
    choice("ImplicitApproval", &e::IMPLICIT_APPROVAL, "Steps skipped when the requester may review.")
        .or("Inherited")
        .inert(),
    choice("ProlongationWithoutApproval", &e::PROLONGATION, "The end may be postponed without a new approval.")
        .or("Inherited")
        .inert(),
    choice(
        "ManualAssignmentEndDateLockedToContextMode",
        &e::END_DATE_MODE,
        "How the end of a manual assignment is set.",
    )
    .or("ExplicitNotContextBoundByDefault")
    .inert(),
    flag("HideOnSimplifiedView", "Automatic assignments appear in the advanced view only.").inert(),
];

/// The four comment settings of roles and naming rules.
pub(super) const INHERITED_COMMENTS: &[Attribute] = &[
    choice("CommentActivationOnApproveInReview", &e::INHERITED_COMMENT, "Comment when a request is approved.")
        .or("Inherited")
        .inert(),
    choice("CommentActivationOnDeclineInReview", &e::INHERITED_COMMENT, "Comment when a request is declined.")
        .or("Inherited")
        .inert(),
    choice("CommentActivationOnDeleteGapInReconciliation", &e::INHERITED_COMMENT, "Comment when a gap is deleted.")
        .or("Inherited")
        .inert(),
    choice("CommentActivationOnKeepGapInReconciliation", &e::INHERITED_COMMENT, "Comment when a gap is kept.")
        .or("Inherited")
        .inert(),
];

/// The three time offset settings.
pub(super) const TIME_OFFSET: &[Attribute] = &[
    choice("TimeOffsetReference", &e::TIME_OFFSET, "Which period of the owner's context the rule applies on.")
        .or("Default"),
    int("TimeOffsetBeforeReference", "Minutes added to the start; negative is earlier.").or("0"),
    int("TimeOffsetAfterReference", "Minutes added to the end; negative is earlier.").or("0"),
];

/// The five offset-free attributes that a rule about two sides uses.
pub(super) const MATCH: &[Attribute] = &[
    binding("SourceBinding", "Key read on the owner."),
    expression("SourceExpression", "Key computed on the owner."),
    binding("TargetBinding", "Key read on the target."),
    expression("TargetExpression", "Key computed on the target."),
];
