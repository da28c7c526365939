################################################################################
# Releases: a tag, once pushed, means the same image for ever
################################################################################

# Nothing expires here: a release may be deployed anywhere, and the registry cannot know where. Tags cannot be moved, so a
# deployed release is never without its tag either.
resource "aws_ecr_repository" "release" {
  for_each = var.services

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_delete

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

################################################################################
# Branches: a tag follows its branch
################################################################################

# Repositories of their own, because version 5 of the provider knows no exceptions from immutability: a repository's tags are
# either all immutable or all movable.
resource "aws_ecr_repository" "branch" {
  # checkov:skip=CKV_AWS_51:a branch's tag follows the branch; releases are immutable

  for_each = var.services

  name                 = "${var.name}/branches/${each.key}"
  image_tag_mutability = "MUTABLE"
  force_delete         = var.force_delete

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "branch" {
  for_each = aws_ecr_repository.branch

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        # An image that matches a rule cannot be expired by a later one: what carries this tag stays.
        rulePriority = 1
        description  = "What is deployed stays: images tagged deployed-<environment>"
        selection = {
          tagStatus      = "tagged"
          tagPatternList = ["deployed-*"]
          countType      = "imageCountMoreThan"
          countNumber    = 1000
        }
        action = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Branch images go ${var.branch_days} days after their push"
        selection = {
          tagStatus      = "tagged"
          tagPatternList = ["*"]
          countType      = "sinceImagePushed"
          countUnit      = "days"
          countNumber    = var.branch_days
        }
        action = { type = "expire" }
      },
      {
        # What an index refers to has no tag of its own; ECR keeps it as long as the index.
        rulePriority = 3
        description  = "Images whose tag has moved on go after ${var.branch_days} days, too"
        selection = {
          tagStatus   = "untagged"
          countType   = "sinceImagePushed"
          countUnit   = "days"
          countNumber = var.branch_days
        }
        action = { type = "expire" }
      },
    ]
  })
}

################################################################################
# Other accounts
################################################################################

locals {
  repositories = merge(
    aws_ecr_repository.release,
    { for service, repository in aws_ecr_repository.branch : "branches/${service}" => repository },
  )
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "pull" {
  # Applies to the one repository it is attached to, so it names no resource.
  statement {
    sid = "OtherEnvironmentsPull"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
    ]

    principals {
      type        = "AWS"
      identifiers = [for account in sort(var.pull_accounts) : "arn:${data.aws_partition.current.partition}:iam::${account}:root"]
    }
  }
}

resource "aws_ecr_repository_policy" "pull" {
  for_each = { for name, repository in local.repositories : name => repository if length(var.pull_accounts) > 0 }

  repository = each.value.name
  policy     = data.aws_iam_policy_document.pull.json
}
