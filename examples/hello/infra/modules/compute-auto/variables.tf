variable "cluster_name" {
  description = "Name of the cluster, and prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.cluster_name))
    error_message = "cluster_name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
