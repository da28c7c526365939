variable "cluster_name" {
  description = "Name of the cluster, and prefix of every name. Take it from the add-ons that nodes need in order to become ready."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes' minor version of the nodes, such as `1.36`: the control plane's, or up to three below it."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version in quotes, such as \"1.36\"."
  }
}

variable "subnet_ids" {
  description = "Private subnets by zone. Every group has nodes in all of them."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids names subnets in at least two zones, so that one may fail."
  }
}

variable "volumes_key_arn" {
  description = "KMS key that encrypts the nodes' disks."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.volumes_key_arn))
    error_message = "volumes_key_arn is the ARN of a KMS key."
  }
}

variable "groups" {
  description = "Node groups by name. `ami_type` is one of EKS's Bottlerocket or Amazon Linux 2023 types; `capacity` is `ON_DEMAND` or `SPOT`; taints are by key; a group with `sleeps` has no nodes outside `awake`."
  type = map(object({
    instance_types = list(string)
    ami_type       = optional(string, "BOTTLEROCKET_ARM_64")
    capacity       = optional(string, "ON_DEMAND")
    min            = number
    max            = number
    disk_gib       = optional(number, 60)
    labels         = optional(map(string), {})
    taints = optional(map(object({
      value  = optional(string)
      effect = optional(string, "NO_SCHEDULE")
    })), {})
    sleeps = optional(bool, true)
  }))

  validation {
    condition     = length(var.groups) >= 1 && alltrue([for name in keys(var.groups) : can(regex("^[a-z]([a-z0-9-]{0,34}[a-z0-9])?$", name))])
    error_message = "groups has at least one group; names are up to 36 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for group in var.groups : group.min >= 0 && group.max >= 1 && group.min <= group.max])
    error_message = "A group has min from 0 and max from 1, and min is not above max."
  }

  validation {
    condition     = alltrue([for group in var.groups : contains(["ON_DEMAND", "SPOT"], group.capacity)])
    error_message = "capacity is `ON_DEMAND` or `SPOT`."
  }

  validation {
    condition     = alltrue([for group in var.groups : length(group.instance_types) >= (group.capacity == "SPOT" ? 3 : 1)])
    error_message = "A group names at least one instance type; a spot group at least three, because each of them runs out from time to time."
  }

  validation {
    condition     = alltrue([for group in var.groups : can(regex("^(BOTTLEROCKET|AL2023)_(ARM_64|x86_64)", group.ami_type))])
    error_message = "ami_type is one of EKS's Bottlerocket or Amazon Linux 2023 types, such as BOTTLEROCKET_ARM_64 or AL2023_x86_64_STANDARD."
  }

  # A type that ends in g before the dot, as in m7g or c8gd, is Graviton; g itself, as in g5, is a GPU.
  validation {
    condition = alltrue(flatten([
      for group in var.groups : [
        for type in group.instance_types : can(regex("^[a-z]+[0-9]+g[a-z-]*\\.", type)) == strcontains(group.ami_type, "ARM_64")
      ]
    ]))
    error_message = "The architecture of ami_type and of every instance type is the same: Graviton types (m7g, c8g …) with ARM_64, others with x86_64."
  }

  validation {
    condition     = alltrue([for group in var.groups : group.disk_gib >= 20])
    error_message = "disk_gib is at least 20: images and logs live there."
  }

  validation {
    condition     = alltrue(flatten([for group in var.groups : [for taint in group.taints : contains(["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"], taint.effect)]]))
    error_message = "A taint's effect is `NO_SCHEDULE`, `NO_EXECUTE` or `PREFER_NO_SCHEDULE`."
  }
}

variable "awake" {
  description = "When groups that sleep have nodes: cron expressions of five fields for waking and sleeping, and the IANA time zone they are in. `null`: always."
  type = object({
    wake      = string
    sleep     = string
    time_zone = string
  })
  default = null

  validation {
    condition     = var.awake == null || try(length(split(" ", var.awake.wake)) == 5 && length(split(" ", var.awake.sleep)) == 5, false)
    error_message = "awake.wake and awake.sleep are cron expressions of five fields, such as `0 7 * * 1-5`."
  }

  validation {
    condition     = var.awake == null || try(var.awake.wake != var.awake.sleep, false)
    error_message = "awake.wake and awake.sleep are different times."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
