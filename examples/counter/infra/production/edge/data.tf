# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

data "terraform_remote_state" "cluster" {
  backend = "s3"
  config = {
    bucket = "counter-222222222222-eu-west-3-tofu"
    key    = "production/cluster.tfstate"
    region = "eu-west-3"
  }
}
