# The one provider of GitHub Actions in an account.

mock_provider "aws" {}

run "trusts_github_for_aws_only" {
  command = plan

  assert {
    condition     = aws_iam_openid_connect_provider.this.url == "https://token.actions.githubusercontent.com"
    error_message = "The issuer is GitHub Actions."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.this.client_id_list == toset(["sts.amazonaws.com"])
    error_message = "Tokens for other audiences are refused."
  }
}
