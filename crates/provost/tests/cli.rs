//! The real executable, as a shell or a script meets it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What one run left behind.
struct Run {
    code: i32,
    out: String,
    err: String,
}

/// A folder of its own for each test, and the environment that runs in it see.
struct World {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    fn with_home() -> World {
        let world = World::new();
        assert_eq!(world.run("init home").code, 0);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn variable(mut self, name: &str, value: &str) -> World {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `provost` with these words.
    fn run(&self, words: &str) -> Run {
        self.execute(Path::new(env!("CARGO_BIN_EXE_provost")), words)
    }

    fn execute(&self, executable: &Path, words: &str) -> Run {
        let output = Command::new(executable)
            .args(words.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| {
            let folder = self.folder.path().display().to_string();
            String::from_utf8(bytes).unwrap().replace(&folder, "FOLDER")
        };
        Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Names of the verbs, from the help itself.
fn verbs() -> Vec<String> {
    let help = World::new().run("--help").out;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// Compares a generated page of the manual with what the program says now; with `UPDATE_DOCS=1` it is written instead.
fn page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/reference/{name} is stale: UPDATE_DOCS=1 cargo test -p provost --test cli");
}

#[test]
fn the_reference_of_verbs_is_up_to_date() {
    let world = World::new();
    let mut pages = vec![String::new()];
    for verb in verbs() {
        let views: &[&str] = if verb == "resource" { &["", " list", " show", " history"] } else { &[""] };
        pages.extend(views.iter().map(|view| format!(" {verb}{view}")));
    }
    let mut shown =
        "# Verbs\n\nGenerated from the program; `docs/command-line.md` explains what they share.\n".to_owned();
    for name in &pages {
        let run = world.run(&format!("{name} --help"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{name}");
        let help: String = run.out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        shown.push_str(&format!("\n## provost{name}\n\n```text\n{}\n```\n", help.trim_end()));
    }
    page("verbs.md", &shown);
}

#[test]
fn the_reference_of_settings_is_up_to_date() {
    let mut shown = "# Settings\n\nGenerated from the program; `docs/command-line.md` tells where settings come from. \
        The last column says whether\nthis version acts on a setting: the others are accepted, and wait.\n\n\
        | Setting | For | Default | Acted on |\n|---|---|---|---|\n"
        .to_owned();
    for key in provost::settings::keys::KEYS {
        let default = key.default.map(|value| format!("`{value}`")).unwrap_or_default();
        let acted_on = if key.acted_on { "yes" } else { "" };
        shown.push_str(&format!("| `{}` | {} | {default} | {acted_on} |\n", key.path, key.about));
    }
    page("settings.md", &shown);
}

#[test]
fn wrong_arguments_exit_with_2_and_leave_standard_output_empty() {
    let world = World::new();
    for words in [
        "",
        "synchronise",
        "sync-up --connector HR",
        "sync-up --connector HR --mode sometimes",
        "sync-up --connector HR --mode complete --force",
        "synchronization-validation --connector HR --change-set abc",
        "settings --format xml",
        "settings --log-level loud",
        "settings --home nowhere",
        "settings",
        "update-entity-property-expressions",
        "deploy-configuration",
    ] {
        let run = world.run(words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words}: {}", run.err);
        assert!(!run.err.is_empty(), "{words}");
    }
}

#[test]
fn words_are_understood_in_any_letter_case() {
    let world = World::with_home();
    for words in [
        "settings --home home --log-level WARNING",
        "settings --home home --format JSON",
        "settings --home home --log-level verbose",
    ] {
        assert_eq!(world.run(words).code, 0, "{words}");
    }
}

#[test]
fn options_that_cannot_be_acted_on_are_refused() {
    let world = World::with_home();
    let run = world.run(
        "prepare-synchronization --home home --agent Local --connector HR --synchronization-mode complete \
         --api-url http://x --api-client-id a --api-secret b",
    );
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"
    error: http://x has no TLS: the secret would cross the network in the clear
      help: use https://; plain http is for the same machine only
    ");
    let run = world.run("deploy-configuration --home home -d home/Conf -bi");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--force-bindings is not available yet"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn under_an_original_name_the_program_is_that_verb() {
    let world = World::with_home();
    let link = |name: &str| {
        let path = world.path(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_provost"), &path).unwrap();
        path
    };
    let secret = link("Usercube-New-OpenIDSecret.exe");
    let run = world.execute(&secret, "--client-secret secret --format csv");
    assert_eq!((run.code, run.out.as_str()), (0, "Secret,Hash\nsecret,K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=\n"));
    let prepare = link("identitymanager-prepare-SYNCHRONIZATION");
    let run = world.execute(&prepare, "--help");
    assert!(run.out.contains("Usage: provost prepare-synchronization"), "{}", run.out);
    let later = link("Usercube-Export-Bacpac");
    let run = world.execute(&later, "--database-connection-string x");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @"
    error: Export-Bacpac (called as Usercube-Export-Bacpac) is not available yet in this version
      help: available under their original names: Deploy-Configuration, Export-Configuration, Export-Csv, Export-Excel, RefreshSchema, Prepare-Synchronization, Synchronize, Set-RecentlyModifiedFlag, Update-EntityPropertyExpressions, Compute-CorrelationKeys, Compute-RoleModel, Update-Classification, Save-PreExistingAccessRights, Generate-ProvisioningOrders, UpdateManualProvisioningTicket, Invoke-Job, Invoke-ServerJob, Get-JobSteps, Server, Agent, Manage-History, Create-DatabaseViews, New-OpenIDSecret, Encrypt-File, Decrypt-File, Protect-X509JsonFile, Protect-X509JsonValue, Protect-CertificatePassword
    ");
    let misspelt = link("Usercube-Deploy-Configurations");
    let run = world.execute(&misspelt, "");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("did you mean Deploy-Configuration?"), "{}", run.err);
}

#[test]
fn init_twice_changes_nothing() {
    let world = World::new();
    let run = world.run("init home");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let administrator = run.out.split("\n\n").nth(1).unwrap();
    assert!(administrator.contains("\n  password  "), "{administrator}");
    insta::assert_snapshot!(run.out.replace(&format!("{administrator}\n\n"), ""), @"
    Home folder home
      made  Conf/
      made  Temp/ExportOutput/
      made  Temp/ExportCookies/
      made  Temp/JobLogs/
      made  Work/Collect/
      made  Work/Synchronization/
      made  Work/ProvisioningOrders/
      made  appsettings.json
      made  appsettings.agent.json

    What next
      1. Put the configuration (*.xml) into home/Conf, then look at it: provost check home/Conf
      2. Describe the connections in home/appsettings.agent.json, then look at the settings: provost settings --home home
      3. Deploy it: provost deploy-configuration -d home/Conf --home home
      4. Load a connector: provost sync-up --connector X --mode initial --home home
    ");
    let before = world.read("home/appsettings.agent.json");
    world.write("home/appsettings.json", "{\"DefaultPageSize\": 7}");
    let run = world.run("init home");
    assert_eq!(run.code, 0);
    assert!(run.out.starts_with("home is a complete home folder already; nothing was changed."), "{}", run.out);
    assert!(!run.out.contains("password"), "{}", run.out);
    assert!(world.run("init home --new-password").out.contains("  password  "));
    assert_eq!(world.read("home/appsettings.json"), "{\"DefaultPageSize\": 7}");
    assert_eq!(world.read("home/appsettings.agent.json"), before);
}

#[test]
fn the_home_folder_is_found_where_it_is_documented() {
    let world = World::new().variable("PROVOST_HOME", "named");
    assert_eq!(world.run("init").code, 0);
    assert!(world.path("named/Conf").is_dir());
    assert_eq!(world.run("init provost-home").code, 0);
    let home = |run: Run| run.out.lines().next().unwrap().to_owned();
    assert_eq!(home(world.run("settings")), "Home FOLDER/named");
    assert_eq!(home(world.run("settings --home provost-home")), "Home FOLDER/provost-home");
    let world = World { variables: Vec::new(), ..world };
    assert_eq!(home(world.run("settings")), "Home FOLDER/provost-home");
    world.write("appsettings.json", "{}");
    assert_eq!(home(world.run("settings")), "Home FOLDER");
}

#[test]
fn settings_tell_where_they_come_from_and_keep_their_secrets() {
    let world = World::with_home()
        .variable("PROVOST__Connections__AD__Servers__0__Password", "hunter2")
        .variable("ConnectionString", "Host=db;Username=u;Password=hunter2");
    world.write(
        "home/appsettings.agent.json",
        "{\n  \"Connections\": {\n    \"AD\": {\"Servers\": [{\"Server\": \"dc1\", \"Password\": \"hunter2\"}], \
         \"Login\": \"svc\"},\n    \"SN\": {\"ClientSecret\": \"hunter2\", \"Url\": \"https://u:hunter2@sn\"}\n  },\n  \
         \"Databases\": {\"BI\": \"Server=.;Pwd=hunter2\"},\n  \
         \"OpenId\": {\"OpenIdClients\": {\"Job\": \"hunter2\"}}\n}\n",
    );
    let run = world.run("settings --home home");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let given: Vec<&str> = run.out.lines().filter(|line| !line.ends_with(" default")).collect();
    insta::assert_snapshot!(given.join("\n"), @"
    Home FOLDER/home

    Setting                              Value                                 Source
    Connections:AD:Login                 svc                                   appsettings.agent.json:3:76
    Connections:AD:Servers:0:Password    ********                              environment PROVOST__Connections__AD__Servers__0__Password
    Connections:AD:Servers:0:Server      dc1                                   appsettings.agent.json:3:35
    Connections:SN:ClientSecret          ********                              appsettings.agent.json:4:28
    Connections:SN:Url                   https://u:********@sn                 appsettings.agent.json:4:46
    ConnectionString                     Host=db;Username=u;Password=********  environment ConnectionString
    Databases:BI                         Server=.;Pwd=********                 appsettings.agent.json:6:23
    OpenId:OpenIdClients:Job             ********                              appsettings.agent.json:7:39
    Serilog:MinimumLevel                 Information                           appsettings.json:5:21
    TempFolderPath                       Temp                                  appsettings.json:2:21
    WorkFolderPath                       Work                                  appsettings.json:3:21
    ");
    for format in ["table", "json", "csv"] {
        let run = world.run(&format!("settings --home home --format {format}"));
        assert!(!run.out.contains("hunter2"), "{format}");
    }
    let run = world.run("settings --home home --format json --database-connection-string postgres://u:hunter2@h/d");
    let rows: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    let row = rows.iter().find(|row| row["Setting"] == "ConnectionString").unwrap();
    assert_eq!(row["Value"], "postgres://u:********@h/d");
    assert_eq!(row["Source"], "flag --database-connection-string");
}

#[test]
fn unknown_settings_are_noted_and_ignored() {
    let world = World::with_home();
    world.write("home/appsettings.json", "{\n  \"WorkFolderPaht\": \"elsewhere\"\n}\n");
    let run = world.run("settings --home home");
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.err.trim_start(), @r#"
    note[unknown-setting]: `WorkFolderPaht` is no setting; it is ignored
     --> appsettings.json:2:3
      |
    2 |   "WorkFolderPaht": "elsewhere"
      |   ^^^^^^^^^^^^^^^^
      = help: did you mean `WorkFolderPath`?

    1 note
    "#);
}

#[test]
fn malformed_settings_are_shown_where_they_are_malformed() {
    let world = World::with_home();
    world.write("home/appsettings.json", "{\n  \"TempFolderPath\": \"Temp\"\n  \"WorkFolderPath\": \"Work\"\n}\n");
    world.write("home/appsettings.agent.json", "{\n\t\"Connections\": {},\n}\n");
    let run = world.run("settings --home home");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @r#"
    error[invalid-json]: a comma is missing
     --> appsettings.json:2:27
      |
    2 |   "TempFolderPath": "Temp"
      |                           ^
      = help: write a comma between two settings, or `}` at the end

    error[invalid-json]: a comma without a setting after it
     --> appsettings.agent.json:3:1
      |
    3 | }
      | ^
      = help: remove the comma before the closing brace

    2 errors

    error: the settings of home cannot be used
    "#);
}

#[test]
fn a_step_that_fails_still_ends_with_one_line_of_json() {
    let world = World::new();
    let run = world.run("sync-up --connector HR --mode complete --format json");
    assert_eq!(run.code, 2);
    assert_eq!(run.out.matches('\n').count(), 1);
    let line: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(line["connector"], "HR");
    assert_eq!(line["mode"], "complete");
    assert_eq!(line["state"], "Errored");
    assert_eq!(line["error"]["code"], "no-home");
    assert!(run.err.starts_with("error: "), "{}", run.err);
}

#[test]
fn check_shows_every_problem_and_exits_with_4() {
    let world = World::with_home();
    world.write("home/Conf/Agents.xml", &configuration("  <Agent Identifier=\"Local\" DisplayName_L1=\"Here\" />\n"));
    let run = world.run("check --home home");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "1 file, 1 item: no problems\n", ""));
    world.write(
        "home/Conf/HR.xml",
        &configuration("  <Connector Identifer=\"HR\" Agent=\"Lokal\" />\n  <SingleRol Identifier=\"x\" />\n"),
    );
    let run = world.run("check home/Conf");
    assert_eq!((run.code, run.err.as_str()), (4, ""));
    insta::assert_snapshot!(run.out, @r#"
    warning[missing-label]: "DisplayName_L1" is missing on <Connector>
     --> HR.xml:2:4
      |
    2 |   <Connector Identifer="HR" Agent="Lokal" />
      |    ^^^^^^^^^
      = help: the identifier is shown instead

    error[missing-attribute]: "Identifier" is missing on <Connector>
     --> HR.xml:2:4
      |
    2 |   <Connector Identifer="HR" Agent="Lokal" />
      |    ^^^^^^^^^
      = help: it is required: Unique name, by which other elements refer to this one.

    error[unknown-attribute]: unknown attribute "Identifer" on <Connector>
     --> HR.xml:2:14
      |
    2 |   <Connector Identifer="HR" Agent="Lokal" />
      |              ^^^^^^^^^
      = help: did you mean "Identifier"?

    error[dangling-reference]: "Agent" names no Agent: "Lokal"
     --> HR.xml:2:36
      |
    2 |   <Connector Identifer="HR" Agent="Lokal" />
      |                                    ^^^^^
      = help: did you mean "Local"?

    error[unknown-element]: unknown element <SingleRol> in <ConfigurationFile>
     --> HR.xml:3:4
      |
    3 |   <SingleRol Identifier="x" />
      |    ^^^^^^^^^
      = help: did you mean <SingleRole>?

    2 files, 2 items: 4 errors, 1 warning
    "#);
    let run = world.run("check home/Conf --format json");
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &found["valid"]), (4, &Value::Bool(false)));
    assert_eq!(found["problems"][0]["place"]["file"], "HR.xml");
    assert_eq!(world.run("check nowhere").code, 2);
    assert_eq!(world.run("check .").code, 4);
}

/// A configuration file with this content.
fn configuration(body: &str) -> String {
    format!("<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">\n{body}</ConfigurationFile>\n")
}

/// An entity type with two properties.
const PERSON: &str = "  <EntityType Identifier=\"HR_Person\" DisplayName_L1=\"Person\">
    <Property Identifier=\"Code\" DisplayName_L1=\"Code\" Type=\"String\" IsKey=\"true\" TargetColumnIndex=\"4\" />
    <Property Identifier=\"Name\" DisplayName_L1=\"Name\" Type=\"String\" TargetColumnIndex=\"5\" />
  </EntityType>
";

/// A home folder with that entity type deployed.
fn deployed() -> World {
    let world = World::with_home().variable("PROVOST_HOME", "home").variable("USER", "ada");
    world.write("home/Conf/HR.xml", &configuration(PERSON));
    let run = world.run("deploy-configuration -d home/Conf");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    world
}

#[test]
fn deploying_shows_its_plan_and_then_has_nothing_left_to_do() {
    let world = World::with_home().variable("PROVOST_HOME", "home");
    world.write("home/Conf/HR.xml", &configuration(PERSON));
    let run = world.run("deploy-configuration -d home/Conf --simulate-only --dump-changes-directory dump");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!(run.out, @r#"
    + EntityType HR_Person
        DisplayName_L1: "Person"
        + Property Code
            DisplayName_L1: "Code"
            IsKey: "true"
            TargetColumnIndex: "4"
        + Property Name
            DisplayName_L1: "Name"
            TargetColumnIndex: "5"
    1 to add, 0 to change, 0 to remove.
    Nothing was deployed: this was a simulation.
    "#);
    assert!(run.out.starts_with(&world.read("dump/changes.txt")));
    let dumped: Value = serde_json::from_str(&world.read("dump/changes.json")).unwrap();
    assert_eq!(dumped[0]["sign"], "+");
    let run = world.run("deploy-configuration -d home/Conf --format json");
    let plan: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&plan["added"], &plan["deployed"]), (&Value::from(1), &Value::Bool(true)));
    let run = world.run("deploy-configuration -d home/Conf");
    assert_eq!(run.out, "Nothing to change: the repository holds exactly this configuration.\n");
    world.write("home/Conf/HR.xml", &configuration(&PERSON.replace("\"5\"", "\"6\"")));
    let run = world.run("deploy-configuration -d home/Conf --format csv");
    assert_eq!(run.out, "Sign,Element,Identity\n~,EntityType,HR_Person\n");
}

#[test]
fn a_configuration_with_errors_is_not_deployed() {
    let world = World::with_home().variable("PROVOST_HOME", "home");
    world.write("home/Conf/HR.xml", &configuration(&PERSON.replace("IsKey", "IsKye")));
    let run = world.run("deploy-configuration -d home/Conf");
    assert_eq!((run.code, run.out.as_str()), (4, ""));
    assert!(run.err.contains("--> HR.xml:3:69") && run.err.contains("did you mean \"IsKey\"?"), "{}", run.err);
    assert!(!world.run("journal --home home").out.contains("deploy-configuration"));
}

#[test]
fn deploying_what_was_exported_changes_nothing() {
    let world = deployed();
    std::fs::create_dir(world.path("out")).unwrap();
    world.write("out/old.xml", "old");
    let run = world.run("export-configuration -d out");
    assert_eq!((run.code, run.out.as_str()), (0, "Exported 1 item into 1 file of out\n"), "{}", run.err);
    assert!(!world.path("out/old.xml").exists());
    let run = world.run("deploy-configuration -d out --simulate-only");
    assert!(run.out.starts_with("Nothing to change"), "{}", run.out);
    let empty = World::with_home().variable("PROVOST_HOME", "home");
    assert_eq!(empty.run("export-configuration -d out").code, 2);
}

#[test]
fn the_journal_tells_who_wrote_and_why() {
    let world = deployed();
    assert_eq!(world.run("create-database-views").out, "Made 1 view in FOLDER/home/provost.db\n");
    let run = world.run("journal --format json");
    let entries: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    let told: Vec<(&Value, &Value)> = entries.iter().take(2).map(|one| (&one["Actor"], &one["Reason"])).collect();
    let ada = Value::from("ada");
    assert_eq!(
        told,
        [(&ada, &Value::from("create-database-views")), (&ada, &Value::from("deploy-configuration of home/Conf")),]
    );
    assert_eq!(world.run("journal --page-size 1 --format csv").out.lines().count(), 2);
    assert_eq!(world.run("journal --page-size 1001").code, 2);
}

#[test]
fn a_connection_string_makes_a_home_folder_unnecessary() {
    let world = World::new();
    world.write("HR.xml", &configuration(PERSON));
    let words = "-d . --database-connection-string some.db";
    assert_eq!(world.run(&format!("deploy-configuration {words}")).code, 0);
    assert!(world.path("some.db").is_file());
    assert!(world.run("journal --connection-string some.db").out.contains("deploy-configuration"));
    assert_eq!(world.run("journal").code, 2);
}

#[test]
fn resources_that_are_not_there_are_explained() {
    let world = deployed();
    let run = world.run("resource list HR_Person");
    assert_eq!((run.code, run.out.as_str()), (0, "Id  Key  DisplayName\n"));
    assert_eq!(world.run("resource list HR_Person --format csv").out, "Id,Key,DisplayName,Code,Name\n");
    for (words, expected) in [
        ("resource list HR_Persn", "did you mean HR_Person?"),
        ("resource list HR_Person --property Nmae", "did you mean Name?"),
        ("resource list HR_Person --as-of yesterday", "expected 2026-01-31"),
        ("resource show HR_Person 1", "provost resource list HR_Person --search TEXT"),
        ("resource history HR_Person #1", "there is no HR_Person"),
    ] {
        let run = world.run(words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words}");
        assert!(run.err.contains(expected), "{words}: {}", run.err);
    }
}

#[test]
fn the_schema_is_a_schema() {
    let world = World::new();
    let run = world.run("schema");
    assert!(run.out.starts_with("<?xml") && run.out.contains("urn:schemas-usercube-com:configuration"));
    assert_eq!(world.run("schema --output x.xsd").code, 0);
    assert_eq!(world.read("x.xsd"), run.out);
}

#[test]
fn a_repository_that_cannot_be_opened_is_explained() {
    let world = World::with_home().variable("PROVOST_HOME", "home");
    world.write("home/provost.db", "this is no database, and long enough to be looked at as one, or is it?");
    let run = world.run("journal");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.starts_with("error: ") && run.err.contains("help: "), "{}", run.err);
    let run = world.run("journal --database-connection-string postgres://u:hunter2@127.0.0.1:1/d");
    assert_eq!(run.code, 1);
    assert!(!run.err.contains("hunter2"), "{}", run.err);
}

#[test]
fn a_csv_file_is_exported_by_arguments_alone() {
    let world = World::new();
    world.write("hr.csv", "id;name\r\n1;\"Martin; Ada\"\r\n2;Sam\r\n");
    let words = "export-csv --raw-files-path hr.csv --separator ; --connection-identifier HR --output-path out";
    let run = world.run(&format!("{words} --ignore-cookies"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(world.read("out/HR.csv"), "id,name\n1,Martin; Ada\n2,Sam\n");
    insta::assert_snapshot!(run.out, @"
    HR, complete: Completed

    Tables written
      File        Rows  Bytes
      out/HR.csv     2     28

    What next
      Nothing to do.
    ");
    let run = world.run(&format!("{words} --format json"));
    assert_eq!((run.code, run.out.matches('\n').count()), (0, 1), "{}", run.err);
    let line: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(line["causes"][0]["code"], "export-not-launched");
    let run =
        world.run("export-csv --raw-files-path hrr.csv --ignore-cookies --connection-identifier HR --output-path out");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    insta::assert_snapshot!(run.err, @"
    error: Connections.HR.Path: hrr.csv does not exist
      help: put the file there, or change Connections.HR.Path
    ");
}

#[test]
fn new_secrets_come_with_the_documented_hash() {
    let world = World::new();
    let run = world.run("new-openid-secret --client-secret secret --format json");
    let rows: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(rows[0]["Hash"], "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=");
    let other: Value = serde_json::from_str(&world.run("new-openid-secret --format json").out).unwrap();
    assert_eq!(other[0]["Secret"].as_str().unwrap().len(), 43);
}
