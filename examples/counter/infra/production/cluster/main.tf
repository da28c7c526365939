# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "cluster" {
  source = "../../modules/cluster"

  name               = "counter-production"
  kubernetes_version = "1.36"
  subnet_ids         = data.terraform_remote_state.network.outputs.control_plane_subnet_ids

  zonal_shift = true
}

module "node_addons" {
  source = "../../modules/cluster-addons"

  cluster_name = module.cluster.name

  addons = {
    eks-pod-identity-agent = {
      version = "v1.3.10-eksbuild.3"
    }
    kube-proxy = {
      version = "v1.36.0-eksbuild.14"
    }
    vpc-cni = {
      version = "v1.22.4-eksbuild.3"
      configuration = jsonencode({
        enableNetworkPolicy = "true"
        env = {
          ENABLE_POD_ENI                    = "true"
          ENABLE_PREFIX_DELEGATION          = "true"
          POD_SECURITY_GROUP_ENFORCING_MODE = "standard"
          WARM_PREFIX_TARGET                = "1"
        }
      })
      identity = {
        role_name       = "counter-production-vpc-cni"
        service_account = "aws-node"
        policies        = ["AmazonEKS_CNI_Policy"]
      }
    }
  }
}

module "controllers" {
  source = "../../modules/compute-node-groups"

  cluster_name       = module.node_addons.cluster_name
  kubernetes_version = module.cluster.kubernetes_version
  subnet_ids         = data.terraform_remote_state.network.outputs.private_subnet_ids
  volumes_key_arn    = module.cluster.volumes_key_arn

  groups = {
    controllers = {
      instance_types = ["m7i.large"]
      ami_type       = "BOTTLEROCKET_x86_64"
      min            = 2
      max            = 3
      labels = {
        "seaworthy.dev/pool" = "controllers"
      }
      taints = {
        CriticalAddonsOnly = {
          value  = "true"
          effect = "PREFER_NO_SCHEDULE"
        }
      }
      sleeps = false
    }
  }
}

module "karpenter" {
  source = "../../modules/compute-karpenter"

  cluster_name              = module.cluster.name
  cluster_security_group_id = module.cluster.security_group_id
}

module "addons" {
  source = "../../modules/cluster-addons"

  cluster_name = module.controllers.cluster_name

  addons = {
    aws-ebs-csi-driver = {
      version = "v1.63.1-eksbuild.1"
      configuration = jsonencode({
        controller = {
          extraVolumeTags = {
            platform    = "counter"
            environment = "production"
          }
        }
      })
      identity = {
        role_name       = "counter-production-ebs-csi-driver"
        service_account = "ebs-csi-controller-sa"
        policies        = ["service-role/AmazonEBSCSIDriverPolicy"]
      }
    }
    coredns = {
      version = "v1.14.3-eksbuild.3"
      configuration = jsonencode({
        autoScaling = {
          enabled     = true
          minReplicas = 2
          maxReplicas = 10
        }
      })
    }
    eks-node-monitoring-agent = {
      version = "v1.7.0-eksbuild.1"
    }
    metrics-server = {
      version = "v0.9.0-eksbuild.11"
    }
  }
}

module "load_balancer_controller" {
  source = "../../modules/load-balancer-controller"

  name            = "counter-production-aws-load-balancer-controller"
  cluster_name    = module.cluster.name
  cluster_arn     = module.cluster.arn
  namespace       = "kube-system"
  service_account = "aws-load-balancer-controller"
}

module "external_secrets" {
  source = "../../modules/external-secrets"

  name            = "counter-production-external-secrets"
  cluster_name    = module.cluster.name
  cluster_arn     = module.cluster.arn
  namespace       = "external-secrets"
  service_account = "external-secrets"
  prefix          = "counter-production"
}

module "logs" {
  source = "../../modules/bucket"

  name        = "counter-production-logs-222222222222-eu-west-3"
  kms_key_arn = module.cluster.cluster_key_arn
  # Loki writes an object once; an earlier version would be what it has removed.
  versioned     = false
  force_destroy = false
}

module "loki" {
  source = "../../modules/service-identity"

  name            = "counter-production-loki"
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
