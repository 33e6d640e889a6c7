//! Ascending ids, asked for at once or in batches, whichever is faster.

use crate::batch::in_batches;
use crate::value::Arg;
use provost_model::ResourceId;

/// Ids between the first and the last of which one must be asked for, for a range to pay.
const SPARSENESS: i64 = 8;

/// Ascending ids.
pub(crate) struct Span<'a> {
    ids: &'a [ResourceId],
    range: Option<(i64, i64)>,
}

impl<'a> Span<'a> {
    pub(crate) fn over(ids: &'a [ResourceId]) -> Span<'a> {
        let range = match (ids.first(), ids.last()) {
            (Some(first), Some(last)) if (last.0 - first.0) / SPARSENESS < ids.len() as i64 => Some((first.0, last.0)),
            _ => None,
        };
        Span { ids, range }
    }

    /// Hands conditions on a column to `each` with their arguments, which begin at `$1`. What they find together is in
    /// the order of the ids when each finding is; a range also finds ids that were not asked for.
    pub(crate) fn each<E>(
        &self,
        column: &str,
        mut each: impl FnMut(&str, &[Arg<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some((first, last)) = self.range {
            return each(&format!("{column} >= $1 AND {column} <= $2"), &[first.into(), last.into()]);
        }
        in_batches(self.ids, |batch, list| {
            let args: Vec<Arg<'_>> = batch.iter().map(|id| Arg::Int(id.0)).collect();
            each(&format!("{column} IN ({})", list(1)), &args)
        })
    }
}
