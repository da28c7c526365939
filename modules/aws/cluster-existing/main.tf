# A cluster that somebody else owns: it is looked at, and nothing about it is changed. Its nodes, add-ons and people are
# its owner's.

data "aws_eks_cluster" "this" {
  name = var.name

  lifecycle {
    postcondition {
      condition     = one(self.vpc_config).vpc_id == var.vpc_id
      error_message = "${var.name} stands in ${one(self.vpc_config).vpc_id}, and not in ${var.vpc_id}. Adopt its VPC as well."
    }

    # Identities are given by Pod Identity, for which principals need no access; people need access entries.
    postcondition {
      condition     = contains(["API", "API_AND_CONFIG_MAP"], one(self.access_config).authentication_mode)
      error_message = "${var.name} knows no access entries: set its authentication mode to API_AND_CONFIG_MAP, then to API."
    }
  }
}
