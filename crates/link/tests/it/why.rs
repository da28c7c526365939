//! `why`: chains, and the first link that refuses.

use seaworthy_link::why::{Answer, Unclear, Verdict, why};
use seaworthy_link::{LinkGraph, World};

use crate::worlds::{line, world};

const NETWORK: &str = r#"
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_eks_cluster" "main" {
  name     = "shop"
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc_config {
    subnet_ids = [aws_subnet.private.id]
  }
}
resource "aws_eks_node_group" "main" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "main"
  node_role_arn   = "arn:aws:iam::123456789012:role/nodes"
  subnet_ids      = [aws_subnet.private.id]
}
resource "aws_db_instance" "orders" {
  identifier             = "orders"
  engine                 = "postgres"
  vpc_security_group_ids = [aws_security_group.orders.id]
}
"#;

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  selector:
    matchLabels: { app: api }
  template:
    metadata:
      labels: { app: api }
    spec:
      serviceAccountName: api
      containers:
        - name: api
          image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:latest
          env:
            - name: PASSWORD
              valueFrom:
                secretKeyRef: { name: orders, key: password }
---
apiVersion: v1
kind: Secret
metadata:
  name: orders
  namespace: shop
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: api
  namespace: shop
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/api
";

fn ask(world: &World, from: &str, to: &str) -> Answer {
    let graph = LinkGraph::new(world);
    why(world, &graph, from, to).expect("both are there")
}

/// The answer as lines: verdict, what, file and line.
fn shown(world: &World, answer: &Answer) -> String {
    let mut lines = vec![answer.headline.clone()];
    for step in &answer.steps {
        let mark = match step.verdict {
            Verdict::Yes => "+",
            Verdict::No => "-",
            Verdict::Unknown => "?",
        };
        let place = step.span.map_or(String::new(), |span| line(world, span));
        lines.push(format!("{mark} {} {place}", step.says));
    }
    lines.join("\n")
}

#[test]
fn pods_reach_a_database_that_lets_the_clusters_group_in() {
    let group = r#"
resource "aws_security_group" "orders" {
  ingress {
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_eks_cluster.main.vpc_config[0].cluster_security_group_id]
  }
}
"#;
    let world = world(&[
        ("main.tf", &format!("{NETWORK}{group}")),
        ("api.yaml", DEPLOYMENT),
    ]);
    let answer = ask(&world, "deployment/api", "database/orders");
    assert_eq!(answer.verdict, Verdict::Yes, "{}", shown(&world, &answer));
    assert!(shown(&world, &answer).contains("+ port 5432 is open to the cluster security group"));
}

#[test]
fn pods_do_not_reach_a_database_whose_rule_is_for_others() {
    let group = r#"
resource "aws_security_group" "nodes" {
}
resource "aws_security_group" "orders" {
  ingress {
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.nodes.id]
  }
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"#;
    let world = world(&[
        ("main.tf", &format!("{NETWORK}{group}")),
        ("api.yaml", DEPLOYMENT),
    ]);
    let answer = ask(&world, "deployment/api", "database/orders");
    let shown = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::No, "{shown}");
    assert!(
        shown.contains("open only to `aws_security_group.nodes`"),
        "{shown}"
    );
    assert!(
        shown.contains("- this rule opens port 22, not 5432"),
        "{shown}"
    );
}

#[test]
fn an_address_range_lets_in_whom_it_holds() {
    for (range, verdict) in [
        ("10.0.0.0/16", Verdict::Yes),
        ("10.9.0.0/16", Verdict::No),
        ("10.0.1.128/25", Verdict::Unknown),
    ] {
        let group = format!(
            r#"
resource "aws_security_group" "orders" {{
  ingress {{
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["{range}"]
  }}
}}
"#
        );
        let world = world(&[
            ("main.tf", &format!("{NETWORK}{group}")),
            ("api.yaml", DEPLOYMENT),
        ]);
        let answer = ask(&world, "deployment/api", "orders");
        assert_eq!(
            answer.verdict,
            verdict,
            "{range}: {}",
            shown(&world, &answer)
        );
    }
}

const ROLE: &str = r#"
data "aws_caller_identity" "current" {}

resource "aws_iam_openid_connect_provider" "cluster" {
  url            = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"
  client_id_list = ["sts.amazonaws.com"]
}
resource "aws_iam_role" "api" {
  name = "api"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.cluster.arn }
      Condition = {
        StringEquals = {
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub" = "system:serviceaccount:NAMESPACE:api"
        }
      }
    }]
  })
}
resource "aws_iam_role_policy" "api" {
  role = aws_iam_role.api.name
  policy = jsonencode({
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = "arn:aws:secretsmanager:*:*:secret:orders-*"
    }]
  })
}
resource "aws_secretsmanager_secret" "orders" {
  name = "orders"
}
resource "aws_secretsmanager_secret" "payments" {
  name = "payments"
}
"#;

#[test]
fn pods_read_a_secret_through_their_annotated_account() {
    let world = world(&[
        ("main.tf", &ROLE.replace("NAMESPACE", "shop")),
        ("api.yaml", DEPLOYMENT),
    ]);
    let answer = ask(&world, "workload/api", "cloud-secret/orders");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::Yes, "{said}");
    assert!(
        said.contains("+ the role's trust takes `system:serviceaccount:shop:api`"),
        "{said}"
    );
    let answer = ask(&world, "workload/api", "cloud-secret/payments");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::No, "{said}");
    assert!(said.contains("- no policy of `api` allows"), "{said}");
}

#[test]
fn a_trust_for_another_namespace_refuses() {
    let world = world(&[
        ("main.tf", &ROLE.replace("NAMESPACE", "payments")),
        ("api.yaml", DEPLOYMENT),
    ]);
    let answer = ask(&world, "workload/api", "cloud-secret/orders");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::No, "{said}");
    assert!(
        said.contains("does not take `system:serviceaccount:shop:api`"),
        "{said}"
    );
}

#[test]
fn pods_read_a_secret_through_pod_identity() {
    let identity = r#"
resource "aws_iam_role" "api" {
  name = "api-pods"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
    }]
  })
}
resource "aws_iam_role_policy" "api" {
  role   = aws_iam_role.api.id
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "secretsmanager:*", Resource = "*" }] })
}
resource "aws_eks_pod_identity_association" "api" {
  cluster_name    = "shop"
  namespace       = "shop"
  service_account = "api"
  role_arn        = aws_iam_role.api.arn
}
resource "aws_secretsmanager_secret" "orders" {
  name = "orders"
}
"#;
    let deployment = DEPLOYMENT.replace("eks.amazonaws.com/role-arn", "example.com/note");
    let world = world(&[("main.tf", identity), ("api.yaml", &deployment)]);
    let answer = ask(&world, "workload/api", "cloud-secret/orders");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::Yes, "{said}");
    assert!(
        said.contains("+ Pod Identity gives it role `api-pods`"),
        "{said}"
    );
}

#[test]
fn pods_read_the_secrets_that_they_name_and_no_others() {
    let other = "
apiVersion: v1
kind: Secret
metadata:
  name: payments
  namespace: shop
";
    let world = world(&[("api.yaml", DEPLOYMENT), ("payments.yaml", other)]);
    let answer = ask(&world, "deployment/api", "secret/orders");
    assert_eq!(answer.verdict, Verdict::Yes, "{}", shown(&world, &answer));
    let answer = ask(&world, "deployment/api", "secret/payments");
    assert_eq!(answer.verdict, Verdict::No, "{}", shown(&world, &answer));
}

const WORKFLOW: &str = "
name: release
on:
  push:
    branches: [main]
permissions:
  id-token: write
  contents: read
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::123456789012:role/ci
          aws-region: eu-west-1
      - run: |
          docker build -t 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:${{ github.sha }} .
          docker push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:${{ github.sha }}
";

fn ci_role(subject: &str) -> String {
    format!(
        r#"
resource "aws_iam_openid_connect_provider" "github" {{
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}}
resource "aws_iam_role" "ci" {{
  name = "ci"
  assume_role_policy = jsonencode({{
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = {{ Federated = aws_iam_openid_connect_provider.github.arn }}
      Condition = {{
        StringLike = {{ "token.actions.githubusercontent.com:sub" = "{subject}" }}
      }}
    }}]
  }})
}}
resource "aws_iam_role_policy" "ci" {{
  role   = aws_iam_role.ci.name
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "ecr:PutImage", Resource = "*" }}] }})
}}
"#
    )
}

#[test]
fn a_workflow_takes_a_role_and_may_what_its_policies_allow() {
    let world = world(&[
        ("main.tf", &ci_role("repo:acme/shop:ref:refs/heads/main")),
        (".github/workflows/release.yml", WORKFLOW),
    ]);
    let answer = ask(&world, "workflow/release.yml", "role/ci");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::Yes, "{said}");
    assert!(
        said.contains("its trust takes `repo:acme/shop:ref:refs/heads/main`"),
        "{said}"
    );
    let answer = ask(&world, "workflow/release.yml", "ecr:PutImage");
    assert_eq!(answer.verdict, Verdict::Yes, "{}", shown(&world, &answer));
    let answer = ask(&world, "workflow/release.yml", "eks:CreateCluster");
    assert_eq!(answer.verdict, Verdict::No, "{}", shown(&world, &answer));
}

#[test]
fn a_trust_of_another_branch_or_repository_refuses() {
    for subject in [
        "repo:acme/shop:ref:refs/heads/release",
        "repo:acme/store:*",
        "repo:acme/shop:environment:production",
    ] {
        let world = world(&[
            ("main.tf", &ci_role(subject)),
            (".github/workflows/release.yml", WORKFLOW),
        ]);
        let answer = ask(&world, "workflow/release.yml", "role/ci");
        assert_eq!(answer.verdict, Verdict::No, "{}", shown(&world, &answer));
    }
}

#[test]
fn a_tag_that_is_never_pushed_does_not_reach_the_workload() {
    let pushes_versions = WORKFLOW.replace("${{ github.sha }}", "v${{ github.run_number }}");
    let world = world(&[
        ("api.yaml", DEPLOYMENT),
        (".github/workflows/release.yml", &pushes_versions),
    ]);
    let answer = ask(&world, "image/api", "deployment/api");
    let said = shown(&world, &answer);
    assert_eq!(answer.verdict, Verdict::No, "{said}");
    assert!(said.contains("which is never"), "{said}");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let world = world(&[("api.yaml", DEPLOYMENT)]);
    let graph = LinkGraph::new(&world);
    match why(&world, &graph, "deployment/apis", "secret/orders") {
        Err(Unclear::Nothing { similar, .. }) => assert!(!similar.is_empty()),
        other => panic!("{other:?}"),
    }
}
