# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

output "cluster_name" {
  description = "Name of the cluster."
  value       = module.cluster.name
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = module.cluster.arn
}

output "kubernetes_version" {
  description = "Kubernetes' minor version."
  value       = module.cluster.kubernetes_version
}

output "endpoint" {
  description = "Address of the API server."
  value       = module.cluster.endpoint
}

output "certificate_authority" {
  description = "The API server's certificate authority: PEM, in base64."
  value       = module.cluster.certificate_authority
}

output "security_group_id" {
  description = "The security group of the control plane and every node."
  value       = module.cluster.security_group_id
}

output "volumes_key_arn" {
  description = "Key of nodes' disks and persistent volumes."
  value       = module.cluster.volumes_key_arn
}
