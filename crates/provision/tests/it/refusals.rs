//! What is refused before anything is changed.

use seaworthy_aws::Service;
use seaworthy_provision::{Approval, Error, Reviewed, only_creates, refuse_losses};

use crate::platform::{Platform, REGION, whole};

const TOPIC: &str = "resource \"aws_sns_topic\" \"this\" {\n  name = \"counter-staging-a\"\n}\n";

#[test]
fn another_account_or_region_is_refused_before_anything_else() {
    let mut platform = Platform::new(&[("network", &[], TOPIC)]);
    // Even the programs and the tree are not looked at.
    std::fs::remove_dir_all(platform.folder("network")).expect("it is there");
    let found = platform.account.id().to_owned();
    platform.target.account = "222222222222".to_owned();
    let refused = platform
        .with(|session| session.plan())
        .0
        .expect_err("it is another");
    assert!(matches!(&refused, Error::WrongAccount { found: f, .. } if *f == found));
    assert!(refused.is_refusal());
    platform.target.account = found;
    platform.target.region = "eu-central-1".to_owned();
    let refused = platform
        .with(|session| session.plan())
        .0
        .expect_err("it is another");
    assert!(
        matches!(&refused, Error::WrongRegion { found, setting, .. } if found == REGION && setting == "`AWS_REGION`")
    );
    platform.target.region = REGION.to_owned();
    let missing = platform
        .with(|session| session.plan())
        .0
        .expect_err("a root is gone");
    assert!(matches!(missing, Error::FindRoot { .. }), "{missing}");
}

#[test]
fn a_protected_environment_is_not_destroyed() {
    let mut platform = Platform::new(&[("network", &[], TOPIC)]);
    platform.target.protected = true;
    let refused = platform
        .with(|session| session.destroy())
        .0
        .expect_err("it is protected");
    assert!(matches!(refused, Error::Protected { .. }));
    assert!(refused.hints()[0].contains("environments.staging.protected: false"));
}

#[test]
fn what_was_reviewed_is_applied_and_nothing_else() {
    let platform = Platform::new(&[("network", &[], TOPIC)]);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));

    // The files change after the review: the saved plan no longer holds.
    platform.write("network", &TOPIC.replace("-a", "-b"));
    platform
        .with(|session| session.plan())
        .0
        .expect("it can be planned");
    platform.write("network", &TOPIC.replace("-a", "-c"));
    let reviewed = platform
        .with(|session| session.reviewed())
        .0
        .expect("it can be read");
    assert!(matches!(reviewed, Reviewed::Stale { why, .. } if why.contains("files")));
    let (refused, _) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    let refused = refused.expect_err("a replacement was never reviewed");
    assert!(matches!(refused, Error::NotReviewed { .. }), "{refused}");

    // The state changes after the review: OpenTofu itself sees it.
    let (plan, _) = platform.with(|session| session.plan());
    assert_eq!(plan.expect("it can be planned").changes().count(), 1);
    let saved = tempfile::tempdir().expect("a folder");
    copy_plan(&platform, saved.path());
    let (applied, _) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    assert_eq!(applied.expect("it was reviewed").changed, ["network"]);
    restore_plan(&platform, saved.path());
    let (refused, _) =
        platform.with(|session| session.apply(&Approval::default(), &mut only_creates));
    let refused = refused.expect_err("the plan was applied already");
    assert!(
        matches!(&refused, Error::NotReviewed { why, .. } if why.contains("state")),
        "{}",
        whole(&refused)
    );
}

fn plan_files(platform: &Platform) -> [std::path::PathBuf; 2] {
    let folder = platform.target.folder.join(".seaworthy/staging/network");
    ["plan.tfplan", "review.json"].map(|file| folder.join(file))
}

fn copy_plan(platform: &Platform, to: &std::path::Path) {
    for file in plan_files(platform) {
        std::fs::copy(&file, to.join(file.file_name().expect("it has a name"))).expect("a copy");
    }
}

fn restore_plan(platform: &Platform, from: &std::path::Path) {
    for file in plan_files(platform) {
        std::fs::copy(from.join(file.file_name().expect("it has a name")), &file).expect("a copy");
    }
}

#[test]
fn a_replacement_that_loses_content_is_refused_unless_it_is_named() {
    let bucket = |name: &str| {
        format!(
            "resource \"aws_s3_bucket\" \"this\" {{\n  bucket = \"counter-staging-{name}\"\n}}\n"
        )
    };
    let platform = Platform::new(&[("data", &[], &bucket("one"))]);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    platform.write("data", &bucket("two"));
    let (plan, _) = platform.with(|session| session.plan());
    let plan = plan.expect("it can be planned");
    let refused = refuse_losses(&plan, &Approval::default()).expect_err("it is not named");
    assert!(
        matches!(&refused, Error::Stateful { addresses } if addresses == &["aws_s3_bucket.this"])
    );
    assert!(refused.hints()[0].contains("--allow 'aws_s3_bucket.this'"));
    // Also where nobody looked at the plan first.
    let unnamed = platform
        .with(|session| session.apply(&Approval::default(), &mut only_creates))
        .0;
    assert!(
        matches!(unnamed, Err(Error::Stateful { .. })),
        "{unnamed:?}"
    );
    assert!(
        platform
            .client()
            .bucket_names()
            .expect("it answers")
            .contains(&"counter-staging-one".to_owned())
    );

    let named = Approval {
        allowed: vec!["aws_s3_bucket.this".to_owned()],
        ..Approval::default()
    };
    refuse_losses(&plan, &named).expect("it is named");
    let (applied, _) = platform.with(|session| session.apply(&named, &mut only_creates));
    assert_eq!(applied.expect("it is named").changed, ["data"]);
}

#[test]
fn what_opentofu_says_is_told_with_its_place() {
    let platform = Platform::new(&[("network", &[], TOPIC)]);
    platform
        .apply()
        .unwrap_or_else(|error| panic!("{}", whole(&error)));
    platform.write(
        "network",
        "resource \"aws_sns_topic\" \"this\" {\n  nme = \"a\"\n}\n",
    );
    let failed = platform
        .with(|session| session.plan())
        .0
        .expect_err("it is wrong");
    let Error::Tofu {
        diagnostics, log, ..
    } = &failed
    else {
        panic!("{}", whole(&failed));
    };
    assert!(
        diagnostics[0].starts_with("main.tf:2: Unsupported argument"),
        "{diagnostics:?}"
    );
    assert!(log.exists());
    // The client is the same for every service: nothing was made meanwhile.
    let topics = platform
        .client()
        .query(Service::Sns, ("ListTopics", "2010-03-31"), &[]);
    assert_eq!(
        topics
            .expect("it answers")
            .all("ListTopicsResult/Topics/member")
            .len(),
        1
    );
}
