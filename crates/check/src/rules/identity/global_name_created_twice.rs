//! Two configurations that make one name which an account has once.

use std::collections::{BTreeSet, HashMap};

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::iam::Issuer;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "global-name-created-twice",
    severity: Severity::Breaks,
    page: include_str!("global-name-created-twice.md"),
    check,
};

/// Something whose name an account has once.
#[derive(Debug)]
struct Claim {
    root: usize,
    /// `role`, `policy`.
    what: &'static str,
    name: String,
    /// Where the name was first written, if not in place.
    written: Option<Span>,
    /// The resource, or the outermost call of a module in the root that brings it.
    place: Span,
}

/// The two places that make names twice, and the names.
type Pair<'a> = (Span, Span, Vec<(&'a Claim, &'a Claim)>);

/// As many twins of a name are looked at.
const MOST: usize = 32;

/// Resources whose names are one to an account, with the attribute.
const NAMED: [(&str, &str, &str); 5] = [
    ("aws_iam_role", "name", "role"),
    ("aws_iam_policy", "name", "policy"),
    ("aws_iam_user", "name", "user"),
    ("aws_iam_group", "name", "group"),
    ("aws_iam_instance_profile", "name", "instance profile"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let claims = claims(world);
    let roots = &world.facts.terraform.roots;
    let accounts: Vec<BTreeSet<String>> = roots.iter().map(accounts).collect();
    let mut by_name: HashMap<(&str, &str), Vec<&Claim>> = HashMap::new();
    for claim in &claims {
        by_name
            .entry((claim.what, &claim.name))
            .or_default()
            .push(claim);
    }
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for second in &claims {
        // One twin is enough to say it: the first that is made elsewhere in the same account.
        let twin = by_name[&(second.what, second.name.as_str())]
            .iter()
            .take_while(|first| first.root < second.root)
            .take(MOST)
            .find(|first| {
                let (one, other) = (&roots[first.root], &roots[second.root]);
                one.folder != other.folder
                    && accounts[first.root].len() == 1
                    && accounts[first.root] == accounts[second.root]
                    && !is_example(&one.folder)
                    && !is_example(&other.folder)
            });
        let Some(first) = twin else { continue };
        match pairs
            .iter_mut()
            .find(|(a, b, _)| *a == first.place && *b == second.place)
        {
            Some((.., both)) => both.push((first, second)),
            None => pairs.push((first.place, second.place, vec![(first, second)])),
        }
    }
    for (first, second, both) in pairs {
        let (one, other) = (&roots[both[0].0.root].folder, &roots[both[0].1.root].folder);
        let account = accounts[both[0].0.root]
            .iter()
            .next()
            .cloned()
            .unwrap_or_default();
        let names: Vec<String> = both
            .iter()
            .map(|(claim, _)| format!("{} `{}`", claim.what, claim.name))
            .collect();
        let mut finding = Finding::new(format!(
            "`{one}` and `{other}` both make {} in account `{account}`: the second apply fails",
            names.join(" and ")
        ))
        .at(second, "made a second time")
        .and(first, "made here as well")
        .hint("make it once and look it up in the other, or put the environment into its name")
        .about(names);
        // The same default may name both.
        let mut written: Vec<(Span, &str)> = Vec::new();
        for side in both.iter().flat_map(|(claim, twin)| [claim, twin]) {
            if let Some(span) = side.written
                && written.iter().all(|(known, _)| *known != span)
            {
                written.push((span, side.what));
            }
        }
        for (span, what) in written {
            finding = finding.and(span, format!("the name of the {what}"));
        }
        findings.push(
            finding
                .assume(format!(
                    "both are applied to account `{account}`, the only one that either names"
                ))
                .confidence(Confidence::Likely),
        );
    }
}

fn claims(world: &World) -> Vec<Claim> {
    let iam = world.iam();
    let mut claims = Vec::new();
    for (index, root) in world.facts.terraform.roots.iter().enumerate() {
        for (kind, attribute, what) in NAMED {
            for resource in root.resources(kind) {
                if let Some(name) = resource.at(attribute)
                    && let Some(text) = name.str().filter(|text| !text.is_empty())
                {
                    claims.push(Claim {
                        root: index,
                        what,
                        name: text.to_owned(),
                        written: name.trail.origin(),
                        place: place(root, resource),
                    });
                }
            }
        }
        for role in iam.roles.iter().filter(|role| role.root == index) {
            if let (Some(_), Some(name)) = (&role.module, role.name.literal()) {
                claims.push(Claim {
                    root: index,
                    what: "role",
                    name: name.to_owned(),
                    written: role.name_origin,
                    place: outermost(root, &role.address, role.span),
                });
            }
        }
        for provider in iam
            .providers
            .iter()
            .filter(|provider| provider.root == index)
        {
            if provider.made && provider.issuer == Issuer::GitHub {
                claims.push(Claim {
                    root: index,
                    what: "identity provider",
                    name: "token.actions.githubusercontent.com".to_owned(),
                    written: None,
                    place: outermost(root, &provider.address, provider.span),
                });
            }
        }
    }
    claims
}

fn place(root: &Root, resource: &Resource) -> Span {
    outermost(root, &resource.address, resource.span)
}

/// The header of the call in the root itself through which an address comes; for what stands in the root, its own.
fn outermost(root: &Root, address: &str, own: Span) -> Span {
    let call = root.calls.iter().find(|call| {
        call.address.matches("module.").count() == 1
            && address
                .strip_prefix(&*call.address)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
    });
    call.map_or(own, |call| call.span)
}

/// The accounts that a root names: in ARNs, in registries, in `allowed_account_ids`. Those of AWS itself are not its.
fn accounts(root: &Root) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let aws = || root.providers.iter().filter(|own| &*own.name == "aws");
    let bodies = root.resources.iter().map(|resource| &resource.body);
    let arguments = root.calls.iter().map(|call| &call.arguments);
    for value in bodies.chain(arguments).chain(aws().map(|own| &own.body)) {
        value.walk(&mut |inner| {
            if let Some(id) = inner.str().and_then(account) {
                found.insert(id.to_owned());
            }
        });
    }
    for provider in aws() {
        let allowed = provider.body.get("allowed_account_ids");
        for id in allowed.map_or(&[][..], Value::each) {
            found.extend(id.scalar().filter(|id| is_account(id)));
        }
    }
    found
}

/// The account in an ARN or in the name of a registry.
fn account(text: &str) -> Option<&str> {
    let id = if text.starts_with("arn:aws") {
        text.split(':').nth(4)?
    } else {
        text.split_once(".dkr.ecr.")?.0
    };
    is_account(id).then_some(id)
}

/// Accounts of AWS that own images, log deliveries and the like.
const OF_AWS: [&str; 8] = [
    "602401143452",
    "127311923021",
    "797873946194",
    "156460612806",
    "009996457667",
    "898466741470",
    "054676820928",
    "763104351884",
];

fn is_account(text: &str) -> bool {
    text.len() == 12
        && text.bytes().all(|b| b.is_ascii_digit())
        && text != "123456789012"
        && !OF_AWS.contains(&text)
}

/// Folders that show how something is used: nobody applies two of them.
fn is_example(folder: &str) -> bool {
    folder.split('/').any(|part| {
        matches!(
            part,
            "example"
                | "examples"
                | "test"
                | "tests"
                | "fixtures"
                | "samples"
                | "patterns"
                | "demo"
                | "demos"
                | "lesson"
                | "lessons"
                | "tutorial"
                | "tutorials"
                | "labs"
                | "workshop"
                | "exercises"
        )
    })
}
