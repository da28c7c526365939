variable "prefix" {
  description = "What the names of the environment's things begin with: `<platform>-<environment>[-<deployment>]`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-[a-z0-9-]*[a-z0-9]$", var.prefix))
    error_message = "The prefix names a platform and an environment, with a `-` between them: a shorter one would reach other things."
  }
}

variable "regions" {
  description = "Regions that the environment has things in."
  type        = list(string)

  validation {
    condition     = length(var.regions) > 0 && alltrue([for region in var.regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "At least one region, without patterns."
  }
}

variable "plan_role_name" {
  description = "Name of the role that plans."
  type        = string
}

variable "apply_role_name" {
  description = "Name of the role that applies."
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

variable "plan_environment" {
  description = "The one GitHub environment whose jobs plan; it needs no approval."
  type        = string
}

variable "apply_environment" {
  description = "The one GitHub environment whose jobs apply; protect it with reviewers and the branches that may deploy."
  type        = string

  validation {
    condition     = var.apply_environment != var.plan_environment
    error_message = "What plans before approval must not be what applies after it: two environments."
  }
}

variable "state_bucket" {
  description = "Bucket of the states."
  type        = string
}

variable "state_prefix" {
  description = "Folder of the environment's states in the bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]*$", var.state_prefix))
    error_message = "A folder's name, without `/` and patterns."
  }
}

variable "state_kms_key_arn" {
  description = "Key that encrypts the states."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary that every role must carry which is made here; null asks for none, and review alone guards what roles may do."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn != ""
    error_message = "An empty text is no ARN: leave it out, or give null."
  }
}
