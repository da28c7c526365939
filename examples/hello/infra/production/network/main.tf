# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "network" {
  source = "../../modules/network"

  name  = "hello-production-blue"
  cidr  = "10.0.0.0/16"
  zones = 2
  nat   = "single"

  # What the platform runs at its most: the plan fails when its pods would find no addresses.
  capacity = {
    nodes = 13
    pods  = 160
  }

  flow_log_traffic = "REJECT"
}
