# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

provider "aws" {
  region = "eu-west-3"
  # Credentials of any other account are refused.
  allowed_account_ids = ["111111111111"]

  default_tags {
    tags = {
      platform   = "counter"
      managed-by = "seaworthy"
      root       = "shared"
    }
  }
}
