# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

module "state" {
  source = "../../../../modules/state"

  bucket = "hello-111111111111-eu-west-3-tofu"
}
