//! Expressions, functions, resources.

use crate::{evaluated, read};

#[test]
fn functions_give_what_the_language_gives() {
    for (expression, expected) in [
        ("1 + 2 * 3", "7"),
        ("1.30", "1.30"),
        ("format(\"%s-%03d\", \"a\", 7)", "a-007"),
        ("join(\"-\", [\"a\", \"b\"])", "a-b"),
        ("split(\",\", \"a,b\")", "[a, b]"),
        ("replace(\"a.b.c\", \".\", \"-\")", "a-b-c"),
        ("replace(\"abc1\", \"/[0-9]/\", \"\")", "abc"),
        ("title(\"my app\")", "My App"),
        ("substr(\"hello\", 1, 3)", "ell"),
        ("concat([1], [2])", "[1, 2]"),
        ("merge({ a = 1, b = 2 }, { b = 3 })", "{a = 1, b = 3}"),
        ("lookup({ a = 1 }, \"b\", 9)", "9"),
        ("element([\"a\", \"b\"], 3)", "b"),
        ("keys({ b = 1, a = 2 })", "[a, b]"),
        ("flatten([[1], [2, [3]]])", "[1, 2, 3]"),
        ("distinct([1, 2, 1])", "[1, 2]"),
        ("compact([\"a\", \"\", null])", "[a]"),
        ("contains([\"a\"], \"a\")", "true"),
        ("range(3)", "[0, 1, 2]"),
        ("zipmap([\"a\"], [1])", "{a = 1}"),
        ("setproduct([\"a\", \"b\"], [1])", "[[a, 1], [b, 1]]"),
        ("cidrsubnet(\"10.0.0.0/16\", 8, 2)", "10.0.2.0/24"),
        (
            "cidrsubnets(\"10.0.0.0/16\", 8, 4)",
            "[10.0.0.0/24, 10.0.16.0/20]",
        ),
        ("cidrhost(\"10.0.0.0/24\", 5)", "10.0.0.5"),
        ("jsondecode(jsonencode({ a = [1] })).a[0]", "1"),
        ("base64decode(base64encode(\"hi\"))", "hi"),
        ("try(null.x, \"b\")", "b"),
        ("can(tonumber(\"x\").y)", "false"),
        ("coalesce(null, \"\", \"x\")", "x"),
        ("one([\"a\"])", "a"),
        ("regex(\"v([0-9]+)\", \"v12\")", "[12]"),
        (
            "[for i, x in [\"a\", \"b\"] : \"${i}${x}\" if x != \"a\"]",
            "[1b]",
        ),
        ("{ for k, v in { a = 1 } : upper(k) => v }", "{A = 1}"),
        (
            "{ for x in [\"aa\", \"ab\"] : substr(x, 0, 1) => x... }",
            "{a = [aa, ab]}",
        ),
        ("[{ a = 1 }, { a = 2 }][*].a", "[1, 2]"),
        ("true ? \"yes\" : \"no\"", "yes"),
        ("\"%{ for x in [1, 2] }<${x}>%{ endfor }\"", "<1><2>"),
        (
            "startswith(\"abc\", \"ab\") && !endswith(\"abc\", \"b\")",
            "true",
        ),
        ("max(1, 5, 3)", "5"),
        ("sort([\"b\", \"a\"])", "[a, b]"),
        ("slice([1, 2, 3], 1, 3)", "[2, 3]"),
    ] {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
}

#[test]
fn names_are_built_and_say_where_they_came_from() {
    let read = read(&[(
        "main.tf",
        r#"
variable "env" {
  default = "prod"
}
locals {
  prefix = "shop-${var.env}"
}
resource "aws_iam_role" "api" {
  name = "${local.prefix}-api"
}
resource "aws_iam_role_policy_attachment" "api" {
  role       = aws_iam_role.api.name
  policy_arn = aws_iam_policy.api.arn
}
resource "aws_iam_policy" "api" {}
"#,
    )]);
    assert_eq!(read.at("aws_iam_role.api", "name"), "shop-prod-api");
    let role = read
        .resource("aws_iam_role_policy_attachment.api")
        .at("role")
        .unwrap();
    assert_eq!(role.str(), Some("shop-prod-api"));
    assert_eq!(read.sources.slice(role.span), "aws_iam_role.api.name");
    assert_eq!(read.sources.slice(role.trail.origin().unwrap()), "\"prod\"");
    let policy = read
        .resource("aws_iam_role_policy_attachment.api")
        .at("policy_arn")
        .unwrap();
    assert!(policy.refers_to("aws_iam_policy.api"));
}

#[test]
fn what_is_not_known_stays_a_hole() {
    let read = read(&[(
        "main.tf",
        r#"
variable "region" {}
variable "big" {
  type = bool
}
resource "aws_x" "x" {
  name   = "logs-${var.region}"
  choice = var.big ? "large" : "small"
  size   = length(var.unknown_list)
  lower  = lower("A-${var.region}")
  after  = replace(aws_eks_cluster.c.identity[0].oidc[0].issuer, "https://", "")
  three  = length(slice(data.aws_availability_zones.all.names, 0, 3))
}
variable "unknown_list" {}
resource "aws_eks_cluster" "c" {
  name = "c"
}
data "aws_availability_zones" "all" {}
"#,
    )]);
    assert_eq!(read.at("aws_x.x", "name"), "logs-${var.region}");
    assert_eq!(read.at("aws_x.x", "lower"), "a-${lower(var.region)}");
    assert_eq!(read.at("aws_x.x", "three"), "3");
    assert_eq!(
        read.at("aws_x.x", "after"),
        "${aws_eks_cluster.c.identity[0].oidc[0].issuer}"
    );
    let choice = read
        .resource("aws_x.x")
        .at("choice")
        .unwrap()
        .text()
        .unwrap();
    assert!(choice.can_be("large") && choice.can_be("small") && !choice.can_be("medium"));
    assert!(read.resource("aws_x.x").at("size").unwrap().is_unknown());
}

#[test]
fn count_for_each_and_dynamic_blocks_are_expanded() {
    let read = read(&[(
        "main.tf",
        r#"
resource "aws_subnet" "s" {
  for_each   = { b = 1, a = 2 }
  cidr_block = cidrsubnet("10.0.0.0/16", 8, each.value)
  tags       = { Name = each.key }
}
resource "aws_x" "none" {
  count = 0
}
resource "aws_x" "some" {
  count = 2
  name  = "x-${count.index}"
}
resource "aws_x" "maybe" {
  count = var.enabled ? 1 : 0
}
variable "enabled" {}
resource "aws_security_group" "g" {
  dynamic "ingress" {
    for_each = [80, 443]
    iterator = port
    content {
      from_port = port.value
    }
  }
}
resource "aws_y" "y" {
  ids   = [for s in aws_subnet.s : s.id]
  cidrs = values(aws_subnet.s)[*].cidr_block
}
"#,
    )]);
    assert_eq!(read.at("aws_subnet.s[\"a\"]", "cidr_block"), "10.0.2.0/24");
    assert_eq!(read.at("aws_x.some[1]", "name"), "x-1");
    assert!(read.root().find("aws_x.none").is_none());
    assert!(matches!(
        read.resource("aws_x.maybe").key,
        Some(seaworthy_facts::terraform::InstanceKey::Unknown)
    ));
    assert_eq!(
        read.at("aws_security_group.g", "ingress.1.from_port"),
        "443"
    );
    assert_eq!(
        crate::shown(read.resource("aws_y.y").at("cidrs").unwrap()),
        "[10.0.2.0/24, 10.0.1.0/24]"
    );
    assert_eq!(
        crate::shown(read.resource("aws_y.y").at("ids").unwrap()),
        "[${aws_subnet.s[\"a\"].id}, ${aws_subnet.s[\"b\"].id}]"
    );
}

#[test]
fn a_policy_reads_the_same_however_it_is_written() {
    let read = read(&[
        (
            "main.tf",
            r#"
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["y"]
    }
  }
}
resource "aws_s3_bucket" "b" {
  bucket = "b"
}
resource "aws_p" "data" {
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_p" "encoded" {
  policy = jsonencode({ Statement = [{ Action = ["s3:GetObject"] }] })
}
resource "aws_p" "heredoc" {
  policy = <<-EOT
    {
      "Statement": [
        {
          "Action": ["s3:GetObject"],
          "Resource": "${aws_s3_bucket.b.arn}/*"
        }
      ]
    }
  EOT
}
resource "aws_p" "file" {
  policy = file("${path.module}/policy.json")
}
"#,
        ),
        (
            "policy.json",
            "{\n  \"Statement\": [{\"Action\": [\"s3:GetObject\"]}]\n}\n",
        ),
    ]);
    for name in ["data", "encoded", "heredoc", "file"] {
        let action = read
            .resource(&format!("aws_p.{name}"))
            .at("policy.Statement.0.Action.0")
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!(action.str(), Some("s3:GetObject"), "{name}");
        assert_eq!(
            read.sources.slice(action.span),
            "\"s3:GetObject\"",
            "{name}"
        );
    }
    assert_eq!(
        read.at("aws_p.heredoc", "policy.Statement.0.Resource"),
        "${aws_s3_bucket.b.arn}/*"
    );
    let document = read.resource("aws_p.data").at("policy").unwrap();
    assert_eq!(
        document
            .at("Statement.0.Principal.Service.0")
            .unwrap()
            .str(),
        Some("ec2.amazonaws.com")
    );
    let condition = document.at("Statement.0.Condition").unwrap();
    assert_eq!(
        condition
            .get("StringEquals")
            .unwrap()
            .get("aws:x")
            .unwrap()
            .items()[0]
            .str(),
        Some("y")
    );
}

#[test]
fn optional_attributes_get_their_defaults() {
    let read = read(&[(
        "main.tf",
        r#"
variable "apps" {
  type = map(object({
    port = optional(number, 8080)
    name = string
  }))
  default = { a = { name = "x" } }
}
resource "aws_x" "x" {
  for_each = var.apps
  port     = each.value.port
}
"#,
    )]);
    assert_eq!(read.at("aws_x.x[\"a\"]", "port"), "8080");
}
