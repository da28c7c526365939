//! EKS goes from one minor version of Kubernetes to the next, and never back.

use crate::Error;
use crate::change::{Action, Change};

/// Refuses a change of a cluster's version that EKS refuses as well, after minutes and in other words.
pub(crate) fn check(changes: &[Change]) -> Result<(), Error> {
    for change in changes {
        if change.kind != "aws_eks_cluster" || change.action == Action::Delete {
            continue;
        }
        let version = |value: &Option<String>| value.as_deref().and_then(minor);
        let versions = change
            .attributes
            .iter()
            .find(|attribute| attribute.path == "version")
            .map(|attribute| (version(&attribute.before), version(&attribute.after)));
        let Some((Some(from), Some(to))) = versions else {
            continue;
        };
        if to == from + 1 {
            continue;
        }
        return Err(Error::ClusterVersion {
            address: change.address.clone(),
            from: format!("1.{from}"),
            to: format!("1.{to}"),
            steps: (from + 1..=to)
                .map(|minor| format!("\"1.{minor}\""))
                .collect(),
        });
    }
    Ok(())
}

/// The minor version of `1.33` or `"1.33"`.
fn minor(version: &str) -> Option<u32> {
    version.trim_matches('"').strip_prefix("1.")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AttributeChange;

    fn change(from: &str, to: &str) -> [Change; 1] {
        [Change {
            kind: "aws_eks_cluster".to_owned(),
            address: "module.cluster.aws_eks_cluster.this".to_owned(),
            action: Action::Update,
            attributes: vec![AttributeChange {
                path: "version".to_owned(),
                before: Some(format!("\"{from}\"")),
                after: Some(format!("\"{to}\"")),
                outside: false,
            }],
            ..Change::default()
        }]
    }

    #[test]
    fn one_minor_version_up_is_the_only_way() {
        assert!(check(&change("1.33", "1.34")).is_ok());
        let refused = check(&change("1.33", "1.36")).expect_err("it skips two");
        assert!(
            matches!(&refused, Error::ClusterVersion { steps, .. } if steps == &["\"1.34\"", "\"1.35\"", "\"1.36\""])
        );
        let refused = check(&change("1.34", "1.33")).expect_err("it goes down");
        assert!(matches!(&refused, Error::ClusterVersion { steps, .. } if steps.is_empty()));
    }

    #[test]
    fn a_new_cluster_may_have_any_version() {
        let mut new = change("1.33", "1.36");
        new[0].attributes[0].before = None;
        assert!(check(&new).is_ok());
    }
}
