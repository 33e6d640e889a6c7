//! Random exports, modes, repeats, crashes and tampering against a naive model of what the repository must hold.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::{State, Summary};
use support::naive::{Clean, Export, Pairs, Table, Tables, entity_counters, export, link_counters, mirror, tell};
use support::random::Random;
use support::small::{self, Attempt, CONNECTOR, Guards, HOME, MEMBER, PERSON, TEAM, attempt, held};
use support::{Home, Kind};

/// The naive model of a home.
#[derive(Clone, Debug, Default)]
struct Model {
    /// What the repository mirrors.
    stored: Tables,
    /// What `previous` holds.
    previous: Option<Tables>,
}

/// How far a summary is held against the model.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Check {
    Everything,
    /// A crash may have come before or after the commit; SQL may have changed what was stored.
    StateAlone,
}

struct Player {
    home: Home,
    model: Model,
    random: Random,
    context: String,
}

impl Player {
    fn new(kind: Kind, seed: u64) -> Player {
        let home = small::empty(kind, Guards::Off);
        Player { home, model: Model::default(), random: Random::new(seed), context: String::new() }
    }

    fn lay_out(&mut self, dirt: u64) -> Export {
        let export = export(&mut self.random, dirt);
        export.lay_out(&self.home);
        self.context.push_str(&format!("\n{:?}", export.files));
        export
    }

    /// A run of the real engine was successful: the repository must be what the model says.
    fn check(&mut self, export: &Export, summary: &Summary, check: Check) {
        let context = &self.context;
        assert!(matches!(summary.state, State::Completed | State::Warning), "{context}: {summary:?}");
        let tables = export.tables(self.model.previous.as_ref());
        let (before, after) = (mirror(&self.model.stored), mirror(&tables));
        assert_eq!(held(&self.home), after, "{context}");
        small::assert_keys_are_true(&self.home, context);
        if check == Check::Everything {
            let stored = &self.model.stored;
            let waiting = |name: &str| after.waiting.iter().filter(|(a, _, _)| a == name).count() as u64;
            let wanted = (
                entity_counters(&export.people, &stored.people, &tables.people),
                entity_counters(&export.teams, &stored.teams, &tables.teams),
                link_counters(
                    &export.members,
                    (&stored.members, &tables.members),
                    (&before.members, &after.members),
                    waiting(MEMBER),
                ),
                link_counters(
                    &export.homes,
                    (&stored.homes, &tables.homes),
                    (&before.homes, &after.homes),
                    waiting(HOME),
                ),
            );
            let found = (
                summary.entity_types[PERSON],
                summary.entity_types[TEAM],
                summary.associations[MEMBER],
                summary.associations[HOME],
            );
            assert_eq!(found, wanted, "{context}");
        }
        self.model = Model { stored: tables.clone(), previous: Some(tables) };
    }

    fn run(&self, mode: &str) -> Attempt {
        attempt(&self.home, &small::sync_up(mode))
    }

    fn plain(&mut self) {
        let mode = *self.random.pick(&["complete", "incremental"]);
        self.context.push_str(mode);
        let dirt = *self.random.pick(&[0, 0, 15]);
        let export = self.lay_out(dirt);
        let done = self.run(mode);
        self.check(&export, &done.summary, Check::Everything);
        if self.random.percent(30) {
            let again = *self.random.pick(&["complete", "incremental"]);
            self.context.push_str(&format!("\nagain {again}"));
            let versions = self.versions();
            let done = self.run(again);
            self.check(&export, &done.summary, Check::Everything);
            assert_eq!(self.versions(), versions, "{}: unchanged data was written", self.context);
        }
    }

    /// Number of rows of history.
    fn versions(&self) -> (i64, i64) {
        let count = |table: &str| self.home.database.number(&format!("SELECT COUNT(*) FROM {table}"));
        (count("UR_ResourcesHistory"), count("UR_ResourceLinksHistory"))
    }

    fn crash(&mut self) {
        let mode = *self.random.pick(&["complete", "incremental"]);
        let dirt = *self.random.pick(&[0, 15]);
        self.context.push_str(&format!("crash {mode}"));
        let export = self.lay_out(dirt);
        for _ in 0..self.random.below(3) + 1 {
            let n = self.random.below(60) + 1;
            self.home.command(&small::sync_up(mode)).env("PROVOST_CRASH_AT", format!("*:{n}")).output().unwrap();
        }
        let mode = *self.random.pick(&["complete", "incremental"]);
        let done = self.run(mode);
        self.check(&export, &done.summary, Check::StateAlone);
    }

    /// Several sessions wait, then are processed in a row.
    fn queue(&mut self) {
        self.context.push_str("queue");
        let mut exports = Vec::new();
        for _ in 0..2 + self.random.below(2) {
            let export = self.lay_out(10);
            small::export(&self.home);
            let done = attempt(&self.home, &small::prepare("incremental"));
            assert!(matches!(done.summary.state, State::Completed | State::Warning), "{}: {done:?}", self.context);
            exports.push(export);
        }
        let done = attempt(&self.home, &small::synchronize());
        let last = exports.pop().unwrap();
        for export in exports {
            let tables = export.tables(self.model.previous.as_ref());
            self.model = Model { stored: tables.clone(), previous: Some(tables) };
        }
        self.check(&last, &done.summary, Check::Everything);
        let nothing = attempt(&self.home, &small::synchronize()).summary;
        assert_eq!((nothing.state, nothing.change_set), (State::Completed, None), "{}", self.context);
    }

    /// Someone lays hands on `previous`: an incremental run must notice and change nothing, a complete one heals.
    fn tamper_with_previous(&mut self) {
        let folder = self.home.file("Work/Collect/previous").join(CONNECTOR);
        if self.model.previous.is_none() {
            return;
        }
        let how = self.random.below(6);
        self.context.push_str(&format!("tamper {how}"));
        let table = *self.random.pick(&[PERSON, TEAM, MEMBER, HOME]);
        let file = folder.join(format!("{table}.sorted.csv"));
        let text = std::fs::read_to_string(&file).unwrap();
        match how {
            0 => std::fs::remove_dir_all(&folder).unwrap(),
            1 => std::fs::remove_file(&file).unwrap(),
            2 => std::fs::write(&file, format!("{text}zz,zz\n")).unwrap(),
            3 => std::fs::write(&file, &text[..text.len() - 1]).unwrap(),
            4 => std::fs::write(folder.join("manifest.json"), "{}").unwrap(),
            _ => {
                let manifest = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
                let at = manifest.find("\"stateDigest\": \"").unwrap() + 16;
                let digit = if manifest.as_bytes()[at] == b'0' { "1" } else { "0" };
                let changed = format!("{}{digit}{}", &manifest[..at], &manifest[at + 1..]);
                std::fs::write(folder.join("manifest.json"), changed).unwrap();
            }
        }
        let before = held(&self.home);
        let export = self.lay_out(0);
        let refused = self.run("incremental");
        assert_eq!(refused.summary.state, State::Errored, "{}: {refused:?}", self.context);
        assert_eq!(refused.error().0, "complete-needed", "{}: {refused:?}", self.context);
        assert_eq!(held(&self.home), before, "{}", self.context);
        let done = self.run("complete");
        self.check(&export, &done.summary, Check::Everything);
    }

    /// Someone changes the repository by SQL: the next complete run mends it.
    fn tamper_with_repository(&mut self) {
        self.context.push_str("SQL");
        let statements = [
            "UPDATE UR_Resources SET C6 = 'Mallory' WHERE C4 IN ('1', '2', '3')",
            "UPDATE UR_Resources SET C5 = 'l1' WHERE C4 IN ('4', '5')",
            "UPDATE UR_Resources SET C5 = NULL WHERE C4 IN ('6', 'T1')",
            "DELETE FROM UR_Resources WHERE C4 IN ('7', 'T2')",
            "DELETE FROM UR_ResourceLinks",
            "UPDATE UR_Resources SET I40 = NULL WHERE C4 IN ('1', '8')",
            "UPDATE UR_Resources SET I40 = (SELECT MIN(Id) FROM UR_Resources WHERE C4 = 'T3') WHERE Type = \
             (SELECT Id FROM UM_EntityTypes WHERE Identifier = 'T_Person') AND C4 IN ('2', '9')",
            "INSERT INTO UR_ResourceLinks (Association_Id, Resource1_Id, Resource2_Id, ValidFrom) \
             SELECT s.Id, a.Id, b.Id, 1 FROM UM_EntityAssociations s, UR_Resources a, UR_Resources b \
             WHERE s.Identifier = 'T_Team_Member' AND a.C4 = 'T0' AND b.C4 IN ('1', '2', '3') ON CONFLICT DO NOTHING",
            "DELETE FROM UR_ResourceLinkOrphans",
            "INSERT INTO UR_ResourceLinkOrphans (Association_Id, Key1, Key2) \
             SELECT Id, 'T9', 'l9' FROM UM_EntityAssociations WHERE Id > 0 ON CONFLICT DO NOTHING",
            "INSERT INTO UR_Resources (Id, Type, ValidFrom, C4, C5) \
             SELECT 900000001, Id, 1, '5', 'l5' FROM UM_EntityTypes WHERE Identifier = 'T_Person' \
             ON CONFLICT DO NOTHING",
            "UPDATE UR_Resources SET C4 = '77' WHERE C4 = '10'",
            "DELETE FROM UR_ResourceKeys WHERE KeyValue IN ('3', 'T4')",
            "UPDATE UR_ResourceKeys SET Fingerprint = 12345",
        ];
        for _ in 0..1 + self.random.below(3) {
            let sql = *self.random.pick(&statements);
            self.context.push_str(&format!("\n{sql}"));
            self.home.database.execute(sql);
        }
        let export = self.lay_out(0);
        if self.random.percent(30) {
            self.context.push_str("\nincremental first");
            let done = self.run("incremental");
            assert_ne!(done.exit, Some(101), "{}: {done:?}", self.context);
        }
        let done = self.run("complete");
        self.check(&export, &done.summary, Check::StateAlone);
        // What was mended stays mended.
        let done = self.run("complete");
        self.context.push_str("\nonce more");
        self.check(&export, &done.summary, Check::Everything);
    }

    /// A complete run makes waiting sessions moot.
    fn overtake(&mut self) {
        self.context.push_str("overtake");
        let overtaken = self.lay_out(0);
        small::export(&self.home);
        attempt(&self.home, &small::prepare("incremental"));
        self.model.previous = Some(overtaken.tables(self.model.previous.as_ref()));
        let export = self.lay_out(0);
        let done = self.run("complete");
        self.check(&export, &done.summary, Check::Everything);
    }

    fn initial_again(&mut self) {
        if self.model.stored.people.is_empty() && self.model.stored.teams.is_empty() {
            return;
        }
        self.context.push_str("initial again");
        let before = held(&self.home);
        self.lay_out(0);
        let refused = self.run("initial");
        assert_eq!(refused.error().0, "initial-not-empty", "{}", self.context);
        assert_eq!(held(&self.home), before, "{}", self.context);
    }
}

impl Player {
    fn told(&mut self) {
        let told = tell(&mut self.random, &self.model.stored);
        self.context.push_str(&format!("told\n{:?}", told.files));
        for (name, text) in ["People", "Teams", "Members", "Homes"].iter().zip(&told.files) {
            self.home.write(&format!("Temp/ExportOutput/{name}.csv"), text);
        }
        let mut prepare = small::prepare("incremental");
        prepare.extend(["--type", "changes"]);
        let prepared = attempt(&self.home, &prepare);
        assert!(matches!(prepared.summary.state, State::Completed | State::Warning), "{}: {prepared:?}", self.context);
        let done = attempt(&self.home, &small::synchronize());
        let (before, after) = (mirror(&self.model.stored), mirror(&told.tables));
        assert_eq!(held(&self.home), after, "{}: {:?}", self.context, done.summary);
        small::assert_keys_are_true(&self.home, &self.context);
        let counted = |name: &str| {
            let found = done.summary.entity_types[name];
            (found.inserted, found.updated, found.deleted)
        };
        let wanted = |before: &Table, after: &Table| {
            let all = entity_counters(&Clean { content: after.clone(), ..Clean::default() }, before, after);
            (all.inserted, all.updated, all.deleted)
        };
        assert_eq!(counted(PERSON), wanted(&before.people, &after.people), "{}", self.context);
        assert_eq!(counted(TEAM), wanted(&before.teams, &after.teams), "{}", self.context);
        let linked = |name: &str| {
            let found = done.summary.associations[name];
            (found.inserted, found.deleted, found.links_created, found.links_removed)
        };
        let pairs = |stored: (&Pairs, &Pairs), links: (&Pairs, &Pairs)| {
            let gone = |(a, b): (&Pairs, &Pairs)| a.difference(b).count() as u64;
            let come = |(a, b): (&Pairs, &Pairs)| b.difference(a).count() as u64;
            (come(stored), gone(stored), come(links), gone(links))
        };
        let stored = &self.model.stored;
        let members = pairs((&stored.members, &told.tables.members), (&before.members, &after.members));
        assert_eq!(linked(MEMBER), members, "{}", self.context);
        let homes = pairs((&stored.homes, &told.tables.homes), (&before.homes, &after.homes));
        assert_eq!(linked(HOME), homes, "{}", self.context);
        self.model.stored = told.tables;
    }

    /// What `previous` holds is another state now, so that nothing can be compared with it.
    fn compared_after_told(&mut self) {
        self.context.push_str("compared");
        let before = held(&self.home);
        let export = self.lay_out(0);
        let refused = self.run("incremental");
        assert_eq!(refused.error().0, "complete-needed", "{}: {refused:?}", self.context);
        assert_eq!(held(&self.home), before, "{}", self.context);
        self.model.previous = None;
        let done = self.run("complete");
        self.check(&export, &done.summary, Check::Everything);
    }
}

fn play_told(kind: Kind, seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut player = Player::new(kind, seed);
        for step in 0..steps {
            player.context = format!("{kind:?} seed {seed} step {step}: ");
            if step > 0 && player.random.percent(15) {
                player.compared_after_told();
                player.context.push_str("\nthen ");
            }
            player.told();
        }
    }
}

#[test]
fn told_changes_are_what_the_model_says_on_sqlite() {
    play_told(Kind::Sqlite, seeds(501..504), 20);
}

#[test]
fn told_changes_are_what_the_model_says_on_postgres() {
    if Kind::postgres_is_there() {
        play_told(Kind::Postgres, seeds(601..602), 15);
    }
}

fn play(kind: Kind, seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut player = Player::new(kind, seed);
        for step in 0..steps {
            player.context = format!("{kind:?} seed {seed} step {step}: ");
            if step == 0 {
                let mode = *player.random.pick(&["initial", "complete", "incremental"]);
                player.context.push_str(mode);
                let export = player.lay_out(10);
                let done = player.run(mode);
                player.check(&export, &done.summary, Check::Everything);
                continue;
            }
            match player.random.below(20) {
                0..=9 => player.plain(),
                10..=11 => player.crash(),
                12..=13 => player.queue(),
                14..=15 => player.tamper_with_previous(),
                16..=17 => player.tamper_with_repository(),
                18 => player.overtake(),
                _ => player.initial_again(),
            }
        }
    }
}

/// The usual seeds, or those of `PROVOST_MODEL_SEEDS`, such as `100..200`, for a longer search.
fn seeds(usual: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("PROVOST_MODEL_SEEDS") else { return usual };
    let (from, to) = text.split_once("..").unwrap();
    from.parse().unwrap()..to.parse().unwrap()
}

#[test]
fn sqlite_is_what_the_model_says() {
    play(Kind::Sqlite, seeds(1..11), 25);
}

#[test]
fn postgres_is_what_the_model_says() {
    if Kind::postgres_is_there() {
        play(Kind::Postgres, seeds(101..105), 20);
    }
}
