//! Where Brindlemark's people work: departments as a tree, sites, and the applications they use.

/// A department at the start: code, code of its parent, name, and its share of the people.
pub(super) struct Department {
    pub(super) code: &'static str,
    pub(super) parent: &'static str,
    pub(super) name: &'static str,
    pub(super) share: usize,
    /// Its people work at a desk and have an account.
    pub(super) is_office: bool,
}

const fn office(code: &'static str, parent: &'static str, name: &'static str, share: usize) -> Department {
    Department { code, parent, name, share, is_office: true }
}

const fn floor(code: &'static str, parent: &'static str, name: &'static str, share: usize) -> Department {
    Department { code, parent, name, share, is_office: false }
}

pub(super) const DEPARTMENTS: &[Department] = &[
    office("D000", "", "Brindlemark", 0),
    office("D100", "D000", "Executive Office", 6),
    office("D110", "D100", "Legal", 12),
    office("D120", "D100", "Communication", 14),
    office("D130", "D100", "Internal Audit", 8),
    office("D200", "D000", "Finance", 6),
    office("D210", "D200", "Accounting", 38),
    office("D220", "D200", "Controlling", 20),
    office("D230", "D200", "Treasury", 10),
    office("D240", "D200", "Purchasing", 32),
    office("D300", "D000", "People", 6),
    office("D310", "D300", "Recruitment", 16),
    office("D320", "D300", "Payroll", 18),
    office("D330", "D300", "Training", 12),
    office("D400", "D000", "Information Technology", 6),
    office("D410", "D400", "Workplace Services", 26),
    office("D420", "D400", "Infrastructure", 28),
    office("D430", "D400", "Business Applications", 34),
    office("D440", "D400", "Data and Reporting", 18),
    office("D500", "D000", "Research and Development", 8),
    office("D510", "D500", "Optics", 44),
    office("D520", "D500", "Mécanique de précision", 46),
    office("D530", "D500", "Elektronik und Prüfgeräte", 42),
    office("D540", "D500", "Embedded Software", 48),
    office("D550", "D500", "Diseño industrial", 14),
    office("D560", "D500", "Métrologie", 22),
    floor("D600", "D000", "Production", 10),
    floor("D610", "D600", "Lens Workshop", 150),
    floor("D620", "D600", "Fräserei", 140),
    floor("D621", "D620", "Fräserei – Nachtschicht", 60),
    floor("D630", "D600", "Assembly", 190),
    floor("D631", "D630", "Assembly – Night Shift", 70),
    floor("D640", "D600", "Calibration", 90),
    floor("D650", "D600", "Maintenance", 60),
    office("D700", "D000", "Sales", 8),
    office("D710", "D700", "Sales Nordics", 36),
    office("D720", "D700", "Sales DACH", 44),
    office("D730", "D700", "Vendas Península", 30),
    office("D740", "D700", "Sales Francophonie", 34),
    office("D750", "D700", "Customer Care", 48),
    office("D760", "D700", "Marketing \"Klarblick\"", 24),
    floor("D800", "D000", "Logistics", 8),
    floor("D810", "D800", "Inbound", 80),
    floor("D820", "D800", "Warehouse", 160),
    floor("D830", "D800", "Expédition", 90),
    floor("D840", "D800", "Fleet", 40),
    office("D900", "D000", "Quality", 6),
    office("D910", "D900", "Qualité fournisseurs", 18),
    office("D920", "D900", "Environment and Safety", 16),
    floor("D930", "D900", "Final Inspection", 70),
];

/// A site: code, name, city, country code.
pub(super) const SITES: &[[&str; 4]] = &[
    ["ANN", "Siège et optique", "Annecy", "FR"],
    ["LNZ", "Werk Linz", "Linz", "AT"],
    ["GDN", "Zakład Gdańsk", "Gdańsk", "PL"],
    ["PLZ", "Závod Plzeň", "Plzeň", "CZ"],
    ["OPO", "Fábrica do Porto", "Porto", "PT"],
    ["AAR", "Lager Aarhus", "Århus", "DK"],
    ["GWY", "Galway Care Centre", "Galway", "IE"],
    ["TMP", "Tampereen toimisto", "Tampere", "FI"],
];

/// An application group and the percentage of account holders in it at the start.
pub(super) const APPLICATIONS: &[(&str, usize)] = &[
    ("Ledger-Read", 3),
    ("Ledger-Post", 2),
    ("Ledger-Approve", 1),
    ("Payroll-Read", 1),
    ("Payroll-Run", 1),
    ("Orders-Read", 9),
    ("Orders-Write", 5),
    ("Stock-Read", 6),
    ("Stock-Adjust", 1),
    ("CAD-User", 9),
    ("CAD-Release", 1),
    ("Lab-Results", 4),
    ("Source-Read", 5),
    ("Source-Write", 4),
    ("Reports-Viewer", 6),
    ("Reports-Author", 1),
    ("Remote-Access", 8),
    ("Admin-Workstations", 1),
];

/// Accounts that belong to nobody.
pub(super) const SERVICES: &[&str] = &["svc-backup", "svc-monitor", "svc-print", "svc-scan", "svc-stock-sync"];
