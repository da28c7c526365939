data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  iam       = "arn:${local.partition}:iam::${local.account}"

  state_bucket_arn = "arn:${local.partition}:s3:::${var.state_bucket}"
}

################################################################################
# Plan: reads what is there, and no data
################################################################################

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket"]
    resources = [local.state_bucket_arn]
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_bucket_arn}/*"]
  }

  statement {
    sid       = "DecryptStates"
    actions   = ["kms:Decrypt"]
    resources = [var.state_kms_key_arn]
  }

  # Planning a secret asks for a password that is then thrown away; the action knows no resource.
  statement {
    sid       = "PlanSecrets"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"]
  }

  # ReadOnlyAccess reads data, too. A proposed change can contain any code, so what it may see ends at configuration.
  statement {
    sid           = "NoObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject*"]
    not_resources = ["${local.state_bucket_arn}/*"]
  }

  statement {
    sid    = "NoData"
    effect = "Deny"
    actions = [
      "athena:GetQueryResults*",
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:PartiQL*",
      "dynamodb:Query",
      "dynamodb:Scan",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
      "kinesis:GetRecords",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
      "logs:GetLogRecord",
      "logs:GetQueryResults",
      "logs:StartLiveTail",
      "logs:StartQuery",
      "logs:Unmask",
      "rds:DownloadCompleteDBLogFile",
      "rds:DownloadDBLogFilePortion",
      "secretsmanager:BatchGetSecretValue",
      "secretsmanager:GetSecretValue",
      "sqs:ReceiveMessage",
    ]
    resources = ["*"] # refused everywhere
  }

  # Public parameters name AMIs; the others may be secrets.
  statement {
    sid           = "NoParameters"
    effect        = "Deny"
    actions       = ["ssm:GetParameter*"]
    not_resources = ["arn:${local.partition}:ssm:*::parameter/aws/*"]
  }
}

module "plan" {
  source = "../github-role"

  name                = var.plan_role_name
  description         = "GitHub Actions plans ${var.prefix}: reads configuration and states, and no data"
  oidc_provider_arn   = var.oidc_provider_arn
  repository          = var.repository
  environment         = var.plan_environment
  policies            = { plan = data.aws_iam_policy_document.plan.json }
  managed_policy_arns = ["arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"]
}

################################################################################
# Apply: makes and removes what the environment's roots hold
################################################################################

data "aws_iam_policy_document" "apply" {
  # checkov:skip=CKV_AWS_111:whole services in named regions, because ids are not known before; see each statement
  # checkov:skip=CKV_AWS_356:whole services in named regions, because ids are not known before; see each statement

  # OpenTofu makes, changes and removes these, so whole services are named. Their ids are not known before, so resources
  # cannot be. Regions are: elsewhere nothing can be made.
  statement {
    sid = "ServicesInTheseRegions"
    actions = [
      "acm:*",
      "autoscaling:*",
      "backup:*",
      "backup-storage:*",
      "cloudwatch:*",
      "ec2:*",
      "eks:*",
      "elasticloadbalancing:*",
      "events:*",
      "kms:*",
      "logs:*",
      "rds:*",
      "sns:*",
      "sqs:*",
      "states:*",
      "wafv2:*",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = var.regions
    }
  }

  # These have no region of their own, so that a condition on it would refuse them. Zones and budgets have no names in
  # their ARNs that would tell ours from others.
  statement {
    sid = "ServicesWithoutRegion"
    actions = [
      "budgets:ModifyBudget",
      "budgets:TagResource",
      "budgets:UntagResource",
      "budgets:ViewBudget",
      "budgets:ListTagsForResource",
      "route53:*",
      "tag:GetResources",
    ]
    resources = ["*"]
  }

  # RDS keeps a master password under a name of its own.
  statement {
    sid     = "Secrets"
    actions = ["secretsmanager:*"] # ours, by name
    resources = [
      "arn:${local.partition}:secretsmanager:*:${local.account}:secret:${var.prefix}/*",
      "arn:${local.partition}:secretsmanager:*:${local.account}:secret:rds!*",
    ]
  }

  statement {
    sid       = "Passwords"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"] # the action knows no resource
  }

  statement {
    sid       = "Buckets"
    actions   = ["s3:*"] # ours, by name
    resources = ["arn:${local.partition}:s3:::${var.prefix}-*"]
  }

  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket"]
    resources = [local.state_bucket_arn]
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_bucket_arn}/*"]
  }

  statement {
    sid       = "WriteStates"
    actions   = ["s3:PutObject"]
    resources = ["${local.state_bucket_arn}/${var.state_prefix}/*"]
  }

  statement {
    sid       = "FreeLocks"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.state_bucket_arn}/${var.state_prefix}/*.tflock"]
  }

  statement {
    sid       = "DecryptStates"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.state_kms_key_arn]
  }
}

data "aws_iam_policy_document" "apply_iam" {
  # checkov:skip=CKV_AWS_356:looking at IAM and what is refused everywhere; each statement says why

  statement {
    sid       = "Look"
    actions   = ["iam:Get*", "iam:List*"] # names, trusts and policies, of which none is a secret
    resources = ["*"]
  }

  statement {
    sid = "OwnRoles"
    actions = [
      "iam:AddRoleToInstanceProfile",
      "iam:AttachRolePolicy",
      "iam:CreateInstanceProfile",
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:CreateRole",
      "iam:DeleteInstanceProfile",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:DeleteRole",
      "iam:DeleteRolePolicy",
      "iam:DetachRolePolicy",
      "iam:PutRolePolicy",
      "iam:RemoveRoleFromInstanceProfile",
      "iam:TagInstanceProfile",
      "iam:TagPolicy",
      "iam:TagRole",
      "iam:UntagInstanceProfile",
      "iam:UntagPolicy",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = [
      "${local.iam}:instance-profile/${var.prefix}-*",
      "${local.iam}:policy/${var.prefix}-*",
      "${local.iam}:role/${var.prefix}-*",
    ]
  }

  statement {
    sid       = "GiveRolesToServices"
    actions   = ["iam:PassRole"]
    resources = ["${local.iam}:role/${var.prefix}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values = [
        "backup.amazonaws.com",
        "ec2.amazonaws.com",
        "eks.amazonaws.com",
        "events.amazonaws.com",
        "monitoring.rds.amazonaws.com",
        "pods.eks.amazonaws.com",
        "s3.amazonaws.com",
        "states.amazonaws.com",
        "vpc-flow-logs.amazonaws.com",
      ]
    }
  }

  statement {
    sid       = "LetServicesMakeTheirRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/*"] # the services' own, for those named below

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values = [
        "autoscaling.amazonaws.com",
        "backup.amazonaws.com",
        "eks-nodegroup.amazonaws.com",
        "eks.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "rds.amazonaws.com",
        "spot.amazonaws.com",
      ]
    }
  }

  # No role is given more than the boundary allows, so that a change that got past review cannot make an administrator.
  dynamic "statement" {
    for_each = var.permissions_boundary_arn[*]

    content {
      sid    = "RolesNeedTheBoundary"
      effect = "Deny"
      actions = [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:PutRolePolicy",
      ]
      resources = ["*"] # refused everywhere

      condition {
        test     = "StringNotEquals"
        variable = "iam:PermissionsBoundary"
        values   = [statement.value]
      }
    }
  }

  # What lets workflows in is not theirs to change. It stands in the account's own root.
  statement {
    sid    = "NotItself"
    effect = "Deny"
    actions = [
      "iam:Add*",
      "iam:Attach*",
      "iam:Create*",
      "iam:Delete*",
      "iam:Detach*",
      "iam:PassRole",
      "iam:Put*",
      "iam:Remove*",
      "iam:Tag*",
      "iam:Untag*",
      "iam:Update*",
    ] # refused, whatever it is, but looking
    resources = [
      "${local.iam}:oidc-provider/*",
      "${local.iam}:role/${var.apply_role_name}",
      "${local.iam}:role/${var.plan_role_name}",
    ]
  }

  # Dumps are locked against everybody who could be tricked.
  statement {
    sid       = "LockedObjectsStay"
    effect    = "Deny"
    actions   = ["s3:BypassGovernanceRetention", "backup:DeleteRecoveryPoint"]
    resources = ["*"] # refused everywhere
  }
}

module "apply" {
  source = "../github-role"

  name              = var.apply_role_name
  description       = "GitHub Actions applies ${var.prefix}"
  oidc_provider_arn = var.oidc_provider_arn
  repository        = var.repository
  environment       = var.apply_environment
  policies = {
    apply = data.aws_iam_policy_document.apply.json
    iam   = data.aws_iam_policy_document.apply_iam.json
  }
}
