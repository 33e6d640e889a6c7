//! Correlation over the repository: which target belongs to whom.

use super::Findings;
use super::compiled::{Compiled, key_set, stored};
use crate::error::ServerError;
use provost_model::{PolicyObjectId, ResourceId};
use provost_pipeline::correlation::{
    Closure, CorrelationReport, Correlator, KeyIndex, KeyPage, KeyRow, KeySetId, Keys, Known, Match, Touch, correlate,
    correlate_touched,
};
use provost_store::{CorrelationKey, KeyChangeLog, ReadTx, StoredClassification, StoredCorrelation, WriteTx};
use std::collections::BTreeSet;

/// Keys read at once.
const PAGE: usize = 20_000;

/// Keys as they are stored.
pub(super) struct StoredKeys<'a>(pub(super) &'a mut ReadTx);

impl Keys for StoredKeys<'_> {
    type Error = ServerError;

    fn page(
        &mut self,
        set: KeySetId,
        after: Option<(&str, ResourceId)>,
        page: &mut KeyPage,
    ) -> Result<(), ServerError> {
        let (rule, side) = stored(set);
        Ok(self.0.correlation_keys_after(rule, side, after, PAGE, |key, resource| page.push(key, resource))?)
    }
}

impl KeyIndex for StoredKeys<'_> {
    type Error = ServerError;

    fn keys_of(&mut self, resources: &[ResourceId], rows: &mut Vec<KeyRow>) -> Result<(), ServerError> {
        let mut ids = resources.to_vec();
        ids.sort_unstable();
        ids.dedup();
        rows.extend(self.0.correlation_keys(&ids)?.into_iter().map(row));
        Ok(())
    }

    fn holders(&mut self, keys: &[(KeySetId, &str)], most: usize, rows: &mut Vec<KeyRow>) -> Result<(), ServerError> {
        for (set, key) in keys {
            let (rule, side) = stored(*set);
            let found = self.0.holders_of_key(rule, side, key, most)?;
            rows.extend(found.into_iter().map(|resource| KeyRow { set: *set, key: (*key).to_owned(), resource }));
        }
        Ok(())
    }
}

/// Keys as they are stored, with what is decided about whoever has them.
struct Stored<'a> {
    keys: StoredKeys<'a>,
    correlator: &'a Correlator,
    /// Suggestions met so far.
    suggested: BTreeSet<StoredCorrelation>,
}

impl KeyIndex for Stored<'_> {
    type Error = ServerError;

    fn keys_of(&mut self, resources: &[ResourceId], rows: &mut Vec<KeyRow>) -> Result<(), ServerError> {
        self.keys.keys_of(resources, rows)
    }

    fn holders(&mut self, keys: &[(KeySetId, &str)], most: usize, rows: &mut Vec<KeyRow>) -> Result<(), ServerError> {
        self.keys.holders(keys, most, rows)
    }

    fn decided(&mut self, resources: &[ResourceId], known: &mut Known) -> Result<(), ServerError> {
        let mut ids = resources.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let tx = &mut *self.keys.0;
        let mut correlated = tx.correlations_of(&ids)?;
        correlated.extend(tx.correlations_to(&ids)?);
        for row in correlated.into_iter().filter(|row| self.correlator.serves(row.resource_type)) {
            match row.is_suggested {
                true => {
                    self.suggested.insert(row);
                }
                false => known.add(row.owner, row.resource_type, row.target),
            }
        }
        let mut reviewed = tx.classifications_of(&ids)?;
        reviewed.extend(tx.classifications_by_owner(&ids)?);
        add_reviewed(&reviewed, known);
        Ok(())
    }
}

/// What people have reviewed stays as it is.
fn add_reviewed(classifications: &[StoredClassification], known: &mut Known) {
    for row in classifications.iter().filter(|row| row.is_frozen) {
        match row.owner {
            Some(owner) => known.add(owner, row.resource_type, row.resource),
            None => known.freeze(row.resource),
        }
    }
}

fn row(key: CorrelationKey) -> KeyRow {
    KeyRow { set: key_set((key.rule, key.side)), key: key.value, resource: key.resource }
}

/// What correlation found.
#[derive(Debug, Default)]
pub(super) struct Correlated {
    /// Owners whose correlations changed.
    pub(super) owners: BTreeSet<ResourceId>,
    pub(super) report: CorrelationReport,
}

/// Brings correlations up to date: after the changes of keys that are logged, or all of them.
pub(super) fn bring_up_to_date(
    tx: &mut WriteTx,
    compiled: &Compiled,
    log: &KeyChangeLog,
    is_complete: bool,
    now_micros: i64,
    findings: &mut Findings,
) -> Result<Correlated, ServerError> {
    let touches: Vec<Touch> =
        log.keys.iter().map(|(key, added)| Touch { row: row(key.clone()), added: *added }).collect();
    let mut correlated = Correlated::default();
    for correlator in &compiled.rules.correlators {
        let state = format!("targets:{}", compiled.id_of(correlator.target_type));
        let fingerprint = format!("{:016x}", correlator.fingerprint());
        let has_changed = tx.policy_state(&state)?.as_deref() != Some(fingerprint.as_str());
        if !has_changed && !is_complete && touches.is_empty() && log.freed.is_empty() {
            continue;
        }
        let run = match has_changed || is_complete {
            true => Run::all(tx, correlator, has_changed, &mut correlated.report)?,
            false => Run::touched(tx, correlator, &touches, &log.freed, &mut correlated.report)?,
        };
        run.store(tx, &mut correlated.owners)?;
        tx.set_policy_state(&state, &fingerprint, now_micros)?;
    }
    report(compiled, &correlated.report, findings);
    Ok(correlated)
}

/// What may be found again, or not, and what is found.
#[derive(Default)]
struct Run {
    /// Suggestions, and what new rules are to decide anew.
    open: Vec<StoredCorrelation>,
    found: Vec<StoredCorrelation>,
}

impl Run {
    /// Matches everything.
    fn all(
        tx: &mut WriteTx,
        correlator: &Correlator,
        has_changed: bool,
        report: &mut CorrelationReport,
    ) -> Result<Run, ServerError> {
        let (mut run, mut known) = (Run::default(), Known::new());
        for options in &correlator.types {
            let released: BTreeSet<ResourceId> = match has_changed {
                true => tx.unauthorised_targets(options.id)?.into_iter().collect(),
                false => BTreeSet::new(),
            };
            for row in tx.correlations_of_type(options.id)? {
                // What somebody chose stays, whatever the rules say.
                if row.is_suggested || (row.rule.is_some() && released.contains(&row.target)) {
                    run.open.push(row);
                } else {
                    known.add(row.owner, row.resource_type, row.target);
                }
            }
        }
        add_reviewed(&tx.classifications()?, &mut known);
        let found = &mut run.found;
        correlate(correlator, &known, &mut StoredKeys(tx), report, &mut |one| {
            found.push(stored_match(one));
            Ok(())
        })?;
        Ok(run)
    }

    /// Matches what a change may have touched, and reads no more than that.
    fn touched(
        tx: &mut WriteTx,
        correlator: &Correlator,
        touches: &[Touch],
        freed: &[ResourceId],
        report: &mut CorrelationReport,
    ) -> Result<Run, ServerError> {
        let mut stored = Stored { keys: StoredKeys(tx), correlator, suggested: BTreeSet::new() };
        let (closure, known) = Closure::find_loading(correlator, touches, freed, &mut stored)?;
        let affected = &closure.affected;
        let is_open = |row: &StoredCorrelation| affected.contains(&row.owner) || affected.contains(&row.target);
        let mut run = Run { open: stored.suggested.into_iter().filter(is_open).collect(), found: Vec::new() };
        let found = &mut run.found;
        correlate_touched(correlator, &known, &closure, report, &mut |one| {
            found.push(stored_match(one));
            Ok::<(), ServerError>(())
        })?;
        Ok(run)
    }

    fn store(mut self, tx: &mut WriteTx, owners: &mut BTreeSet<ResourceId>) -> Result<(), ServerError> {
        self.open.sort_unstable();
        self.found.sort_unstable();
        let gone: Vec<StoredCorrelation> =
            self.open.iter().filter(|row| self.found.binary_search(row).is_err()).copied().collect();
        let new: Vec<StoredCorrelation> =
            self.found.iter().filter(|row| self.open.binary_search(row).is_err()).copied().collect();
        owners.extend(gone.iter().chain(&new).map(|row| row.owner));
        Ok(tx.change_correlations(&gone, &new)?)
    }
}

fn stored_match(found: Match) -> StoredCorrelation {
    StoredCorrelation {
        owner: found.owner,
        resource_type: found.resource_type,
        target: found.target,
        confidence: found.confidence,
        is_suggested: found.is_suggested,
        rule: Some(found.rule),
    }
}

fn report(compiled: &Compiled, report: &CorrelationReport, findings: &mut Findings) {
    let names = compiled.names();
    let name = |rule: &PolicyObjectId| names.get(rule).map_or_else(|| rule.to_string(), |(_, name)| (*name).to_owned());
    for (samples, what) in [
        (&report.ignored_samples, "so many owners share this key that it correlates nobody"),
        (&report.ambiguous_samples, "several owners share this key; the one with the smallest id comes first"),
        (&report.crowded_samples, "so many targets share this key; each owner gets one, the one with the smallest id"),
    ] {
        for key in samples {
            let reason = format!("{}: {} owners and {} targets: {what}", name(&key.rule), key.owners, key.targets);
            findings.note("correlation", Some(key.key.clone()), reason, "add a rule on something that is unique");
        }
    }
}
