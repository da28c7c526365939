# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

output "role_arns" {
  description = "Role of each service and job."
  value = {
    hello = module.workload_hello.role_arn
  }
}
