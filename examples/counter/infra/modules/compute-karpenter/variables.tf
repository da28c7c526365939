variable "cluster_name" {
  description = "Name of the cluster, and prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "cluster_security_group_id" {
  description = "The security group that EKS made for the cluster. It is tagged so that Karpenter gives it to its nodes."
  type        = string
}

variable "namespace" {
  description = "Namespace of Karpenter's controller."
  type        = string
  default     = "kube-system"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace is a Kubernetes name."
  }
}

variable "service_account" {
  description = "Service account of Karpenter's controller."
  type        = string
  default     = "karpenter"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "service_account is a Kubernetes name."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
