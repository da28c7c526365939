output "name" {
  description = "Name of the cluster."
  value       = data.aws_eks_cluster.this.name
}

output "arn" {
  description = "ARN of the cluster."
  value       = data.aws_eks_cluster.this.arn
}

output "kubernetes_version" {
  description = "Kubernetes' minor version."
  value       = data.aws_eks_cluster.this.version
}

output "endpoint" {
  description = "Address of the API server."
  value       = data.aws_eks_cluster.this.endpoint
}

output "certificate_authority" {
  description = "The API server's certificate authority: PEM, in base64."
  value       = one(data.aws_eks_cluster.this.certificate_authority).data
}

output "security_group_id" {
  description = "The security group that EKS made for the control plane and the nodes; the one that databases admit."
  value       = one(data.aws_eks_cluster.this.vpc_config).cluster_security_group_id
}
