# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

output "release_repository_urls" {
  description = "Where releases are pushed, by service."
  value       = module.registry.release_repository_urls
}

output "branch_repository_urls" {
  description = "Where branch images are pushed, by service."
  value       = module.registry.branch_repository_urls
}

output "build_role_arn" {
  description = "Role of jobs that build images, in the GitHub environment `build`."
  value       = module.build.arn
}

output "plan_role_arn_production" {
  description = "Role of jobs that plan production."
  value       = module.roles_production.plan_role_arn
}

output "apply_role_arn_production" {
  description = "Role of jobs that apply production."
  value       = module.roles_production.apply_role_arn
}
