# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

output "role_arns" {
  description = "Role of each service and job."
  value = {
    api = module.workload_api.role_arn
    web = module.workload_web.role_arn
  }
}
