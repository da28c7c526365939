//! Who may take a role, and what it may do then.

use seaworthy_facts::{Same, Text, Value};
use seaworthy_link::iam::{Admission, Role, Verdict};

use crate::worlds::{line, world};

const ROLE: &str = r#"
variable "env" {}

resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.env}"
}

data "aws_iam_openid_connect_provider" "cluster" {
  url = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123"
}

resource "aws_iam_role" "shipper" {
  name = "shipper-${var.env}"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = data.aws_iam_openid_connect_provider.cluster.arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringLike = {
        "oidc.eks.eu-west-1.amazonaws.com/id/0123:sub" = "system:serviceaccount:logging:ship*"
      } }
    }]
  })
}

resource "aws_iam_role_policy" "shipper" {
  role = aws_iam_role.shipper.id
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "s3:Put*", Resource = "${aws_s3_bucket.logs.arn}/*" },
      { Effect = "Deny", Action = "s3:PutObjectAcl", Resource = "*" },
    ]
  })
}
"#;

fn with<T>(
    text: &str,
    ask: impl FnOnce(&Role, &dyn Fn(seaworthy_facts::Span) -> String) -> T,
) -> T {
    let world = world(&[("iam.tf", text)]);
    let iam = world.iam();
    assert_eq!(iam.roles.len(), 1, "{:?}", iam.roles);
    ask(&iam.roles[0], &|span| line(&world, span))
}

#[test]
fn a_role_allows_what_a_statement_takes_and_none_denies() {
    with(ROLE, |role, line| {
        let Verdict::Allowed(_, statement) = role.allows("s3:PutObject", None) else {
            panic!("it may put objects somewhere");
        };
        assert_eq!(line(statement.span), "iam.tf:30");
        assert!(matches!(
            role.allows("s3:PutObjectAcl", None),
            Verdict::Denied(Some(_))
        ));
        assert!(matches!(
            role.allows("s3:GetObject", None),
            Verdict::Denied(None)
        ));
        let elsewhere = Text::from("arn:aws:sqs:eu-west-1:111122223333:jobs");
        assert!(!matches!(
            role.allows("s3:PutObject", Some(&elsewhere)),
            Verdict::Allowed(..)
        ));
    });
}

#[test]
fn a_policy_that_was_not_seen_leaves_it_open() {
    let text = format!(
        "{ROLE}
resource \"aws_iam_role_policy_attachment\" \"more\" {{
  role       = aws_iam_role.shipper.name
  policy_arn = \"arn:aws:iam::111122223333:policy/more\"
}}
"
    );
    with(&text, |role, _| {
        assert!(matches!(
            role.allows("s3:GetObject", None),
            Verdict::Unknown
        ));
        assert!(matches!(
            role.allows("s3:PutObject", None),
            Verdict::Allowed(..)
        ));
    });
}

#[test]
fn a_trust_takes_the_accounts_that_its_subjects_take() {
    with(ROLE, |role, _| {
        let takes = |namespace: &str, name: &str| {
            role.trust
                .takes_account(Some(&namespace.into()), &name.into())
        };
        assert_eq!(takes("logging", "shipper"), Admission::Yes);
        assert_eq!(takes("logging", "reader"), Admission::No);
        assert_eq!(takes("default", "shipper"), Admission::No);
        assert_eq!(
            role.trust.takes_account(None, &"shipper".into()),
            Admission::Unknown
        );
        assert_eq!(role.trust.takes_pod_identity(), Admission::No);
    });
}

#[test]
fn a_name_with_a_hole_may_be_another() {
    with(ROLE, |role, _| {
        let called = |arn: &str| role.is_called(&Value::string(arn, role.span));
        assert_eq!(
            called("arn:aws:iam::111122223333:role/shipper-live"),
            Same::Maybe
        );
        assert_eq!(called("arn:aws:iam::111122223333:role/reader"), Same::Never);
    });
}
