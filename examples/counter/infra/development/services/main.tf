# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

module "workload_api" {
  source = "../../modules/service-identity"

  name            = "counter-development-api"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "api"
}

module "workload_web" {
  source = "../../modules/service-identity"

  name            = "counter-development-web"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "web"
}
