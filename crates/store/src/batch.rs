//! Lists of values in statements, in batches of one size so that each statement is prepared once.

use crate::dialect::parameters;

/// Values in one statement.
pub(crate) const BATCH: usize = 256;

/// Hands `each` the values in batches, with a function that writes the parameter list of a batch given the number of
/// its first parameter. The last batch is filled up by repeating its last value, which finds nothing new.
pub(crate) fn in_batches<T: Copy, E>(
    values: &[T],
    mut each: impl FnMut(&[T], &dyn Fn(usize) -> String) -> Result<(), E>,
) -> Result<(), E> {
    for chunk in values.chunks(BATCH) {
        // One value alone is common and deserves a statement of its own.
        let size = if chunk.len() == 1 { 1 } else { BATCH };
        let mut batch = chunk.to_vec();
        batch.resize(size, chunk[chunk.len() - 1]);
        each(&batch, &|first| parameters(first, size))?;
    }
    Ok(())
}
