//! Which environment a name speaks of.
//!
//! Names of folders, clusters and variables say it in many spellings; two things are held to be of one environment
//! only where both say so.

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Sources, file_name};

const SPELLINGS: [(&str, &str); 19] = [
    ("production", "production"),
    ("prod", "production"),
    ("prd", "production"),
    ("live", "production"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("stg", "staging"),
    ("preprod", "staging"),
    ("preproduction", "staging"),
    ("uat", "uat"),
    ("qa", "qa"),
    ("test", "test"),
    ("testing", "test"),
    ("sandbox", "sandbox"),
    ("development", "development"),
    ("develop", "development"),
    ("dev", "development"),
    ("devel", "development"),
    ("preview", "preview"),
];

/// The environment that a name or path speaks of: `production` for `eks-prod`. The last word that is one counts, so
/// that the nearest folder of a path wins; nothing where there is none.
pub fn of_name(name: &str) -> Option<&'static str> {
    name.rsplit(|c: char| !c.is_ascii_alphanumeric())
        .find_map(|word| {
            let word = word.to_ascii_lowercase();
            let spelled = |(spelling, environment): &(&str, &'static str)| {
                (*spelling == word).then_some(*environment)
            };
            // `prod2` and `dev01` are numbered copies.
            let numbered = word.trim_end_matches(|c: char| c.is_ascii_digit());
            SPELLINGS.iter().find_map(spelled).or_else(|| {
                SPELLINGS.iter().find_map(|(spelling, environment)| {
                    (*spelling == numbered).then_some(*environment)
                })
            })
        })
}

/// The environment of a configuration: what its variables say, else its variable file, else its folder.
pub fn of_root(root: &Root, sources: &Sources) -> Option<&'static str> {
    let said = [
        "environment",
        "env",
        "stage",
        "environment_name",
        "env_name",
    ]
    .iter()
    .find_map(|name| {
        let variable = root
            .variables
            .iter()
            .find(|variable| &*variable.name == *name)?;
        of_name(variable.value.str()?)
    });
    said.or_else(|| of_name(file_name(sources.path(root.variables_file?))))
        .or_else(|| of_name(&root.folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_have_many_spellings() {
        assert_eq!(of_name("operations-k8s-prod"), Some("production"));
        assert_eq!(of_name("clusters/dev/eu"), Some("development"));
        assert_eq!(of_name("envs/STG01"), Some("staging"));
        assert_eq!(of_name("products"), None);
        assert_eq!(of_name("live/test"), Some("test"));
        assert_eq!(of_name(""), None);
    }
}
