//! Modules: local, fetched, known by a summary, not seen.

use crate::read;

#[test]
fn arguments_and_outputs_go_through_local_modules() {
    let read = read(&[
        (
            "main.tf",
            r#"
module "net" {
  source = "./net"
  cidr   = "10.1.0.0/16"
}
module "app" {
  source   = "./app"
  for_each = toset(["a", "b"])
  name     = each.key
  subnet   = module.net.first
}
resource "aws_x" "x" {
  of = module.app["b"].name
}
"#,
        ),
        (
            "net/main.tf",
            "variable \"cidr\" {}\noutput \"first\" {\n  value = cidrsubnet(var.cidr, 8, 0)\n}\n",
        ),
        (
            "app/main.tf",
            "variable \"name\" {}\nvariable \"subnet\" {}\nresource \"aws_y\" \"y\" {\n  name = \"app-${var.name}\"\n  subnet = var.subnet\n}\noutput \"name\" {\n  value = aws_y.y.name\n}\n",
        ),
    ]);
    assert_eq!(read.at("module.app[\"b\"].aws_y.y", "name"), "app-b");
    assert_eq!(
        read.at("module.app[\"a\"].aws_y.y", "subnet"),
        "10.1.0.0/24"
    );
    assert_eq!(read.at("aws_x.x", "of"), "app-b");
    let subnet = read
        .resource("module.app[\"a\"].aws_y.y")
        .at("subnet")
        .unwrap();
    let steps: Vec<&str> = subnet
        .trail
        .steps()
        .map(|step| read.sources.slice(step.span))
        .collect();
    assert_eq!(steps.first(), Some(&"module.net.first"));
    assert_eq!(steps.last(), Some(&"\"10.1.0.0/16\""));
}

#[test]
fn fetched_modules_are_found_through_their_list() {
    let read = read(&[
        (
            "infra/main.tf",
            "module \"q\" {\n  source = \"someone/queue/aws\"\n  name = \"jobs\"\n}\n",
        ),
        (
            "infra/.terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"","Dir":"."},{"Key":"q","Source":"registry/someone/queue/aws","Version":"1.0.0","Dir":".terraform/modules/q"}]}"#,
        ),
        (
            "infra/.terraform/modules/q/main.tf",
            "variable \"name\" {}\nresource \"aws_sqs_queue\" \"this\" {\n  name = var.name\n}\n",
        ),
    ]);
    assert_eq!(read.at("module.q.aws_sqs_queue.this", "name"), "jobs");
    assert!(read.facts.unseen.is_empty());
    assert!(
        read.facts
            .terraform
            .modules
            .iter()
            .any(|module| module.vendored)
    );
}

#[test]
fn a_summary_makes_what_the_module_would_make() {
    let read = read(&[(
        "main.tf",
        r#"
module "vpc" {
  source          = "terraform-aws-modules/vpc/aws"
  version         = "~> 5.0"
  name            = "shop"
  cidr            = "10.0.0.0/16"
  azs             = ["eu-west-1a", "eu-west-1b"]
  private_subnets = ["10.0.1.0/24", "10.0.2.0/24"]
}
module "eks" {
  source          = "terraform-aws-modules/eks/aws"
  version         = "~> 20.0"
  cluster_name    = "shop-${module.vpc.name}"
  cluster_version = "1.33"
  vpc_id          = module.vpc.vpc_id
  subnet_ids      = module.vpc.private_subnets
  eks_managed_node_groups = {
    main = {
      instance_types = ["m6g.large"]
      max_size       = 5
    }
  }
}
resource "aws_x" "x" {
  cluster = module.eks.cluster_name
  subnets = module.vpc.private_subnets
  role    = module.eks.unheard_of
}
"#,
    )]);
    assert!(read.facts.unseen.is_empty(), "{:?}", read.facts.unseen);
    assert_eq!(
        read.at("module.vpc.aws_subnet.private[1]", "cidr_block"),
        "10.0.2.0/24"
    );
    let cluster = read.resource("module.eks.aws_eks_cluster.this");
    assert!(cluster.from_summary);
    assert_eq!(cluster.str("name"), Some("shop-shop"));
    assert_eq!(
        cluster
            .at("vpc_config.endpoint_public_access")
            .unwrap()
            .bool(),
        Some(false)
    );
    let version = cluster.at("version").unwrap();
    assert_eq!(read.sources.slice(version.span), "\"1.33\"");
    let group = read.resource("module.eks.aws_eks_node_group.this[\"main\"]");
    assert_eq!(group.at("scaling_config.max_size").unwrap().int(), Some(5));
    assert_eq!(group.at("scaling_config.min_size").unwrap().int(), Some(1));
    assert_eq!(read.at("aws_x.x", "cluster"), "shop-shop");
    assert_eq!(
        crate::shown(read.resource("aws_x.x").at("subnets").unwrap()),
        "[${module.vpc.aws_subnet.private[0].id}, ${module.vpc.aws_subnet.private[1].id}]"
    );
    assert_eq!(read.at("aws_x.x", "role"), "${module.eks.unheard_of}");
}

#[test]
fn every_summary_parses_and_is_evaluated() {
    for module in seaworthy_knowledge::Knowledge.modules() {
        for version in &module.versions {
            let read = read(&[(
                "main.tf",
                &format!(
                    "module \"m\" {{\n  source = \"{}\"\n  version = \"{}.0.0\"\n}}\n",
                    module.name, version.from
                ),
            )]);
            let call = &read.root().calls[0];
            assert_eq!(
                call.summarised,
                version.hcl.is_some(),
                "{} {}",
                module.name,
                version.from
            );
            for resource in &read.root().resources {
                let failed: Vec<_> = resource
                    .body
                    .unknowns()
                    .into_iter()
                    .filter(|(unknown, _)| unknown.name.starts_with('!'))
                    .map(|(unknown, _)| unknown.name.clone())
                    .collect();
                assert!(
                    failed.is_empty(),
                    "{} {} {}: {failed:?}",
                    module.name,
                    version.from,
                    resource.address
                );
            }
        }
    }
}

#[test]
fn a_module_that_is_not_here_is_told_and_its_outputs_are_unknown() {
    let read = read(&[(
        "main.tf",
        "module \"m\" {\n  source = \"git::https://example.com/m.git\"\n}\nresource \"aws_x\" \"x\" {\n  a = module.m.b\n}\n",
    )]);
    assert_eq!(read.facts.unseen.len(), 1);
    let value = read.resource("aws_x.x").at("a").unwrap();
    assert!(value.refers_to("module.m"));
}

#[test]
fn what_a_module_says_of_itself_is_kept() {
    let read = read(&[
        (
            "main.tf",
            r#"
terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}
variable "used" {}
variable "unused" {}
locals {
  tags = { a = 1, a = 2 }
}
resource "aws_x" "x" {
  name = var.used
  tags = local.tags
  ids  = [for s in aws_y.gone : s.id]
  provider = aws.east
}
"#,
        ),
        (
            ".terraform.lock.hcl",
            "provider \"registry.opentofu.org/hashicorp/aws\" {\n  version = \"6.1.0\"\n}\n",
        ),
    ]);
    let module = &read.facts.terraform.modules[0];
    assert_eq!(
        module.required_version.as_ref().unwrap().str(),
        Some(">= 1.9")
    );
    assert_eq!(
        module
            .required_providers
            .get("aws")
            .unwrap()
            .get("version")
            .unwrap()
            .str(),
        Some("~> 6.0")
    );
    let references: Vec<&str> = module.references.iter().map(|(name, _)| &**name).collect();
    assert_eq!(references, ["var.used", "local.tags", "aws_y.gone"]);
    assert_eq!(module.duplicate_keys.len(), 1);
    assert_eq!(&*module.duplicate_keys[0].0, "a");
    assert_eq!(&*module.locked[0].source, "hashicorp/aws");
    // The last of two equal keys takes effect.
    assert_eq!(read.at("aws_x.x", "tags.a"), "2");
}
