variable "name" {
  description = "Name of the trail; log group, key and alarms begin with it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{2,99}$", var.name))
    error_message = "3 to 100 letters, digits, `_` and `-`."
  }
}

variable "bucket_name" {
  description = "Name of the bucket that keeps the events. Bucket names are global, so account and region belong in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit."
  }
}

variable "role_name" {
  description = "Name of the role that CloudTrail writes to the log group with."
  type        = string
}

variable "keep_days" {
  description = "Days that events are kept and locked."
  type        = number
  default     = 365

  validation {
    condition     = var.keep_days >= 90
    error_message = "An intrusion is often found months later: at least 90 days."
  }
}

variable "alarm_topic_arns" {
  description = "Topics that alarms go to."
  type        = list(string)
  default     = []
}
