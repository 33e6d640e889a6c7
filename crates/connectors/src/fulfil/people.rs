//! `Usercube.Manual`: people carry orders out, and say so in Manual Provisioning. Nothing has to be set, and nothing is
//! connected to.

use super::{FulfilRequest, Fulfiller, Refusal, Session};

/// The package.
pub(crate) struct People;

impl Fulfiller for People {
    fn connect(&self, _: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        Err(Refusal::of_order("people carry these orders out; make them of a ManualProvisioningResourceTypeMapping"))
    }
}
