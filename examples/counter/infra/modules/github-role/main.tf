locals {
  names = "repo:${var.repository.owner}/${var.repository.name}"
  ids   = try("repo:${var.repository.owner}@${var.repository.owner_id}/${var.repository.name}@${var.repository.id}", null)

  # GitHub puts numeric ids into the subject of repositories made, renamed or moved since 15 July 2026, and names only into
  # that of older ones. Both mean this repository; which one arrives is GitHub's to say.
  subjects = [for repository in compact([local.ids, local.names]) : "${repository}:environment:${var.environment}"]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Whole subjects, no patterns: a branch, a pull request or another environment of the same repository is refused.
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = local.subjects
    }

    # Whoever takes the repository's name after a rename has another id.
    dynamic "condition" {
      for_each = var.repository.id[*]

      content {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:repository_id"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = var.description
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = var.managed_policy_arns

  role       = aws_iam_role.this.name
  policy_arn = each.value
}
