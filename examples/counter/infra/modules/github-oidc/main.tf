# Once per account: AWS refuses a second provider of the same address.
resource "aws_iam_openid_connect_provider" "this" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  # No thumbprints: AWS checks GitHub's certificate against its own list of authorities, and a pinned one would go stale.
}
