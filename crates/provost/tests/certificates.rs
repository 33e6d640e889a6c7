//! Certificates in every form that people have them in: a server and an agent whose keys are in PFX files, under
//! passwords, and of an elliptic curve.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use std::path::PathBuf;
use std::process::Output;
use support::net::Process;
use support::{Home, Kind};

fn sample(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/keys/samples");
    std::fs::read(folder.join(name)).unwrap()
}

fn settings(home: &Home, content: &serde_json::Value) {
    home.write("appsettings.json", content.to_string());
}

/// What a server says first, when it starts; it ends at once.
fn answers(home: &Home) -> Result<(), String> {
    let command = home.command(&["server", "--urls", "https://localhost:0"]);
    let (process, lines) = Process::start(command, home.file("server.log"), 1);
    let Some(line) = lines.first() else { return Err(process.said()) };
    let url = line.strip_prefix("listening on ").unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(&sample("ca.pem")).unwrap();
    let client = reqwest::blocking::Client::builder().tls_certs_only([authority]).build().unwrap();
    let answer = client.get(format!("{url}/health")).send().unwrap();
    assert_eq!(answer.status(), 200);
    Ok(())
}

#[test]
fn a_server_takes_its_certificate_from_a_pfx_file_or_a_key_under_a_password() {
    let home = Home::new(Kind::Sqlite);
    for name in ["new.pfx", "old.pfx", "cert.pem", "sealed.pem"] {
        home.write(name, sample(name));
    }
    let hidden = home.ok(&["protect-certificate-password", "--pfx-password", "geheim"]);
    let https = |content: serde_json::Value| settings(&home, &serde_json::json!({ "Https": content }));
    https(serde_json::json!({ "CertificateFile": "new.pfx", "KeyPassword": "geheim" }));
    answers(&home).unwrap();
    https(serde_json::json!({ "CertificateFile": "new.pfx", "KeyPassword": hidden.trim() }));
    answers(&home).unwrap();
    https(serde_json::json!({ "CertificateFile": "cert.pem", "KeyFile": "sealed.pem", "KeyPassword": "geheim" }));
    answers(&home).unwrap();
    for (content, why) in [
        (serde_json::json!({ "CertificateFile": "new.pfx" }), "it needs a password"),
        (serde_json::json!({ "CertificateFile": "new.pfx", "KeyPassword": "x" }), "not the one of the file"),
        (serde_json::json!({ "CertificateFile": "old.pfx", "KeyPassword": "geheim" }), "openssl pkcs12 -legacy"),
        (serde_json::json!({ "CertificateFile": "cert.pem" }), "it holds no private key"),
        (serde_json::json!({ "KeyFile": "sealed.pem" }), "Https:CertificateFile"),
    ] {
        https(content);
        let said = answers(&home).unwrap_err();
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("geheim"), "{said}");
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn settings_and_files_are_encrypted_for_a_key_of_a_curve_in_a_pfx_file() {
    let home = Home::new(Kind::Sqlite);
    home.write("new.pfx", sample("new.pfx"));
    home.write("password.txt", "geheim\n");
    let section = serde_json::json!({ "File": "new.pfx", "Password": { "File": "password.txt" } });
    settings(&home, &serde_json::json!({ "EncryptionCertificate": section }));
    home.write("plain.json", r#"{ "MaxPageSize": 77, "Connections": { "HR": { "Path": "hr.csv" } } }"#);
    let file = |name: &str| home.file(name).display().to_string();
    home.ok(&[
        "protect-x509-json-file",
        "--input-json-file-path",
        &file("plain.json"),
        "--output-json-file-path",
        &file("appsettings.encrypted.agent.json"),
    ]);
    let stored = std::fs::read_to_string(home.file("appsettings.encrypted.agent.json")).unwrap();
    assert!(stored.contains("MaxPageSize") && !stored.contains("77"), "{stored}");
    let doctor = home.run(&["doctor"]);
    assert!(said(&doctor).contains("valid for"), "{}", said(&doctor));
    home.write("persons.csv", "id,name\n1,Ada\n");
    home.ok(&["encrypt-file", "--files", &file("persons.csv"), "--output-path", &file("sealed")]);
    assert!(std::fs::read(home.file("sealed")).unwrap().starts_with(b"PROVOST1"));
    assert_eq!(home.ok(&["decrypt-file", "--files", &file("sealed")]), "id,name\n1,Ada\n");
    // By arguments alone, with the wrong password first.
    let by_hand = |password: &str| {
        let pfx = file("new.pfx");
        home.run(&[
            "decrypt-file",
            "--files",
            &file("sealed"),
            "--file-cert-file",
            &pfx,
            "--file-cert-password",
            password,
        ])
    };
    assert!(said(&by_hand("falsch")).contains("the password is not the one of the file"));
    assert_eq!(String::from_utf8_lossy(&by_hand("geheim").stdout), "id,name\n1,Ada\n");
    // Another password in the settings: nothing opens, and nothing is told.
    home.write("password.txt", "falsch\n");
    let shut = home.run(&["export", "--connection", "HR"]);
    assert_eq!(shut.status.code(), Some(2), "{}", said(&shut));
    assert!(said(&shut).contains("the password is not the one of the file"), "{}", said(&shut));
}
