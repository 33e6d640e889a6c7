//! What a form decides.

use super::cards::{PARTS, verdicts};
use super::gather::{Reading, Wanted};
use super::{list, screen};
use crate::orders::{Decision, Verdict, decide as follow};
use crate::web::problem::Problem;
use crate::web::screens::context::{Ctx, go};
use axum::extract::{Form, Path};
use axum::response::Response;

/// Words of verdicts.
pub(super) const VERDICTS: [(&str, Verdict); 8] = [
    ("approve", Verdict::Approve),
    ("decline", Verdict::Decline),
    ("postpone", Verdict::Postpone),
    ("unblock", Verdict::Unblock),
    ("keep", Verdict::Keep),
    ("delete", Verdict::Delete),
    ("executed", Verdict::Executed),
    ("failed", Verdict::Failed),
];

pub(super) fn verdict(word: &str) -> Option<Verdict> {
    VERDICTS.iter().find(|(known, _)| *known == word).map(|(_, verdict)| *verdict)
}

/// Follows what a form says about one owner. What that owner does not show on this screen is refused.
pub(super) async fn decide(
    ctx: Ctx,
    Path(identifier): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let wanted = read(&fields)?;
    let (model, inner) = (ctx.model().await?, ctx.clone());
    let (kind, asked) = (identifier.clone(), wanted.clone());
    let owner = asked.first().map(|decision| decision.owner);
    let (open, closed) = ctx
        .app
        .read(move |tx| {
            let catalogue = inner.app.catalogues().current(tx)?;
            let (screen, kind) = (screen(&inner)?, list::kind(&model, &kind)?);
            let reading = Reading { ctx: &inner, model: &model, catalogue: &catalogue, screen, kind };
            let found = reading.gather(tx, &Wanted { owner, ..Wanted::default() }, 0, usize::MAX / 4)?;
            Ok(asked.into_iter().partition::<Vec<Decision>, _>(|decision| {
                let item = found.items.iter().find(|item| item.part == decision.part && item.id == decision.id);
                item.is_some_and(|item| verdicts(item).iter().any(|word| verdict(word) == Some(decision.verdict)))
            }))
        })
        .await?;
    let mut refused: Vec<String> = closed.iter().map(|_| ctx.w.t("reviews.gone").to_owned()).collect();
    refused.dedup();
    if !open.is_empty() {
        let (app, actor) = (ctx.app.clone(), ctx.principal.name.clone());
        let decided = ctx.app.blocking(move || Ok(follow(app.store(), &open, &actor, app.now_micros())?)).await?;
        refused.extend(decided.refused);
    }
    if refused.is_empty() {
        return Ok(go(&ctx.address(&[("done", "decided")])));
    }
    list::show(ctx, identifier, refused).await
}

/// The decisions of a form: the whole comes behind what it holds.
fn read(fields: &[(String, String)]) -> Result<Vec<Decision>, Problem> {
    let text = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    let unreadable = || Problem::bad_request("decision", "the form cannot be understood").hint("load the page again");
    let owner = text("owner").and_then(|text| text.parse().ok()).ok_or_else(unreadable)?;
    let comment = text("comment").unwrap_or_default();
    let mut decisions = Vec::new();
    for (name, value) in fields.iter().filter(|(name, value)| name.contains('.') && !value.is_empty()) {
        let (part, id) = name.split_once('.').ok_or_else(unreadable)?;
        let (word, version) = value.split_once('~').ok_or_else(unreadable)?;
        decisions.push(Decision {
            owner,
            part: PARTS.iter().find(|(known, _)| *known == part).map(|(_, part)| *part).ok_or_else(unreadable)?,
            id: id.parse().map_err(|_| unreadable())?,
            verdict: verdict(word).ok_or_else(unreadable)?,
            version: Some(version.to_owned()),
            comment: comment.to_owned(),
        });
    }
    if decisions.is_empty() {
        return Err(Problem::bad_request("decision", "nothing was decided").hint("choose something first"));
    }
    decisions.sort_by_key(|decision| std::cmp::Reverse(decision.part));
    Ok(decisions)
}
