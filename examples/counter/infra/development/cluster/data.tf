# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

data "terraform_remote_state" "network" {
  backend = "s3"
  config = {
    bucket = "counter-111111111111-eu-west-3-tofu"
    key    = "development/network.tfstate"
    region = "eu-west-3"
  }
}
