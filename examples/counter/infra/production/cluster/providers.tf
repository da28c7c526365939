# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

provider "aws" {
  region = "eu-west-3"
  # Credentials of any other account are refused.
  allowed_account_ids = ["222222222222"]

  default_tags {
    tags = {
      platform    = "counter"
      environment = "production"
      managed-by  = "seaworthy"
      root        = "cluster"
    }
  }
}
