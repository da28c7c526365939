variable "name" {
  description = "Name of the controller's role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "name is up to 64 letters, digits and `+=,.@_-`."
  }
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "cluster_arn" {
  description = "ARN of the cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:eks:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9_-]+$", var.cluster_arn))
    error_message = "cluster_arn is the whole ARN of one cluster."
  }
}

variable "namespace" {
  description = "Namespace of the controller."
  type        = string
  default     = "external-dns"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace is a Kubernetes name; patterns are not for Pod Identity."
  }
}

variable "service_account" {
  description = "Service account of the controller."
  type        = string
  default     = "external-dns"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "service_account is a Kubernetes name; patterns are not for Pod Identity."
  }
}

variable "zone_ids" {
  description = "Ids of the zones whose records the controller keeps."
  type        = set(string)

  validation {
    condition     = length(var.zone_ids) >= 1 && alltrue([for id in var.zone_ids : can(regex("^[A-Z0-9]{8,32}$", id))])
    error_message = "zone_ids are ids of Route 53 zones, such as Z0123456789ABCDEFGHIJ; at least one."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
