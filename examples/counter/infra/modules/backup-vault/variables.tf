variable "name" {
  description = "Name of the vault."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{2,50}$", var.name))
    error_message = "AWS Backup allows 2 to 50 letters, digits, `_` and `-`."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the recovery points, in the vault's own region."
  type        = string
}

variable "min_retention_days" {
  description = "No recovery point is kept for less."
  type        = number
  default     = 1

  validation {
    condition     = var.min_retention_days >= 1
    error_message = "At least a day."
  }
}

variable "max_retention_days" {
  description = "No recovery point is kept for longer."
  type        = number

  validation {
    condition     = var.max_retention_days >= var.min_retention_days && var.max_retention_days <= 36500
    error_message = "From `min_retention_days` to 36500."
  }
}

variable "final_after_days" {
  description = "Days after which nobody can take the lock away any more, not even AWS; null: it can be taken away."
  type        = number
  default     = null

  validation {
    condition     = var.final_after_days == null ? true : var.final_after_days >= 3
    error_message = "AWS leaves at least 3 days to change one's mind."
  }
}
