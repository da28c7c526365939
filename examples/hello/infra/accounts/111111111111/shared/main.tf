# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

module "registry" {
  source = "../../../modules/registry"

  name     = "hello"
  services = ["hello"]
}
