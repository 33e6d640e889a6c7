//! The documented examples of the role model and of its evaluation as data: each case is one text, read from top to
//! bottom, and whatever it expects is all that there is.
//!
//! ```text
//! == 20 §7.1 what the documentation says           a case begins; Ada is there already, with her organisation
//! //- conf.xml                                     the policy; another one later is deployed over it
//! //- Person.csv, //- Account.csv, …               rows that are added, or changed where their key is known
//! //- gone          Account e1                     resources that vanish
//! //- now           2026-07-01
//! //- correlations  AD,e1,100    //- matches  part of the identity of a query rule,G1
//! //- people        + single R Requested 2026-01-01 to 2026-12-01 D1=Paris denied     somebody gives or asks
//!                   ~ AD Mail Approved             somebody decides: about a role, a target, a value or a link
//! //- agent         Executed                       what becomes of all orders
//! //- run           review all | review nothing | new person | analyze | apply | discards AD
//! //- expect        what there is afterwards; `years` are those of Ada
//! ```

mod coverage;
mod script;

use script::Case;

/// What the documentation says, in its order.
const FILES: [&str; 5] = ["resource_types.txt", "roles.txt", "contexts.txt", "evaluation.txt", "life_cycle.txt"];

fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policy/tests/documented");
    FILES.iter().flat_map(|name| Case::all(&std::fs::read_to_string(format!("{folder}/{name}")).unwrap())).collect()
}

#[test]
fn the_documented_examples_hold() {
    let failures: Vec<String> = cases().iter().filter_map(|case| case.run().err()).collect();
    assert!(failures.is_empty(), "{} of {} cases\n{}", failures.len(), cases().len(), failures.join("\n"));
}
