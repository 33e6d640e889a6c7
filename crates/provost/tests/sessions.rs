//! Sessions: their order, that each is applied once, and that none is applied where it does not belong.

mod support;

use support::small::{self, CONNECTOR, Guards, attempt, held};
use support::{Home, Kind};

#[test]
fn repro() {
    for queue in [false, true] {
        let home = small::empty(Kind::Sqlite, Guards::Off);
        let files = |p: &str, t: &str, m: &str| {
            home.write("Sources/people.csv", format!("id,login,name,age\n{p}"));
            home.write("Sources/teams.csv", format!("code,title\n{t}"));
            home.write("Sources/members.csv", format!("team,login\n{m}"));
            home.write("Sources/homes.csv", "team,id\n");
            small::export(&home);
            println!("{:?}", attempt(&home, &small::prepare("incremental")).summary.state);
            if !queue {
                attempt(&home, &small::synchronize());
                println!("{:?}", held(&home));
            }
        };
        files("0,,n1,0\n2,l5,n1,\n3,l4,n1,0\n5,l7,n2,0\n8,,n2,1\n9,l2,n1,\n", "T1,t0\n", "T0,l2\nT1,l7\nT5,l8\n");
        attempt(&home, &small::synchronize());
        println!("{:?}", held(&home));
        files(
            "5,l3,n0,1\n2,l6,n0,2\n3,l8,n2,\n4,l4,n1,0\n4,l2,n0,0\n8,l4,n2,2\n1,l1,n1,0\n0,l1,n,old\n8\n5,l0,n0,0\n9,l8,n0,0\n0,l2,n0,1\n3,l1,n2,2\n1,l0,n2,2\n",
            "T2,t0\nT2,t0\nT1,t0\nT2,t0\nT4,t1\n",
            "T4,l4\nT0,l6\nT3,l4\nT0,l0\nT1,l2\n",
        );
        files("", "T1,t0\n", "T4,l5\nT5,l1\nT3,l8\nT4\nT5,l3\nT5,l5\nT5,l5\nT5,l2\nT1,l7\nT4,l8\nT1,l5\n,l5\n");
        files(
            "3\n3,l0,n0,0\n10,l1,n1,0\n2,l1,n2,0\n2,l7,n2,\n0,l8,n1,\n10,l5,n2,1\n2,l1,n2,2\n8,,n2,\n2,l8,n1,\n1\n2,l1,n1,0\n4,l7,n0,1\n2,l0,n1,2\n5,l1,n0,2\n",
            "T3,t1\nT3,t0\n",
            "T2,l6\nT3,l7\nT4,l1\nT0,l8\nT1,l6\nT2,l3\nT4,l6\nT4,l4,surplus\nT0,l3\n",
        );
        attempt(&home, &small::synchronize());
        println!("{:?}", held(&home));
    }
}
