output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}

output "kubernetes_version" {
  description = "Kubernetes' minor version."
  value       = aws_eks_cluster.this.version
}

output "endpoint" {
  description = "Address of the API server."
  value       = aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "The API server's certificate authority: PEM, in base64."
  value       = one(aws_eks_cluster.this.certificate_authority).data
}

output "security_group_id" {
  description = "The security group that EKS makes for the control plane and every node; the one that databases admit."
  value       = one(aws_eks_cluster.this.vpc_config).cluster_security_group_id
}

output "cluster_key_arn" {
  description = "Key of Kubernetes secrets and of the control plane's logs."
  value       = aws_kms_key.cluster.arn
}

output "volumes_key_arn" {
  description = "Key of nodes' disks and persistent volumes."
  value       = aws_kms_key.volumes.arn
}

output "log_group_name" {
  description = "Log group of the control plane."
  value       = aws_cloudwatch_log_group.this.name
}
