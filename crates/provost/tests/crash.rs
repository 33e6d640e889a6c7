//! Whatever instant the process dies at, the next run ends in the state of a run that nobody disturbed.
#![cfg(feature = "fault-injection")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod support;

use provost_model::summary::State;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::random::Random;
use support::small::{CONNECTOR, Guards, Image, image, lay_out, sync_up, synchronize};
use support::{Home, Kind, small};

/// What is interrupted, on which repository.
struct Scenario {
    /// The repository before.
    home: Home,
    /// The commands to bring it further. All are repeated after a crash.
    commands: Vec<Vec<String>>,
    /// Errors with which a repetition says that the work is done already.
    done_already: &'static [&'static str],
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|a| (*a).to_owned()).collect()
}

fn command(home: &Home, arguments: &[String]) -> Command {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = home.command(&arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Scenario {
    /// The state that an undisturbed run leads to.
    fn undisturbed(&self) -> Image {
        let home = self.home.copy();
        for arguments in &self.commands {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let done = small::attempt(&home, &arguments);
            assert!(matches!(done.summary.state, State::Completed | State::Warning), "{done:?}");
        }
        image(&home)
    }

    /// Runs all commands to their end.
    fn repeat(&self, home: &Home) {
        for arguments in &self.commands {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let done = small::attempt(home, &arguments);
            if !matches!(done.summary.state, State::Completed | State::Warning) {
                let code = done.error().0.to_owned();
                assert!(self.done_already.contains(&code.as_str()), "{done:?}");
            }
        }
    }

    /// Dies at the n-th write boundary, for every n; every `step`-th of them. Tells how many there are.
    fn at_every_boundary(&self, step: usize) -> usize {
        let wanted = self.undisturbed();
        let mut n = 1;
        loop {
            let home = self.home.copy();
            if !self.dies_at(&home, n) {
                image(&home).assert_same(&wanted, "no crash");
                return n - 1;
            }
            self.repeat(&home);
            image(&home).assert_same(&wanted, &format!("after a crash at boundary {n}"));
            n += step;
        }
    }

    fn dies_at(&self, home: &Home, n: usize) -> bool {
        for arguments in &self.commands {
            let status = command(home, arguments).env("PROVOST_CRASH_AT", format!("*:{n}")).status().unwrap();
            if status.signal().is_some() {
                return true;
            }
        }
        false
    }
}

/// What changes after the first load: a joiner, a mover who hands on a login, a leaver, a team that comes and one that
/// goes, a pair that heals, a pair that waits, dirt.
fn change(home: &Home) {
    home.write(
        "Sources/people.csv",
        "id,login,name,age\n1,ada,Ada,37\n2,bobby,Bob,41\n,nobody,,\n4,dan,Dan,52\n5,bob,Eve,20\n5,bob,Eve,21\n6,fay,Fay,x\n",
    );
    home.write("Sources/teams.csv", "code,title\nA,Alpha\nC,Gamma\n");
    home.write("Sources/members.csv", "team,login\nA,ada\nA,bob\nC,bobby\nC,gus\nA,fay\n");
    home.write("Sources/homes.csv", "team,id\nA,2\nA,4\nC,1\nC,5\nC,4\n");
}

fn initial(kind: Kind) -> Scenario {
    let home = small::empty(kind, Guards::Default);
    lay_out(&home);
    Scenario { home, commands: vec![owned(&sync_up("initial"))], done_already: &["initial-not-empty"] }
}

fn changed(kind: Kind, mode: &str) -> Scenario {
    let home = small::loaded(kind);
    change(&home);
    Scenario { home, commands: vec![owned(&sync_up(mode))], done_already: &[] }
}

fn validation(kind: Kind) -> Scenario {
    let home = small::empty(kind, Guards::Default);
    lay_out(&home);
    home.sync_up(CONNECTOR, "initial");
    change(&home);
    let blocked = home.sync_up(CONNECTOR, "complete");
    assert_eq!(blocked.state, State::Blocked);
    let hash = blocked.change_set.unwrap().hash;
    let approve =
        owned(&["synchronization-validation", "--connector", CONNECTOR, "--change-set", &hash, "--format", "json"]);
    Scenario { home, commands: vec![approve], done_already: &["unknown-change-set"] }
}

/// Sessions that wait in the queue, processed in a row.
fn queue(kind: Kind) -> Scenario {
    let home = small::loaded(kind);
    home.write("Sources/people.csv", "id,login,name,age\n1,ada,Ada,37\n2,bob,Bob,41\n7,gus,Gus,\n");
    small::export(&home);
    home.ok(&small::prepare("incremental"));
    change(&home);
    small::export(&home);
    let prepared = small::attempt(&home, &small::prepare("incremental"));
    assert_eq!(prepared.summary.state, State::Warning);
    Scenario { home, commands: vec![owned(&synchronize())], done_already: &[] }
}

#[test]
fn initial_at_every_boundary() {
    let boundaries = initial(Kind::Sqlite).at_every_boundary(1);
    assert!(boundaries > 30, "{boundaries}");
}

#[test]
fn complete_at_every_boundary() {
    let boundaries = changed(Kind::Sqlite, "complete").at_every_boundary(1);
    assert!(boundaries > 40, "{boundaries}");
}

#[test]
fn incremental_at_every_boundary() {
    let boundaries = changed(Kind::Sqlite, "incremental").at_every_boundary(1);
    assert!(boundaries > 40, "{boundaries}");
}

#[test]
fn validation_at_every_boundary() {
    let boundaries = validation(Kind::Sqlite).at_every_boundary(1);
    assert!(boundaries > 5, "{boundaries}");
}

#[test]
fn a_queue_at_every_boundary() {
    let boundaries = queue(Kind::Sqlite).at_every_boundary(1);
    assert!(boundaries > 10, "{boundaries}");
}

#[test]
fn on_postgres_at_some_boundaries() {
    if Kind::postgres_is_there() {
        initial(Kind::Postgres).at_every_boundary(9);
        changed(Kind::Postgres, "complete").at_every_boundary(7);
        changed(Kind::Postgres, "incremental").at_every_boundary(8);
        validation(Kind::Postgres).at_every_boundary(3);
    }
}

/// Sources of one generation.
fn generation(home: &Home, random: &mut Random) {
    let mut people = "id,login,name,age\n".to_owned();
    let mut teams = "code,title\n".to_owned();
    let (mut members, mut homes) = ("team,login\n".to_owned(), "team,id\n".to_owned());
    for id in 1..=12 {
        if random.percent(70) {
            people.push_str(&format!("{id},l{},n{},{}\n", random.below(14), random.below(3), random.below(90)));
        }
        members.push_str(&format!("T{},l{}\n", random.below(5), random.below(14)));
        homes.push_str(&format!("T{},{id}\n", random.below(5)));
    }
    for team in 0..5 {
        if random.percent(80) {
            teams.push_str(&format!("T{team},t{}\n", random.below(3)));
        }
    }
    for (name, text) in [("people", people), ("teams", teams), ("members", members), ("homes", homes)] {
        home.write(&format!("Sources/{name}.csv"), text);
    }
}

/// A long series of mixed runs. Each is killed several times, at a boundary or at any instant, before it may finish.
fn killed_at_random(kind: Kind, seed: u64, generations: usize, kills: usize) {
    let mut random = Random::new(seed);
    let (calm, rough) = (small::loaded(kind), small::loaded(kind));
    let mut died = 0;
    for number in 0..generations {
        let mut same = random.clone();
        generation(&calm, &mut same);
        generation(&rough, &mut random);
        assert_ne!(calm.sync_up(CONNECTOR, "complete").state, State::Errored);
        for _ in 0..kills {
            let mode = *random.pick(&["complete", "incremental"]);
            let arguments = owned(&sync_up(mode));
            let mut command = command(&rough, &arguments);
            let status = if random.percent(50) {
                let n = 1 + random.below(60);
                command.env("PROVOST_CRASH_AT", format!("*:{n}")).status().unwrap()
            } else {
                let mut child = command.spawn().unwrap();
                std::thread::sleep(Duration::from_micros(random.below(120_000)));
                child.kill().unwrap();
                child.wait().unwrap()
            };
            died += usize::from(status.signal().is_some());
        }
        let mode = *random.pick(&["complete", "incremental"]);
        let done = rough.sync_up(CONNECTOR, mode);
        let context = format!("seed {seed} generation {number} in {mode} mode");
        assert!(matches!(done.state, State::Completed | State::Warning), "{context}: {done:?}");
        image(&rough).assert_same(&image(&calm), &context);
    }
    eprintln!("{kind:?}, seed {seed}: died {died} times");
    assert!(died * 3 > generations * kills, "only {died} runs were killed");
}

#[test]
fn killed_at_random_on_sqlite() {
    killed_at_random(Kind::Sqlite, 1, 30, 10);
}

#[test]
fn killed_at_random_on_postgres() {
    if Kind::postgres_is_there() {
        killed_at_random(Kind::Postgres, 2, 6, 6);
    }
}
