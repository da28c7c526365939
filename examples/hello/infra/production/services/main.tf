# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "workload_hello" {
  source = "../../modules/service-identity"

  name            = "hello-production-blue-hello"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "hello"
  service_account = "hello"
}
