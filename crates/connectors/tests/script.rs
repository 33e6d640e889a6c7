//! Orders that a script carries out: what it is given, and what becomes of what it says or does not say.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "common/fulfilling.rs"]
#[allow(dead_code)]
mod fulfilling;

use fulfilling::{Office, order};
use provost_connectors::check;
use provost_model::configuration::Connection;
use provost_model::orders::{OrderOutcome, OrderResult, ProvisioningOrder};
use serde_json::{Value, json};
use std::fs;

const PACKAGE: &str = "Usercube.Powershell@0000001";

/// Runs a shell script with two orders.
fn run(text: &str) -> (Vec<OrderResult>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.sh");
    fs::write(&path, text.replace("FOLDER", folder.path().to_str().unwrap())).unwrap();
    let settings =
        json!({"PowerShellScriptPath": path, "Interpreter": ["sh"], "Options": {"tenant": "t1"}, "TimeOut": 2});
    let orders: Vec<ProvisioningOrder> =
        ["a", "b"].map(|id| order("Added", "App", Value::Null, json!({"identifier": id}))).to_vec();
    let (report, results) = Office::new(PACKAGE, settings, Vec::new()).run(&orders);
    assert_eq!(report.unwrap().executed + report_errors(&results), 2);
    (results, folder)
}

fn report_errors(results: &[OrderResult]) -> u64 {
    results.iter().filter(|result| result.outcome == OrderOutcome::Errored).count() as u64
}

#[test]
fn a_script_gets_orders_options_and_a_place_for_results() {
    let (results, folder) = run(r#"[ "$1 $3" = "-resultsFilePath -ordersPath" ] || exit 9
cat > FOLDER/options
cat "$4"/*.json > FOLDER/orders
echo '{"ProvisioningResultsList": [{"AssignedResourceTypeId": "0", "Outcome": "Executed", "Key": "k"},
  {"AssignedResourceTypeId": "1", "Outcome": "Errored", "Error": "no room"}]}' > "$2""#);
    assert_eq!((results[0].outcome, results[0].key.as_deref()), (OrderOutcome::Executed, Some("k")));
    assert_eq!((results[1].outcome, results[1].error.as_deref()), (OrderOutcome::Errored, Some("no room")));
    assert_eq!(fs::read_to_string(folder.path().join("options")).unwrap(), "{\"tenant\":\"t1\"}\n");
    let orders: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("orders")).unwrap()).unwrap();
    assert_eq!(orders["ProvisioningOrdersList"][1]["Changes"]["identifier"], "b");
}

#[test]
fn what_a_script_does_not_say_counts_as_an_error() {
    let told = |text: &str| run(text).0.into_iter().map(|result| result.error.unwrap()).collect::<Vec<_>>();
    assert_eq!(told("exit 0"), ["the script gave no result for this order"; 2]);
    assert_eq!(told("echo broken >&2; exit 3"), ["the script failed (exit status: 3): broken"; 2]);
    assert_eq!(told("exec sleep 60"), ["the script was ended because it took too long"; 2]);
    let (results, _folder) = run(
        r#"echo '{"ProvisioningResultsList": [{"AssignedResourceTypeId": "1", "Outcome": "Executed"}]}' > "$2"; exit 1"#,
    );
    assert_eq!(
        results.iter().map(|result| result.outcome).collect::<Vec<_>>(),
        [OrderOutcome::Errored, OrderOutcome::Executed]
    );
}

#[test]
fn settings_are_checked_without_a_look_at_the_script() {
    let connection = Connection { identifier: "App".to_owned(), package: PACKAGE.to_owned(), ..Connection::default() };
    assert_eq!(check(&connection, &json!({"PowerShellScriptPath": "/nowhere.ps1"})), []);
    let told: Vec<String> =
        check(&connection, &json!({"Options": "x"})).into_iter().map(|problem| problem.message).collect();
    assert_eq!(
        told,
        ["Connections.App.PowerShellScriptPath: it is missing", "Connections.App.Options: it is not an object"]
    );
}
