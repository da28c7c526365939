variable "bucket" {
  description = "Name of the bucket. Bucket names are global, so account and region belong in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 lower case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "noncurrent_days" {
  description = "Days that an earlier version of a state can be got back."
  type        = number
  default     = 90

  validation {
    condition     = var.noncurrent_days >= 7
    error_message = "A broken state is often noticed days later: keep earlier versions for at least 7 days."
  }
}
