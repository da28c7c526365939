# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "workload_api" {
  source = "../../modules/service-identity"

  name            = "counter-production-api"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "api"
}

module "workload_web" {
  source = "../../modules/service-identity"

  name            = "counter-production-web"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "web"
}

module "dumps" {
  source = "../../modules/service-identity"

  name            = "counter-production-dumps"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "dumps"
  policies = {
    counter = data.terraform_remote_state.data.outputs.dump_write_policy["counter"]
  }
}

module "dumps_restore" {
  source = "../../modules/service-identity"

  name            = "counter-production-dumps-restore"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "counter"
  service_account = "dumps-restore"
  policies = {
    counter = data.terraform_remote_state.data.outputs.dump_restore_policy["counter"]
  }
}
