# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  backend "s3" {
    bucket       = "counter-111111111111-eu-west-3-tofu"
    key          = "development/network.tfstate"
    region       = "eu-west-3"
    encrypt      = true
    use_lockfile = true
  }
}
