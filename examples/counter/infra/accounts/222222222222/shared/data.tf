# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

data "terraform_remote_state" "state" {
  backend = "s3"
  config = {
    bucket = "counter-222222222222-eu-west-3-tofu"
    key    = "state.tfstate"
    region = "eu-west-3"
  }
}
