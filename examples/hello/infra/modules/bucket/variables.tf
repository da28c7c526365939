variable "name" {
  description = "Name of the bucket. Bucket names are global, so account and region belong in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the objects."
  type        = string
}

variable "versioned" {
  description = "Keep earlier versions of objects."
  type        = bool
  default     = true
}

variable "noncurrent_days" {
  description = "Days that an earlier version, or a deleted object, can be got back."
  type        = number
  default     = 30

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "At least a day."
  }
}

variable "expire_days" {
  description = "Objects are removed after this many days; null keeps them."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null ? true : var.expire_days >= 1
    error_message = "At least a day, or null to keep objects."
  }
}

variable "force_destroy" {
  description = "Let the bucket be destroyed with the objects in it."
  type        = bool
  default     = false
}
