data "aws_iam_policy_document" "push" {
  # Logging in to a registry cannot be limited to a repository: the action knows no resource.
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PushToTheseRepositories"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:ListImages",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = var.repository_arns
  }
}

module "role" {
  source = "../github-role"

  name              = var.name
  description       = "GitHub Actions builds: pushes images to the platform's repositories"
  oidc_provider_arn = var.oidc_provider_arn
  repository        = var.repository
  environment       = var.github_environment
  policies          = { push = data.aws_iam_policy_document.push.json }
}
