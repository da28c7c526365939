//! What IAM lists: roles, policies and instance profiles, of the whole account.

use super::elb::{pages, tags};
use super::{Item, Listing, Scope, item};
use crate::{Client, Error, Service};

pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        service: "IAM",
        kind: "role",
        list: |client, scope| list(client, scope, &ROLES),
    },
    Listing {
        service: "IAM",
        kind: "instance profile",
        list: |client, scope| list(client, scope, &PROFILES),
    },
    Listing {
        service: "IAM",
        kind: "policy",
        list: |client, scope| list(client, scope, &POLICIES),
    },
];

/// How IAM lists one kind of thing; lists carry no tags, so only what has a name of ours is asked for them.
struct IamKind {
    kind: &'static str,
    action: &'static str,
    path: &'static str,
    name: &'static str,
    /// The action that gives the tags, its parameter, and where that stands in the list.
    tags: (&'static str, &'static str, &'static str),
}

const ROLES: IamKind = IamKind {
    kind: "role",
    action: "ListRoles",
    path: "ListRolesResult/Roles/member",
    name: "RoleName",
    tags: ("ListRoleTags", "RoleName", "RoleName"),
};
const PROFILES: IamKind = IamKind {
    kind: "instance profile",
    action: "ListInstanceProfiles",
    path: "ListInstanceProfilesResult/InstanceProfiles/member",
    name: "InstanceProfileName",
    tags: (
        "ListInstanceProfileTags",
        "InstanceProfileName",
        "InstanceProfileName",
    ),
};
const POLICIES: IamKind = IamKind {
    kind: "policy",
    action: "ListPolicies",
    path: "ListPoliciesResult/Policies/member",
    name: "PolicyName",
    tags: ("ListPolicyTags", "PolicyArn", "Arn"),
};

fn list(client: &Client, scope: &Scope, kind: &IamKind) -> Result<Vec<Item>, Error> {
    let version = "2010-05-08";
    let found = pages(client, Service::Iam, (kind.action, version), kind.path)?;
    let mut items = Vec::new();
    for element in &found {
        let name = element.text(kind.name);
        if element.text("Arn").contains(":aws:policy/") || scope.by_name(name).is_none() {
            continue;
        }
        let (action, parameter, path) = kind.tags;
        let parameters = [(parameter.to_owned(), element.text(path).to_owned())];
        let tags = match client.query(Service::Iam, (action, version), &parameters) {
            Ok(answer) => tags(&answer, &format!("{action}Result/Tags/member")),
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        if let Some(maker) = scope.maker_by_tags_or_name(&tags, name) {
            items.push(Item {
                arn: Some(element.text("Arn").to_owned()),
                ..item(("IAM", kind.kind), name, &tags, maker)
            });
        }
    }
    Ok(items)
}
