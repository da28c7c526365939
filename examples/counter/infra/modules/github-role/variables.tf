variable "name" {
  description = "Name of the role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "IAM allows 64 letters, digits and `+=,.@_-`."
  }
}

variable "description" {
  description = "What the role is for."
  type        = string
}

variable "oidc_provider_arn" {
  description = "GitHub's OIDC provider in this account."
  type        = string

  validation {
    condition     = endswith(var.oidc_provider_arn, ":oidc-provider/token.actions.githubusercontent.com")
    error_message = "The ARN of the provider of token.actions.githubusercontent.com."
  }
}

variable "repository" {
  description = "The one repository whose workflows may take the role; the numeric ids are those of GitHub's API and survive a rename."
  type = object({
    owner    = string
    name     = string
    owner_id = optional(string)
    id       = optional(string)
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,39}$", var.repository.owner)) && can(regex("^[A-Za-z0-9._-]{1,100}$", var.repository.name))
    error_message = "Owner and name as GitHub has them, without patterns."
  }

  validation {
    condition     = (var.repository.owner_id == null) == (var.repository.id == null)
    error_message = "GitHub puts both ids into the subject or none: give both or none."
  }

  validation {
    condition     = alltrue([for id in compact([var.repository.owner_id, var.repository.id]) : can(regex("^[0-9]+$", id))])
    error_message = "An id is a number."
  }
}

variable "environment" {
  description = "The one GitHub environment whose jobs may take the role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,255}$", var.environment))
    error_message = "An environment's name holds letters, digits, `.`, `_` and `-` here, so that it stands in the subject as it is."
  }
}

variable "policies" {
  description = "Inline policies by name, as JSON."
  type        = map(string)
  default     = {}
}

variable "managed_policy_arns" {
  description = "Managed policies to attach."
  type        = set(string)
  default     = []

  validation {
    condition     = !anytrue([for arn in var.managed_policy_arns : endswith(arn, "policy/AdministratorAccess")])
    error_message = "A workflow never gets AdministratorAccess."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the role."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn != ""
    error_message = "An empty text is no ARN: leave it out, or give null."
  }
}
