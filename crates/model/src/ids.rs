//! Typed identifiers and storage slots.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(/// Row id of a resource in `UR_Resources`. Positive for resources, negative ids are the engine's own.
    ResourceId);
id!(/// Id of an entity type in `UM_EntityTypes`; the value of `UR_Resources.Type`.
    EntityTypeId);
id!(/// Id of a property in `UM_EntityProperties`.
    PropertyId);
id!(/// Id of an association in `UM_EntityAssociations`; the value of `UR_ResourceLinks.Association_Id`.
    AssociationId);
id!(/// Id of an object of the policy: a policy, category, role, resource type, rule or risk. It never changes while the
    /// object stays configured.
    PolicyObjectId);

/// A storage slot of `UR_Resources` (`TargetColumnIndex`, 0 to 152, and the slots of files behind them).
///
/// 0 to 127 are scalar slots (`C0` to `C3V`; 0 to 3 hold long values), 128 to 152 are optimised mono-valued
/// navigations (`I40` to `I4O`). The column name is the letter followed by the index in base 32 (digits `0-9A-V`).
///
/// Files have slots that no configuration names (`F4P` to `F5O`): one for each `Binary` property of an entity type, in
/// their order. It holds the digest of the file; `UR_ResourceFiles` holds the content, once for each digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(u8);

impl Slot {
    /// The highest slot that a configuration may name.
    pub const LAST: u8 = 152;
    /// The first slot that is reserved to mono-valued navigations.
    pub const FIRST_NAVIGATION: u8 = 128;

    /// The first slot of a file.
    pub const FIRST_FILE: u8 = Self::LAST + 1;
    /// `Binary` properties that an entity type may have.
    pub const FILES: u8 = 32;

    /// The slot with this index, or `None` where there is none (`-1` means "no slot").
    pub fn new(index: i64) -> Option<Slot> {
        u8::try_from(index).ok().filter(|i| *i < Self::FIRST_FILE + Self::FILES).map(Slot)
    }

    /// `TargetColumnIndex`.
    pub fn index(self) -> u8 {
        self.0
    }

    /// Whether the slot lies in the range reserved to navigations. A navigation may also sit in a scalar slot when
    /// all of these are taken.
    pub fn is_navigation(self) -> bool {
        (Self::FIRST_NAVIGATION..=Self::LAST).contains(&self.0)
    }

    /// Whether the slot holds the digest of a file.
    pub fn is_file(self) -> bool {
        self.0 > Self::LAST
    }

    /// Number of characters that the slot may hold: 4000 for the four long slots, 443 for the others.
    pub fn capacity(self) -> usize {
        if self.0 < 4 { 4000 } else { 443 }
    }

    /// Column name in `UR_Resources`: `C4`, `CV`, `C10`, `I40`, …
    pub fn column(self) -> String {
        let letter = match () {
            () if self.is_navigation() => 'I',
            () if self.is_file() => 'F',
            () => 'C',
        };
        format!("{letter}{}", base32(self.0))
    }
}

/// Index in base 32 hex digits (`0-9A-V`), without leading zeros, as used in slot and dimension names.
pub fn base32(index: u8) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let digit = |i: u8| DIGITS[usize::from(i % 32)] as char;
    if index < 32 { digit(index).to_string() } else { format!("{}{}", digit(index / 32), digit(index)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_have_the_documented_column_names() {
        let names: Vec<String> =
            [0, 4, 10, 31, 32, 127, 128, 152, 153, 184].into_iter().map(|i| Slot::new(i).unwrap().column()).collect();
        assert_eq!(names, ["C0", "C4", "CA", "CV", "C10", "C3V", "I40", "I4O", "F4P", "F5O"]);
        assert_eq!(Slot::new(-1), None);
        assert_eq!(Slot::new(185), None);
        assert_eq!(Slot::new(3).unwrap().capacity(), 4000);
        assert_eq!(Slot::new(4).unwrap().capacity(), 443);
    }
}
