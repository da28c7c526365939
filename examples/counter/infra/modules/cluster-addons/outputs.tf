output "cluster_name" {
  description = "Name of the cluster, known once its add-ons run: what needs them takes the name from here."
  value       = var.cluster_name

  depends_on = [aws_eks_addon.this]
}

output "versions" {
  description = "Versions of the add-ons, by name."
  value       = { for name, addon in aws_eks_addon.this : name => addon.addon_version }
}

output "role_arns" {
  description = "Roles of the add-ons that call AWS, by name of the add-on."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
