//! A person with a real browser, and a real provider of OpenID Connect: Chromium of the system, driven by
//! `playwright-core`, and `oidc-provider`, both from npm, in a folder below `target`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use support::browser::programs;
use support::net::Server;
use support::small::loaded;
use support::{Kind, root};

const PACKAGES: &[&str] = &["oidc-provider@9.13.3", "playwright-core@1.65.1"];

const SIGN_IN: &str = r#"<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <SelectUserByIdentityQueryHandlerSetting OwnerEntityType="T_Person" ResourceIdentityProperty="Login" BeforeToken="@" />
  <AssignedProfile User="1" Profile="Administrator" Context="-2" />
</ConfigurationFile>"#;

/// A provider that ends with the test.
struct Provider {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Provider {
    fn start(programs: &std::path::Path) -> Provider {
        let script = root().join("crates/provost/tests/scripts/provider.mjs");
        let mut node = Command::new("node");
        node.arg(script).arg(programs).args(["provost", "secret of the client"]).env("NODE_NO_WARNINGS", "1");
        let node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = node.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap();
        Provider { child, lines, address }
    }

    /// Lets it serve, for a client with this address.
    fn serve(&mut self, back: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{back}").unwrap();
        let line = self.lines.find(|line| line.as_ref().is_ok_and(|line| line == "ready"));
        assert!(line.is_some(), "the provider does not serve");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_person_signs_in_at_a_provider_and_uses_the_page_of_the_interface() {
    let Some(programs) = programs("browser", PACKAGES) else { return };
    let mut provider = Provider::start(&programs);
    let mut home = loaded(Kind::Sqlite);
    home.write("Conf/SignIn.xml", SIGN_IN);
    let settings = [
        ("Swagger__Enabled", "true"),
        ("Authentication__OpenId__Panva__AuthenticationScheme", "panva"),
        ("Authentication__OpenId__Panva__Authority", &*provider.address),
        ("Authentication__OpenId__Panva__ClientId", "provost"),
        ("Authentication__OpenId__Panva__ClientSecret", "secret of the client"),
        ("Authentication__OpenId__Panva__NameClaimType", "email"),
        ("Authentication__OpenId__Panva__Scopes", "openid email"),
        ("Authentication__OpenId__Panva__RequireHttpsMetadata", "false"),
    ];
    home.environment.extend(settings.map(|(name, value)| (format!("PROVOST__{name}"), value.to_owned())));
    let server = Server::start(home, &[]);
    provider.serve(&format!("{}/signin-oidc", server.url));
    let admin = server.caller("Admin");
    let output = Command::new("node")
        .arg(root().join("crates/provost/tests/scripts/browser.mjs"))
        .args([&programs, &programs])
        .args([&*server.url, admin.name, &admin.secret])
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", shown.join("\n"));
}
