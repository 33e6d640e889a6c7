//! Home folders with a generated configuration, and the steps of the product in them.

use crate::data::Truth;
use crate::measure::{Program, Usage};
use crate::{Failure, child};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Mapped columns of an entry with their slots; the first is the primary key.
pub(crate) const MAPPED: [(&str, u8); 8] = [
    ("objectGUID", 4),
    ("dn", 0),
    ("sAMAccountName", 5),
    ("displayName", 6),
    ("mail", 7),
    ("department", 8),
    ("title", 9),
    ("userAccountControl", 10),
];

/// A home folder, on its own SQLite file or on a PostgreSQL database.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    connection: Option<String>,
}

impl Home {
    /// Makes the home, and deploys the configuration: entries, and their members when asked for.
    pub(crate) fn make(folder: &Path, connection: Option<String>, with_members: bool) -> Result<Home, Failure> {
        Home::with(folder, connection, &configuration(with_members))
    }

    /// Makes the home, and deploys a configuration whose only connector is `AD`.
    pub(crate) fn with(folder: &Path, connection: Option<String>, configuration: &str) -> Result<Home, Failure> {
        remove(folder)?;
        let home = Home { folder: folder.to_owned(), connection };
        child("provost")?.words(&["init"]).path(folder).run()?;
        std::fs::write(folder.join("Conf/Directory.xml"), configuration)?;
        home.deploy()?;
        Ok(home)
    }

    /// Deploys what is in its `Conf`.
    pub(crate) fn deploy(&self) -> Result<(), Failure> {
        self.step(&["deploy-configuration", "-d"]).path(&self.folder.join("Conf")).run().map(drop)
    }

    /// A server on this home.
    pub(crate) fn server(&self) -> Program {
        self.step(&["server", "--urls", "http://127.0.0.1:0"]).env("PROVOST__NotUseAgent", "true")
    }

    /// A command on this home.
    fn step(&self, words: &[&str]) -> Program {
        let program = child("provost").unwrap_or_default().words(&["--home"]).path(&self.folder).words(words);
        match &self.connection {
            Some(connection) => program.env("PROVOST__ConnectionString", connection),
            None => program,
        }
    }

    /// The repository's SQLite file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("provost.db")
    }

    /// A cleansed file.
    pub(crate) fn sorted(&self, table: &str) -> PathBuf {
        self.folder.join(format!("Work/Collect/{table}.sorted.csv"))
    }

    /// Puts a file where an export would have written it.
    pub(crate) fn export(&self, table: &str, file: &Path) -> Result<(), Failure> {
        let place = self.folder.join(format!("Temp/ExportOutput/{table}.csv"));
        if place.exists() {
            std::fs::remove_file(&place)?;
        }
        Ok(std::fs::hard_link(file, &place).or_else(|_| std::fs::copy(file, &place).map(|_| ()))?)
    }

    /// The prepare step.
    pub(crate) fn prepare(&self, mode: &str) -> Program {
        let words = ["prepare-synchronization", "--connector", "AD", "--synchronization-mode", mode];
        self.step(&words).words(&["--format", "json"])
    }

    /// The synchronise step.
    pub(crate) fn synchronise(&self) -> Program {
        self.step(&["synchronize", "--connector", "AD", "--format", "json"])
    }

    /// The computation of the role model, for an instant.
    pub(crate) fn compute(&self, at: &str, words: &[&str]) -> Program {
        self.step(&["compute-role-model", "--at", at, "--format", "json"]).words(words)
    }

    /// This home once more in another folder, on another database.
    pub(crate) fn copy(&self, folder: &Path, connection: Option<String>) -> Result<Home, Failure> {
        remove(folder)?;
        Program::new("cp").words(&["-a"]).path(&self.folder).path(folder).run()?;
        Ok(Home { folder: folder.to_owned(), connection })
    }
}

/// Runs a step measured, and holds its summary against what must come of the data.
pub(crate) fn checked(step: &Program, folder: &Path, table: &str, expected: &[(&str, u64)]) -> Result<Usage, Failure> {
    let (usage, output) = step.measure(folder)?;
    let summary: Value = serde_json::from_str(output.trim()).map_err(|e| format!("{e}: {output}"))?;
    let found = [&summary["entityTypes"][table], &summary["associations"][table]];
    for (counter, count) in expected {
        if !found.iter().any(|f| f[*counter].as_u64() == Some(*count)) {
            return Err(format!("{table}: {counter} should be {count}: {output}").into());
        }
    }
    Ok(usage)
}

/// What prepare must count in the first generation.
pub(crate) fn prepared(truth: &Truth) -> [(&'static str, u64); 3] {
    [("rows", truth.rows), ("nullPrimaryKeys", truth.null_keys), ("duplicates", truth.duplicates)]
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn configuration(with_members: bool) -> String {
    use std::fmt::Write;
    let mut entity = String::new();
    let mut mapping = String::new();
    for (i, (name, slot)) in MAPPED.iter().enumerate() {
        let key = if i < 2 { " IsKey=\"true\"" } else { "" };
        let unique = ["IsPrimaryKey=\"true\" ", "IsUniqueKey=\"true\" "].get(i).copied().unwrap_or_default();
        let _ = writeln!(
            entity,
            "    <Property Identifier=\"{name}\" DisplayName_L1=\"{name}\"{key} TargetColumnIndex=\"{slot}\" />"
        );
        let _ = writeln!(mapping, "    <Property Identifier=\"{name}\" ConnectionColumn=\"{name}\" {unique}/>");
    }
    let mut associations = "";
    if with_members {
        entity.push_str("    <Property Identifier=\"member\" DisplayName_L1=\"Members\" Type=\"ForeignKey\" />\n");
        entity.push_str("    <Property Identifier=\"memberOf\" DisplayName_L1=\"Member of\" Type=\"ForeignKey\" />\n");
        associations = MEMBERS;
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<ConfigurationFile xmlns=\"urn:schemas-usercube-com:configuration\">
  <Language Code=\"en-US\" IndicatorNumber=\"1\" />
  <Agent Identifier=\"Local\" DisplayName_L1=\"Local\" />
  <Connector Identifier=\"AD\" DisplayName_L1=\"Directory\" Agent=\"Local\"
      MaximumInsertedLines=\"100000\" MaximumUpdatedLines=\"100000\" MaximumDeletedLines=\"100000\" />
  <Connection Identifier=\"Entries\" DisplayName_L1=\"Entries\" Connector=\"AD\" Package=\"Usercube.CSV@0000001\" />
  <Connection Identifier=\"Members\" DisplayName_L1=\"Members\" Connector=\"AD\" Package=\"Usercube.CSV@0000001\" />
  <EntityType Identifier=\"AD_Entry\" DisplayName_L1=\"Directory - Entry\">
{entity}  </EntityType>
  <EntityTypeMapping Identifier=\"AD_Entry\" Connector=\"AD\" ConnectionTable=\"Entries\">
{mapping}  </EntityTypeMapping>
{associations}</ConfigurationFile>
"
    )
}

const MEMBERS: &str = "  <EntityAssociation Identifier=\"AD_Entry_Member\" DisplayName_L1=\"Members\"
      Property1=\"AD_Entry:member\" IsProperty1Collection=\"true\"
      Property2=\"AD_Entry:memberOf\" IsProperty2Collection=\"true\" />
  <EntityAssociationMapping Identifier=\"AD_Entry_Member\" Connector=\"AD\" ConnectionTable=\"Members\"
      Column1=\"dn\" EntityPropertyMapping1=\"AD_Entry:dn\" Column2=\"member\" EntityPropertyMapping2=\"AD_Entry:dn\" />
";
