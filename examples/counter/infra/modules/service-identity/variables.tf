variable "name" {
  description = "Name of the role."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "IAM allows 64 letters, digits and `+=,.@_-`."
  }
}

variable "cluster_name" {
  description = "The cluster the service runs in."
  type        = string
}

variable "cluster_arn" {
  description = "ARN of that cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:eks:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9_-]+$", var.cluster_arn))
    error_message = "The whole ARN of one cluster."
  }
}

variable "namespace" {
  description = "The service's namespace."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "A namespace is named with lower-case letters, digits and `-`; patterns are not for Pod Identity."
  }
}

variable "service_account" {
  description = "The service's service account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.service_account))
    error_message = "A service account is named with lower-case letters, digits, `-` and `.`; patterns are not for Pod Identity."
  }
}

variable "buckets" {
  description = "Buckets that the service uses, by name; `write` also lets it put and delete objects."
  type = map(object({
    arn         = string
    kms_key_arn = string
    write       = bool
  }))
  default = {}

  validation {
    condition     = !anytrue([for bucket in var.buckets : strcontains(bucket.arn, "*") || strcontains(bucket.arn, "/")])
    error_message = "The ARN of one bucket, without objects and patterns."
  }
}

variable "secrets" {
  description = "Secrets that the service reads by itself, by name; what the secret operator hands it needs none."
  type = map(object({
    arn         = string
    kms_key_arn = string
  }))
  default = {}

  validation {
    condition     = !anytrue([for secret in var.secrets : strcontains(secret.arn, "*")])
    error_message = "Whole ARNs of secrets, without patterns."
  }
}

variable "policies" {
  description = "Further policies by name, as JSON."
  type        = map(string)
  default     = {}
}
