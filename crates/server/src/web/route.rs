//! The kinds of routes: what each needs, takes and gives.

use super::app::App;
use axum::http::Method;
use axum::routing::MethodRouter;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// What a caller must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// Nothing: anyone may call.
    Public,
    /// An identity of any kind.
    SignedIn,
    /// This permission; `{name}` stands for the path parameter of that name.
    Permission(&'static str),
    /// The same, unless the parameter `path` of the query names another permission: then that one. It decides which
    /// rows are seen, so it can only be that of a list.
    Query(&'static str),
}

/// Shape of a body, for the description of the interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Name of its schema.
    pub(crate) name: fn() -> String,
    /// The schema and all that it refers to.
    pub(crate) schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    const fn of<T: ToSchema>() -> Shape {
        fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push((T::name().into_owned(), T::schema()));
            T::schemas(schemas);
        }
        Shape { name: || T::name().into_owned(), schemas: collect::<T> }
    }
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What it is for.
    pub(crate) about: &'static str,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A whole number, at least 1.
    Count,
    /// A whole number that names a row.
    Id,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
        Parameter { name, kind, about }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) right: Right,
    /// Group in the description.
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) takes: Option<Shape>,
    /// The body is a form, not JSON.
    pub(crate) is_form: bool,
    pub(crate) gives: Option<Shape>,
    /// Media type of a body that is no JSON.
    pub(crate) takes_raw: Option<&'static str>,
    /// Media types of answers that are no JSON.
    pub(crate) gives_raw: &'static [&'static str],
    /// Its bodies follow a standard of their own: no schema of ours, no problem documents.
    pub(crate) speaks_for_itself: bool,
    /// Status of success; of failure, when it never succeeds.
    pub(crate) status: u16,
    /// It only tells what is wrong.
    pub(crate) always_fails: bool,
    /// It answers 304 to whoever has the answer already.
    pub(crate) may_be_unchanged: bool,
    /// Most bytes of the body.
    pub(crate) limit: usize,
    pub(crate) handler: fn() -> MethodRouter<App>,
}

impl Route {
    pub(crate) fn new(
        method: Method,
        path: &'static str,
        right: Right,
        tag: &'static str,
        summary: &'static str,
        handler: fn() -> MethodRouter<App>,
    ) -> Route {
        Route {
            method,
            path,
            right,
            tag,
            summary,
            parameters: &[],
            takes: None,
            is_form: false,
            gives: None,
            takes_raw: None,
            gives_raw: &[],
            speaks_for_itself: false,
            status: 200,
            always_fails: false,
            may_be_unchanged: false,
            limit: super::body::USUAL,
            handler,
        }
    }

    /// With query parameters.
    pub(crate) fn with(mut self, parameters: &'static [Parameter]) -> Route {
        self.parameters = parameters;
        self
    }

    /// With a JSON body.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Route {
        self.takes = Some(Shape::of::<T>());
        self
    }

    /// With a form as its body.
    pub(crate) fn takes_form<T: ToSchema>(mut self) -> Route {
        self.is_form = true;
        self.takes::<T>()
    }

    /// Answers with JSON.
    pub(crate) fn gives<T: ToSchema>(mut self) -> Route {
        self.gives = Some(Shape::of::<T>());
        self
    }

    /// Takes bodies of another size than the usual one.
    pub(crate) fn limited_to(mut self, bytes: usize) -> Route {
        self.limit = bytes;
        self
    }

    /// Bodies follow a standard of their own.
    pub(crate) fn speaks_for_itself(mut self) -> Route {
        self.speaks_for_itself = true;
        self
    }

    /// Succeeds with another status than 200.
    pub(crate) fn succeeds_with(mut self, status: u16) -> Route {
        self.status = status;
        self
    }

    /// Only tells what is wrong, with this status.
    pub(crate) fn always_fails(mut self, status: u16) -> Route {
        self.always_fails = true;
        self.succeeds_with(status)
    }

    /// Answers with a tag, and 304 to whoever has it.
    pub(crate) fn may_be_unchanged(mut self) -> Route {
        self.may_be_unchanged = true;
        self
    }

    /// With a body of this media type, which no schema describes.
    pub(crate) fn takes_raw(mut self, kind: &'static str) -> Route {
        self.takes_raw = Some(kind);
        self
    }

    /// Answers in one of these media types, which no schema describes.
    pub(crate) fn gives_raw(mut self, kinds: &'static [&'static str]) -> Route {
        self.gives_raw = kinds;
        self
    }
}
