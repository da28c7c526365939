variable "name" {
  description = "Namespace of the repositories: the platform's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+(?:[._-][a-z0-9]+)*$", var.name))
    error_message = "The name holds lower-case letters and digits, with single `.`, `_` or `-` between them."
  }
}

variable "services" {
  description = "Services whose images are kept: each gets a repository for releases and one for branches."
  type        = set(string)

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[a-z0-9]+(?:[._-][a-z0-9]+)*$", service))])
    error_message = "A service's name holds lower-case letters and digits, with single `.`, `_` or `-` between them."
  }

  validation {
    condition     = !contains(var.services, "branches")
    error_message = "`branches` is the folder of the branch images; name the service otherwise."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the images; null for the key that AWS manages for ECR."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn != ""
    error_message = "An empty text is no ARN: leave it out, or give null."
  }
}

variable "pull_accounts" {
  description = "Other accounts whose clusters pull."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for account in var.pull_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "An account is twelve digits; `*` would be everybody."
  }
}

variable "branch_days" {
  description = "Branch images go this long after their push, unless they are tagged `deployed-<environment>`."
  type        = number
  default     = 30

  validation {
    condition     = var.branch_days >= 1
    error_message = "At least a day."
  }
}

variable "force_delete" {
  description = "Delete the repositories with the images in them when the platform is destroyed."
  type        = bool
  default     = false
}
