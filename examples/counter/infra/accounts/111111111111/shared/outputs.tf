# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

output "plan_role_arn_development" {
  description = "Role of jobs that plan development."
  value       = module.roles_development.plan_role_arn
}

output "apply_role_arn_development" {
  description = "Role of jobs that apply development."
  value       = module.roles_development.apply_role_arn
}
