//! OpenTofu is killed inside a root: what it made and did not record is found, named, and taken over.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use seaworthy_aws::Service;
use seaworthy_provision::{Approval, Error, only_creates};
use seaworthy_testkit::emulator::Account;

use crate::platform::{Platform, myself, whole};

/// The provider waits ten seconds for the attribute of a network that is there at once.
const NETWORK: &str = "resource \"aws_vpc\" \"this\" {\n  cidr_block           = \"10.0.0.0/16\"\n  enable_dns_hostnames = true\n}\n";

/// The process of `tofu apply` in a folder, once its log says that it is creating.
fn wait_for_creation(folder: &Path, log: &Path) -> Pid {
    let until = Instant::now() + Duration::from_mins(4);
    loop {
        assert!(Instant::now() < until, "nothing is being created");
        let begun = fs::read_to_string(log).is_ok_and(|text| text.contains("\"apply_start\""));
        if begun && let Some(pid) = process_in(folder) {
            // The request itself comes right after the line.
            std::thread::sleep(Duration::from_secs(1));
            return pid;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process of `tofu` whose working folder is `folder`.
fn process_in(folder: &Path) -> Option<Pid> {
    let processes = fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|process| {
        let pid: i32 = process.file_name().to_str()?.parse().ok()?;
        let here = fs::read_link(process.path().join("cwd")).ok()?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        let is_apply = command.split(|byte| *byte == 0).nth(1) == Some(b"apply");
        (here == folder && is_apply).then(|| Pid::from_raw(pid))?
    })
}

fn networks(platform: &Platform) -> usize {
    let mine = [
        ("Filter.1.Name".to_owned(), "tag:platform".to_owned()),
        ("Filter.1.Value.1".to_owned(), "counter".to_owned()),
    ];
    let answer = platform
        .client()
        .query(Service::Ec2, ("DescribeVpcs", "2016-11-15"), &mine);
    answer.expect("it answers").all("vpcSet/item").len()
}

#[test]
fn what_a_killed_opentofu_made_is_named_with_its_import_and_taken_over() {
    let topic = "resource \"aws_sns_topic\" \"this\" {\n  name = \"counter-staging-a\"\n}\n";
    let mut platform = Platform::new(&[("edge", &[], topic), ("network", &[], NETWORK)]);
    platform.who = myself();
    let folder = platform
        .folder("network")
        .canonicalize()
        .expect("it is there");
    let log = platform
        .target
        .folder
        .join(".seaworthy/staging/network/apply.log");
    let killed = std::thread::scope(|scope| {
        let apply = scope.spawn(|| platform.apply());
        let pid = wait_for_creation(&folder, &log);
        kill_process(pid, Signal::KILL).expect("it is ours");
        apply.join().expect("it does not panic")
    });
    assert!(matches!(killed, Err(Error::Tofu { .. })), "{killed:?}");
    assert_eq!(networks(&platform), 1);
    pretend_we_died_too(&platform);

    let (refused, told) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    let refused = refused.expect_err("a network is in no state");
    let Error::Orphans { orphans, .. } = &refused else {
        panic!("{}", whole(&refused));
    };
    assert!(
        told.iter()
            .any(|told| told.contains("interrupted in `network`")),
        "{told:?}"
    );
    let text = orphans[0].to_string();
    assert!(
        text.starts_with("tofu -chdir=infra/staging/network import 'aws_vpc.this' 'vpc-"),
        "{text}"
    );
    assert_eq!(orphans.len(), 1, "{orphans:?}");

    let import = Approval {
        import: true,
        ..Approval::default()
    };
    let (resumed, _) = platform.with(|session| session.apply(&import, &mut only_creates));
    resumed.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(
        networks(&platform),
        1,
        "it was taken over and not made again"
    );
    let (plan, _) = platform.with(|session| session.plan());
    let plan = plan.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(
        plan.is_empty(),
        "{}",
        seaworthy_provision::summary::text(&plan)
    );
}

/// Takes the line away that this process wrote after its OpenTofu was gone, as if it had been killed as well.
fn pretend_we_died_too(platform: &Platform) {
    let journal = platform
        .target
        .folder
        .join(".seaworthy/staging/journal.jsonl");
    let text = fs::read_to_string(&journal).expect("it is there");
    let (kept, last) = text.trim_end().rsplit_once('\n').expect("it has lines");
    assert!(last.contains("\"failed\""), "{last}");
    fs::write(&journal, format!("{kept}\n")).expect("it is written");
}

const ROOTS: &[(&str, &[&str], &str)] = &[
    (
        "network",
        &[],
        "resource \"aws_vpc\" \"this\" {\n  cidr_block           = \"10.0.0.0/16\"\n  enable_dns_hostnames = true\n}\n\n\
         output \"vpc_id\" {\n  value = aws_vpc.this.id\n}\n",
    ),
    (
        "data",
        &["network"],
        "resource \"aws_sns_topic\" \"this\" {\n  count = 5\n  name  = \"counter-staging-${count.index}\"\n  \
         display_name = data.terraform_remote_state.network.outputs.vpc_id\n}\n",
    ),
];

/// How often the run is killed.
const KILLS: u64 = 20;

/// The variable that makes the next test a run to be killed: the folder, the emulator's address, the account.
const RUN: &str = "SEAWORTHY_TEST_RUN";

/// Does nothing by itself: the test below starts it as a process of its own.
#[test]
fn a_run_to_be_killed() {
    let Ok(run) = std::env::var(RUN) else {
        return;
    };
    let parts: Vec<&str> = run.split(' ').collect();
    let account = Account::at(parts[1], parts[2]);
    let mut platform = Platform::at(parts[0].into(), account, ROOTS);
    platform.who = myself();
    assert!(!platform.owns_its_folder(), "the next run needs it");
    let (applied, _) = platform.with(|session| {
        // As the command line does: what was reviewed before an interruption is not planned again.
        session.recover(&Approval::default())?;
        if session.reviewed()? == seaworthy_provision::Reviewed::Nothing {
            session.plan()?;
        }
        session.apply(&Approval::default(), &mut only_creates)
    });
    applied.unwrap_or_else(|error| panic!("{}", whole(&error)));
}

#[test]
fn a_run_that_is_killed_at_twenty_random_moments_comes_to_the_same_end() {
    let mut platform = Platform::new(ROOTS);
    platform.who = myself();
    let run = format!(
        "{} {} {}",
        platform.target.folder.display(),
        platform.account.endpoint(),
        platform.account.id()
    );
    let start = || {
        Command::new(std::env::current_exe().expect("it runs"))
            .args(["--exact", "interrupted::a_run_to_be_killed"])
            .env(RUN, &run)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    };
    let mut seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is later")
        .as_secs();
    let first_seed = seed;
    let mut killed = 0;
    for _ in 0..KILLS {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mut run = start();
        std::thread::sleep(Duration::from_millis((seed >> 33) % 8_000));
        if run.try_wait().expect("it can be asked").is_none() {
            killed += 1;
        }
        run.kill().expect("it is ours");
        run.wait().expect("it ends");
    }
    assert!(killed > 2, "it was killed {killed} times");
    let end = start().wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&end.stdout);
    assert!(end.status.success(), "seed {first_seed}: {said}");

    assert_eq!(networks(&platform), 1);
    let topics = platform
        .client()
        .query(Service::Sns, ("ListTopics", "2010-03-31"), &[]);
    let topics = topics.expect("it answers");
    assert_eq!(topics.all("ListTopicsResult/Topics/member").len(), 5);
    let (plan, _) = platform.with(|session| session.plan());
    let plan = plan.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(
        plan.is_empty(),
        "{}",
        seaworthy_provision::summary::text(&plan)
    );
}
