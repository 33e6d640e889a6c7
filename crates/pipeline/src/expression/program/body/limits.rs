//! What a body may cost. Beyond it, it is refused, or fails on the subject where it happens.

/// Longest code, in bytes.
pub(super) const MAX_CODE: usize = 32 * 1024;
/// Deepest nesting of expressions and statements.
pub(super) const MAX_DEPTH: usize = 60;
/// Most operators between two values, concatenations apart: each is a level of the tree.
pub(super) const MAX_OPERATORS: usize = 500;
/// Most steps of one evaluation. A step is a node of the compiled body; an element of a collection costs at least one.
pub(super) const MAX_STEPS: u64 = 10_000_000;
/// Bytes of text and collections that one evaluation may make altogether.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that the automaton of a regular expression may take.
pub(super) const MAX_PATTERN: usize = 1024 * 1024;
/// Callbacks of the parser before it gives up: some thousand for the longest code.
pub(super) const MAX_PARSER_CALLS: u32 = 100_000;
