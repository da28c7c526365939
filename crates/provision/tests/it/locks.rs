//! One at a time: who holds a lock is told, and it can be cleared on purpose.

use seaworthy_aws::{RestRequest, Service};
use seaworthy_provision::{Approval, Error, only_creates};
use serde_json::json;

use crate::platform::{Platform, whole};

const TOPIC: &str = "resource \"aws_sns_topic\" \"this\" {\n  name = \"counter-staging-a\"\n}\n";

fn put(platform: &Platform, key: &str, id: &str, who: &str, info: &str) {
    let lock = json!({ "ID": id, "Operation": "OperationTypeApply", "Info": info, "Who": who, "Version": "1.12.6",
        "Created": "2026-11-21T12:01:02.5Z", "Path": key });
    let bucket = &platform.target.roots[0].bucket;
    platform
        .client()
        .send(
            Service::S3,
            "PutObject",
            RestRequest {
                method: "PUT",
                bucket: Some(bucket),
                path: &format!("/{key}"),
                body: lock.to_string().as_bytes(),
                ..RestRequest::default()
            },
        )
        .expect("it is written");
}

#[test]
fn a_lock_of_somebody_else_is_told_and_cleared_only_by_its_id() {
    let platform = Platform::new(&[("network", &[], TOPIC)]);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    platform.write("network", &TOPIC.replace("-a", "-b"));
    platform
        .with(|session| session.plan())
        .0
        .expect("nobody is at it");

    for key in ["staging/environment.lock", "staging/network.tfstate.tflock"] {
        put(&platform, key, "6f1c", "grace@harbour", "");
        let apply = || {
            platform
                .with(|session| session.apply(&Approval::default(), &mut only_creates))
                .0
                .map(drop)
        };
        let plan = || platform.with(|session| session.plan()).0.map(drop);
        // A plan that somebody else's apply makes stale is of no use; and the reviewed one must stay.
        for refused in [apply(), plan()] {
            let refused = refused.expect_err("somebody is at it");
            assert!(refused.is_refusal(), "{}", whole(&refused));
            let Error::Locked { holder, .. } = &refused else {
                panic!("{}", whole(&refused));
            };
            assert_eq!(holder.who, "grace@harbour");
            assert!(
                refused
                    .to_string()
                    .contains("since 2026-11-21 12:01:02 UTC"),
                "{refused}"
            );
            assert!(
                refused
                    .hints()
                    .iter()
                    .any(|hint| hint.contains("--unlock 6f1c"))
            );
        }
        let (missing, _) = platform.with(|session| session.unlock("0000"));
        let missing = missing.expect_err("there is no such lock").to_string();
        assert!(
            missing.contains("6f1c"),
            "it names what there is: {missing}"
        );
        let (cleared, _) = platform.with(|session| session.unlock("6f1c"));
        assert_eq!(cleared.expect("it is there").who, "grace@harbour");
        let (nothing, _) = platform.with(|session| session.unlock("6f1c"));
        assert!(nothing.is_err(), "it was cleared");
    }
    let (applied, _) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    assert_eq!(applied.expect("nobody is at it").changed, ["network"]);
    // Nothing is locked when a run has ended.
    let client = platform.client();
    let bucket = client.bucket(&platform.target.roots[0].bucket, platform.account.id());
    let keys = bucket.keys("").expect("it answers");
    assert!(!keys.iter().any(|key| key.ends_with("lock")), "{keys:?}");
}

#[test]
fn the_lock_of_a_run_that_was_killed_in_this_folder_is_taken_over() {
    let platform = Platform::new(&[("network", &[], TOPIC)]);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    platform.write("network", &TOPIC.replace("-a", "-b"));
    platform
        .with(|session| session.plan())
        .0
        .expect("nobody is at it");
    let here = platform.target.folder.display().to_string();
    put(
        &platform,
        "staging/environment.lock",
        "6f1c",
        &platform.who,
        &here,
    );
    let (applied, _) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    let applied = applied.unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert_eq!(applied.changed, ["network"]);
}

#[test]
fn of_two_applies_at_once_one_is_refused_with_the_name_of_the_other() {
    let roots: &[(&str, &[&str], &str)] = &[("network", &[], TOPIC)];
    let platform = Platform::new(roots);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    // Ten seconds to be made: long enough to be met.
    platform.write(
        "network",
        "resource \"aws_vpc\" \"this\" {\n  cidr_block           = \"10.0.0.0/16\"\n  enable_dns_hostnames = true\n}\n",
    );
    platform
        .with(|session| session.plan())
        .0
        .expect("nobody is at it");
    let (other, _folder) = platform.of_somebody_else(roots);
    let log = platform
        .target
        .folder
        .join(".seaworthy/staging/network/apply.log");
    let _ = std::fs::remove_file(&log);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            platform
                .with(|session| session.apply(&Approval::default(), &mut only_creates))
                .0
        });
        let until = std::time::Instant::now() + std::time::Duration::from_mins(4);
        while !std::fs::read_to_string(&log).is_ok_and(|text| text.contains("apply_start")) {
            assert!(
                std::time::Instant::now() < until,
                "the first does not begin"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let (second, _) =
            other.without_a_turn(|session| session.apply(&Approval::default(), &mut only_creates));
        let second = second.expect_err("the first is at it");
        assert!(
            matches!(&second, Error::Locked { holder, .. } if holder.who == "ada@bench"),
            "{}",
            whole(&second)
        );
        let first = first.join().expect("it does not panic");
        assert!(first.is_ok(), "{first:?}");
    });
}
