variable "cluster_name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.cluster_name))
    error_message = "cluster_name is the name of an EKS cluster: up to 100 letters, digits, hyphens and underscores."
  }
}

variable "addons" {
  description = "Add-ons by their name in EKS: the pinned version, the configuration as JSON, and for those that call AWS the role that their service account gets."
  type = map(object({
    version       = string
    configuration = optional(string)
    identity = optional(object({
      role_name       = string
      service_account = string
      policies        = set(string)
    }))
  }))

  validation {
    condition     = length(var.addons) >= 1
    error_message = "addons names at least one add-on."
  }

  validation {
    condition     = alltrue([for addon in var.addons : can(regex("^v[0-9]+\\.[0-9]+\\.[0-9]+-eksbuild\\.[0-9]+$", addon.version))])
    error_message = "Every add-on has a whole version, such as v1.22.4-eksbuild.3: a plan must not depend on the day it is made."
  }

  validation {
    condition     = alltrue([for addon in var.addons : addon.configuration == null || can(jsondecode(addon.configuration))])
    error_message = "The configuration of an add-on is JSON; write jsonencode({ … })."
  }

  validation {
    condition     = alltrue([for addon in var.addons : try(length(addon.identity.role_name) <= 64, true)])
    error_message = "The name of a role has 64 characters at most."
  }

  validation {
    condition     = alltrue([for addon in var.addons : try(length(addon.identity.policies) > 0, true)])
    error_message = "An add-on with an identity names the AWS managed policies that it needs."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
