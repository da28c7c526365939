output "release_repository_urls" {
  description = "Where releases are pushed, by service."
  value       = { for service, repository in aws_ecr_repository.release : service => repository.repository_url }
}

output "branch_repository_urls" {
  description = "Where branch images are pushed, by service."
  value       = { for service, repository in aws_ecr_repository.branch : service => repository.repository_url }
}

output "repository_arns" {
  description = "ARNs of all repositories."
  value       = sort([for repository in local.repositories : repository.arn])
}
