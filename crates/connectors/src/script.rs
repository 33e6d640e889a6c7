//! `Usercube.Powershell`: orders are carried out by a script, in PowerShell or any other interpreter.
//!
//! The script gets two arguments, `-ordersPath` (a folder with files of orders) and `-resultsFilePath` (a file to write
//! results into), and the options of the settings as one line of JSON on its input. An order without result counts as an
//! error: nobody knows whether it was carried out.

use crate::fulfil::{FulfilRequest, Fulfiller, Refusal, Session};
use crate::settings::{Reader, Settings};
use provost_model::Problem;
use provost_model::orders::{OrderFile, OrderOutcome, OrderResult, ProvisioningOrder, ResultFile};
use serde_json::Value;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The package.
pub(crate) struct Script;

/// What runs PowerShell scripts.
const POWERSHELL: &[&str] = &["pwsh", "-NoProfile", "-NonInteractive", "-File"];
const HOUR: u64 = 3600;
/// The end of what a script says on its error output that is told.
const TOLD: usize = 2000;
const GLANCE: Duration = Duration::from_millis(20);

struct ScriptSettings {
    path: String,
    options: Option<Value>,
    interpreter: Vec<String>,
    timeout: Duration,
}

fn read(settings: Settings<'_>) -> (ScriptSettings, Vec<Problem>) {
    let known = ["PowerShellScriptPath", "Options", "Interpreter", "TimeOut"];
    let mut reader = Reader::new(settings, &known);
    let path = reader.text("PowerShellScriptPath");
    if path.is_none() && reader.problems.iter().all(|problem| !problem.message.contains("PowerShellScriptPath")) {
        reader.wrong("PowerShellScriptPath", "it is missing", "the path of the script");
    }
    let interpreter = reader.texts("Interpreter");
    let usual = || POWERSHELL.iter().map(|word| (*word).to_owned()).collect();
    let read = ScriptSettings {
        path: path.unwrap_or_default(),
        options: settings.value("Options").cloned(),
        interpreter: if interpreter.is_empty() { usual() } else { interpreter },
        timeout: Duration::from_secs(reader.count("TimeOut", HOUR).max(1)),
    };
    if read.options.as_ref().is_some_and(|options| !options.is_object()) {
        reader.wrong("Options", "it is not an object", "{ \"<name>\": <value>, … }");
    }
    (read, reader.problems)
}

impl Fulfiller for Script {
    fn check(&self, settings: Settings<'_>) -> Vec<Problem> {
        read(settings).1
    }

    fn connect(&self, _: &FulfilRequest<'_>) -> Result<Box<dyn Session + Send>, Refusal> {
        Err(Refusal::of_order("scripts take orders in files"))
    }

    fn all(
        &self,
        request: &FulfilRequest<'_>,
        orders: &[ProvisioningOrder],
    ) -> Option<Result<Vec<OrderResult>, Refusal>> {
        let (settings, _) = read(Settings::new(&request.connection.identifier, request.settings));
        let failed = |what: &str, error: &io::Error| Refusal {
            text: format!("{what}: {error}"),
            transient: false,
            broken: false,
            code: "script-not-run",
        };
        Some(run(request, &settings, orders, &failed))
    }
}

/// A folder that vanishes with whoever needed it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Orders hold what is somebody's business only; what cannot be removed stays in the system's own folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn folder() -> io::Result<Folder> {
    let unique = aws_lc_rs::rand::generate::<[u8; 16]>(&aws_lc_rs::rand::SystemRandom::new());
    let unique = unique.map_err(|_| io::Error::other("no random numbers"))?.expose();
    let name: String = unique.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = std::env::temp_dir().join(format!("provost-orders-{name}"));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&path)?;
    Ok(Folder(path))
}

fn run(
    request: &FulfilRequest<'_>,
    settings: &ScriptSettings,
    orders: &[ProvisioningOrder],
    failed: &dyn Fn(&str, &io::Error) -> Refusal,
) -> Result<Vec<OrderResult>, Refusal> {
    let folder = folder().map_err(|error| failed("no folder for the orders", &error))?;
    let (inbox, results) = (folder.0.join("orders"), folder.0.join("results.json"));
    let file = OrderFile { orders: orders.to_vec() };
    let text = serde_json::to_vec(&file).map_err(|error| failed("the orders cannot be written", &error.into()))?;
    let written = fs::create_dir(&inbox).and_then(|()| fs::write(inbox.join("orders.json"), text));
    written.map_err(|error| failed("the orders cannot be written", &error))?;

    let script = request.base_dir.join(&settings.path);
    let child = start(settings, &script, &inbox, &results);
    let child = child.map_err(|error| failed(&format!("{} cannot be run", script.display()), &error))?;
    let (status, said) = wait(child, settings, request).map_err(|error| failed("the script was lost", &error))?;
    let given = fs::read(&results).ok().and_then(|bytes| serde_json::from_slice::<ResultFile>(&bytes).ok());
    Ok(results_of(orders, given.unwrap_or_default(), status, &said))
}

fn start(settings: &ScriptSettings, script: &Path, inbox: &Path, results: &Path) -> io::Result<Child> {
    let Some((program, words)) = settings.interpreter.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut child = Command::new(program)
        .args(words)
        .arg(script)
        .arg("-resultsFilePath")
        .arg(results)
        .arg("-ordersPath")
        .arg(inbox)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        let options = settings.options.as_ref().map(Value::to_string).unwrap_or_default();
        // A script that does not read its options may have closed its input already.
        let _ = writeln!(input, "{options}");
    }
    Ok(child)
}

/// Waits for the end. A script that takes too long is ended, and so is one that nobody waits for.
fn wait(
    mut child: Child,
    settings: &ScriptSettings,
    request: &FulfilRequest<'_>,
) -> io::Result<(Option<ExitStatus>, String)> {
    let errors = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        // What cannot be read is not told.
        let _ = errors.map(|errors| errors.take(1024 * 1024).read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if began.elapsed() > settings.timeout || request.help.is_cancelled() {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(GLANCE);
    };
    Ok((status, reader.join().unwrap_or_default()))
}

fn results_of(
    orders: &[ProvisioningOrder],
    given: ResultFile,
    status: Option<ExitStatus>,
    said: &str,
) -> Vec<OrderResult> {
    let said = said.trim();
    let cut = said.char_indices().rev().nth(TOLD).map_or(0, |(at, _)| at);
    let ending = match status {
        None => "the script was ended because it took too long".to_owned(),
        Some(status) if status.success() => "the script gave no result for this order".to_owned(),
        Some(status) => format!("the script failed ({status}): {}", &said[cut..]),
    };
    let result = |order: &ProvisioningOrder| {
        let id = &order.assigned_resource_type_id;
        given.results.iter().find(|result| result.assigned_resource_type_id == *id).cloned().unwrap_or_else(|| {
            OrderResult {
                assigned_resource_type_id: id.clone(),
                outcome: OrderOutcome::Errored,
                error: Some(ending.clone()),
                key: None,
            }
        })
    };
    orders.iter().map(result).collect()
}
