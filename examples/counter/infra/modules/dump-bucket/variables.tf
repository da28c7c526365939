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

variable "keep_days" {
  description = "Days that a dump is kept: it can neither be changed nor removed before, and is gone soon after."
  type        = number

  validation {
    condition     = var.keep_days >= 1 && var.keep_days <= 36500
    error_message = "S3 locks objects for 1 to 36500 days."
  }
}

variable "lock_mode" {
  description = "`GOVERNANCE`: who holds `s3:BypassGovernanceRetention` can still remove a dump. `COMPLIANCE`: nobody can, not even AWS, so the bucket and its cost stay until the last dump's time is over."
  type        = string

  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.lock_mode)
    error_message = "`GOVERNANCE` or `COMPLIANCE`."
  }
}

variable "replica" {
  description = "Bucket in another region that dumps are copied to, by a name of the rule; it is made by this module, too, since a locked bucket copies only to a locked bucket."
  type = map(object({
    bucket_arn  = string
    kms_key_arn = string
    role_name   = string
  }))
  default = {}

  validation {
    condition     = length(var.replica) <= 1
    error_message = "One copy, in one other region."
  }
}
