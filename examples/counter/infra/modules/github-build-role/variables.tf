variable "name" {
  description = "Name of the role."
  type        = string
}

variable "oidc_provider_arn" {
  description = "GitHub's OIDC provider in this account."
  type        = string
}

variable "repository" {
  description = "The one repository whose workflows may take a role; the numeric ids are those of GitHub's API and survive a rename."
  type = object({
    owner    = string
    name     = string
    owner_id = optional(string)
    id       = optional(string)
  })
}

variable "github_environment" {
  description = "The one GitHub environment whose jobs may take the role."
  type        = string
}

variable "repository_arns" {
  description = "The ECR repositories that builds push to."
  type        = list(string)

  validation {
    condition     = length(var.repository_arns) > 0 && alltrue([for arn in var.repository_arns : can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/-]+$", arn))])
    error_message = "Whole ARNs of ECR repositories, at least one, without patterns."
  }
}
