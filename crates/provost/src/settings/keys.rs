//! Every documented setting: one table, from which reading, defaults, advice on misspelt names and the manual come.

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// A folder or file; relative ones are relative to the home folder.
    Path,
    /// A list of folders.
    Paths,
    /// A whole number from 0.
    Number,
    /// True or false.
    Bool,
    /// One of the log levels.
    Level,
    /// Named sections: every value is a section of its own.
    Sections,
    /// Named texts.
    Texts,
    /// Anything: read by whoever owns the section.
    Anything,
}

/// One documented setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Names from the outermost section, between colons.
    pub path: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Value when no source gives one.
    pub default: Option<&'static str>,
    /// Whether this version acts on it.
    pub acted_on: bool,
    /// What it is for.
    pub about: &'static str,
}

const fn key(path: &'static str, holds: Holds, about: &'static str) -> Key {
    Key { path, holds, default: None, acted_on: false, about }
}

impl Key {
    const fn or(mut self, default: &'static str) -> Key {
        self.default = Some(default);
        self
    }

    const fn used(mut self) -> Key {
        self.acted_on = true;
        self
    }
}

/// The settings of a home folder, those of the server first, then those of the agent.
pub const KEYS: &[Key] = &[
    key("ConnectionString", Holds::Text, "Repository: an SQLite file, or PostgreSQL").or("provost.db").used(),
    key("TempFolderPath", Holds::Path, "Files that may be deleted between two runs").or("Temp").used(),
    key("WorkFolderPath", Holds::Path, "Files that must be kept between two runs").or("Work").used(),
    key("DefaultPageSize", Holds::Number, "Rows of a page when nobody asks for another number").or("50").used(),
    key("MaxPageSize", Holds::Number, "Most rows of a page").or("1000").used(),
    key("Retention:Sessions", Holds::Number, "Sessions of a connector that are remembered when they are over; 0: all")
        .or("20")
        .used(),
    key("Retention:Days", Holds::Number, "Days that runs and their findings are remembered; 0: for ever")
        .or("90")
        .used(),
    key("Serilog:MinimumLevel", Holds::Anything, "Least grave message that is logged").or("Information").used(),
    key("Serilog:Json", Holds::Bool, "Log lines are JSON").or("false").used(),
    key("Serilog", Holds::Anything, "Where messages are logged"),
    key("ApplicationUri", Holds::Text, "Public address of the server").used(),
    key(
        "Https:CertificateFile",
        Holds::Path,
        "Certificate chain (PEM), instead of one that the server makes for itself",
    )
    .used(),
    key("Https:KeyFile", Holds::Path, "Private key of that certificate (PEM), when it is not in the same file").used(),
    key("Https:KeyPassword", Holds::Text, "Password of that key, or of the PFX file").used(),
    key("Https:BehindProxy", Holds::Bool, "A proxy ends TLS, and says in X-Forwarded-For who calls").or("false").used(),
    key("ConnectionStringGovernor", Holds::Text, "Repository for tasks and jobs"),
    key("AzureCredentials", Holds::Anything, "Identity of this installation in Azure"),
    key("License", Holds::Anything, "Licence of the original product; not needed"),
    key(
        "EncryptionCertificate:File",
        Holds::Path,
        "Certificate with its RSA key (PEM) for encrypted settings and files, and for the keys in the repository",
    )
    .used(),
    key(
        "EncryptionCertificate:Password",
        Holds::Text,
        "Goes into the key that is derived from that file; the file itself has no password",
    )
    .used(),
    key("EncryptionCertificate:EncryptFile", Holds::Bool, "With such a file, export files are encrypted, too")
        .or("true")
        .used(),
    key("EncryptionCertificate", Holds::Anything, "Certificate that encrypts files and settings"),
    key("IdentityServer:AccessLifeTime", Holds::Text, "How long a token of a program lives").or("00:15:00").used(),
    key("IdentityServer:SigningDays", Holds::Number, "Days after which another key signs tokens").or("30").used(),
    key("IdentityServer", Holds::Anything, "Certificate that signs tokens; the server makes its own keys"),
    key("Authentication:AllowLocalLogin", Holds::Bool, "Built-in accounts may sign in").or("true").used(),
    key("Authentication:CookieLifeTime", Holds::Text, "How long a session lives").or("08:00:00").used(),
    key("Authentication:LifeTimeSliding", Holds::Text, "How long an unused session lives").or("00:10:00").used(),
    key("Authentication:RequireHttpsMetadata", Holds::Bool, "Providers must have https: addresses").or("true").used(),
    key("Authentication:OpenId", Holds::Anything, "Providers of OpenID Connect where people sign in").used(),
    key("Authentication", Holds::Anything, "Other ways to sign in"),
    key("Agents", Holds::Sections, "Address of each agent"),
    key("Uploads:MaxFileMegabytes", Holds::Number, "Most megabytes of one file that an agent may send")
        .or("16384")
        .used(),
    key("Uploads:BodySeconds", Holds::Number, "Seconds in which the body of a request must have arrived")
        .or("60")
        .used(),
    key("NotUseAgent", Holds::Bool, "The server does without the agent of this home").used(),
    key("OpenIdClients", Holds::Sections, "Hashed secret of each client of the server").used(),
    key("MaxActors", Holds::Number, "People who are told of a workflow step"),
    key("MailSettings", Holds::Anything, "How mails are sent"),
    key("LogsPath", Holds::Path, "Logs shown on the monitoring page"),
    key("OpenTelemetry:Endpoint", Holds::Text, "Collector of traces (OTLP over HTTP): http://127.0.0.1:4318").used(),
    key("OpenTelemetry:ServiceName", Holds::Text, "Name of this server there").or("provost").used(),
    key("ApplicationInsights", Holds::Anything, "Telemetry of the original product; not sent"),
    key("Swagger:Enabled", Holds::Bool, "The server shows the page of its interface at /swagger").or("false").used(),
    key("DataProtection", Holds::Anything, "Keys that protect cookies"),
    key("HstsPreload", Holds::Bool, "Browsers may have the server in their list of TLS only").or("false").used(),
    key("AppDisplay", Holds::Anything, "Name and colours of the pages"),
    key("PowerBISettings", Holds::Anything, "Paging for reports"),
    key("InstallationDirectoryPath", Holds::Path, "Folder of the executables"),
    key("ResetSettings", Holds::Anything, "File whose touch reloads the server"),
    key("Jobs:MaxTaskBatchSize", Holds::Number, "Tasks of one level that run at the same time").used(),
    key(
        "Jobs:LeaseSeconds",
        Holds::Number,
        "Seconds that a task stays with an owner that gives no sign of life: 3 to 300",
    )
    .or("15")
    .used(),
    key("Scheduler:Enabled", Holds::Bool, "Jobs start on schedule in this process").used(),
    key("Scheduler:MaxLockWatchTime", Holds::Anything, "Seconds to wait for the scheduler's lock"),
    key("TaskTimeoutSupplement", Holds::Number, "Minutes added to the time limit of tasks").used(),
    key("JobLaunchTimeout", Holds::Number, "Milliseconds in which a job must start").used(),
    key("InvokeSqlCommands", Holds::Sections, "SQLInputFile and OutputPath of SQL tasks, over their attributes").used(),
    key("Cors", Holds::Anything, "Other sites that may call the server"),
    key("CyberArk", Holds::Anything, "Secrets kept in CyberArk"),
    key("AzureKeyVault", Holds::Anything, "Secrets kept in Azure"),
    key("Connections", Holds::Sections, "Settings of each connection, by its identifier").used(),
    key("Databases", Holds::Texts, "Connection string of each database that SQL tasks may use").used(),
    key("OpenId:AgentIdentifier", Holds::Text, "Identifier of this agent in the configuration").used(),
    key("OpenId:OpenIdClients", Holds::Texts, "Secret of each client of the agent").used(),
    key("OpenId:DefaultOpenIdClient", Holds::Text, "Client used when none is named").used(),
    key(
        "OpenId:BindTokens",
        Holds::Bool,
        "Tokens are bound to a key of the process (DPoP); needs the server's own address",
    )
    .used(),
    key(
        "ServerCertificate",
        Holds::Path,
        "Certificate (PEM) that the server must have, instead of one that the system trusts",
    )
    .used(),
    key("SourcesRootPaths", Holds::Paths, "Folders that file connections may read; none named: all").used(),
    key("ScriptsRootPaths", Holds::Paths, "Folders whose scripts tasks may run, beside the home folder").used(),
    key("TaskAgentConfiguration", Holds::Anything, "Time limits of calls to the server"),
    key("PasswordResetSettings", Holds::Anything, "How passwords are reset"),
];

/// The names known directly under a section (the empty path is the outermost one).
pub fn names_under(section: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = KEYS
        .iter()
        .filter_map(|key| {
            let rest = match section {
                "" => key.path,
                _ => key.path.get(section.len()..)?.strip_prefix(':')?,
            };
            let under = section.is_empty() || key.path[..section.len()].eq_ignore_ascii_case(section);
            under.then(|| rest.split(':').next().unwrap_or(rest))
        })
        .collect();
    names.dedup();
    names
}

/// Whether names under `section` are fixed, so that another name is probably a slip.
pub fn is_closed(section: &str) -> bool {
    section.is_empty()
        || (!names_under(section).is_empty() && !KEYS.iter().any(|key| key.path.eq_ignore_ascii_case(section)))
}
