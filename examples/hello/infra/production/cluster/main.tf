# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "auto" {
  source = "../../modules/compute-auto"

  cluster_name = "hello-production-blue"
}

module "cluster" {
  source = "../../modules/cluster"

  name               = "hello-production-blue"
  kubernetes_version = "1.36"
  subnet_ids         = data.terraform_remote_state.network.outputs.control_plane_subnet_ids

  auto_mode = {
    node_role_arn = module.auto.node_role_arn
  }

  zonal_shift = false
}

module "addons" {
  source = "../../modules/cluster-addons"

  cluster_name = module.cluster.name

  addons = {
    metrics-server = {
      version = "v0.9.0-eksbuild.11"
    }
  }
}

module "external_secrets" {
  source = "../../modules/external-secrets"

  name            = "hello-production-blue-external-secrets"
  cluster_name    = module.cluster.name
  cluster_arn     = module.cluster.arn
  namespace       = "external-secrets"
  service_account = "external-secrets"
  prefix          = "hello-production-blue"
}

module "logs" {
  source = "../../modules/bucket"

  name        = "hello-production-blue-logs-111111111111-eu-west-3"
  kms_key_arn = module.cluster.cluster_key_arn
  # Loki writes an object once; an earlier version would be what it has removed.
  versioned     = false
  force_destroy = true
}

module "loki" {
  source = "../../modules/service-identity"

  name            = "hello-production-blue-loki"
  cluster_name    = module.cluster.name
  cluster_arn     = module.cluster.arn
  namespace       = "monitoring"
  service_account = "loki"
  buckets = {
    logs = {
      arn         = module.logs.arn
      kms_key_arn = module.logs.kms_key_arn
      write       = true
    }
  }
}
