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
