//! The evaluation by itself: a trust that is too wide lets the near misses in.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{GITHUB, Request, allows, near_misses};

pub(crate) fn trials() -> [Trial; 2] {
    let planted = Trial::test("planted_fault_10_a_trust_of_any_branch_is_noticed", || {
        let subject = format!("{GITHUB}:sub");
        for (operator, values) in [
            ("StringLike", json!("repo:acme/counter:*")),
            ("StringLike", json!("repo:acme/*:environment:production")),
            (
                "StringEquals",
                json!([
                    "repo:acme/counter:environment:production",
                    "repo:acme/counter:ref:refs/heads/main"
                ]),
            ),
        ] {
            let trust = json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": { "Federated": "provider" }, "Condition": { operator: { &subject: values } } }] });
            let lets_in = |claim: &str| {
                allows(
                    &trust,
                    &Request {
                        action: "sts:AssumeRoleWithWebIdentity",
                        principal: ("Federated", "provider".to_owned()),
                        context: BTreeMap::from([(subject.clone(), claim.to_owned())]),
                    },
                )
            };
            let near = near_misses("acme", "counter", "production");
            assert!(
                near.iter().any(|claim| lets_in(claim)),
                "nobody notices {trust}"
            );
        }
        Ok(())
    });
    let evaluated = Trial::test("trust_is_evaluated_as_aws_does", || {
        let trust = |condition: Value| {
            json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": { "Federated": "provider" }, "Condition": condition }] })
        };
        let request = |subject: &str| Request {
            action: "sts:AssumeRoleWithWebIdentity",
            principal: ("Federated", "provider".to_owned()),
            context: BTreeMap::from([(format!("{GITHUB}:sub"), subject.to_owned())]),
        };
        let wide =
            trust(json!({ "StringLike": { format!("{GITHUB}:sub"): "repo:acme/counter*" } }));
        assert!(allows(
            &wide,
            &request("repo:acme/counter-fork:pull_request")
        ));
        assert!(!allows(&wide, &request("repo:acme/count")));
        let exact =
            trust(json!({ "StringEquals": { format!("{GITHUB}:sub"): ["repo:acme/counter:x"] } }));
        assert!(allows(&exact, &request("repo:acme/counter:x")));
        assert!(!allows(&exact, &request("repo:acme/counter:*")));
        let audience =
            trust(json!({ "StringEquals": { format!("{GITHUB}:aud"): "sts.amazonaws.com" } }));
        assert!(!allows(&audience, &request("repo:acme/counter:x")));
        let denied = json!({ "Statement": [wide["Statement"][0], { "Effect": "Deny", "Action": "sts:*",
            "Principal": { "Federated": "provider" } }] });
        assert!(!allows(&denied, &request("repo:acme/counter:x")));
        Ok(())
    });
    [planted, evaluated]
}
