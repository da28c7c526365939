variable "name" {
  description = "Name of the web ACL."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.name))
    error_message = "WAF allows 128 letters, digits, `_` and `-`."
  }
}

variable "description" {
  description = "What the web ACL stands before."
  type        = string
}

variable "rate_limit" {
  description = "Requests that one address may send in five minutes before it is refused."
  type        = number

  validation {
    condition     = var.rate_limit >= 10 && var.rate_limit <= 2000000000
    error_message = "WAF allows 10 to 2000000000."
  }
}

variable "count_only" {
  description = "Refuse nothing, only count what would be refused; to try the rules on real traffic first."
  type        = bool
  default     = false
}

variable "counted_rules" {
  description = "By group: single rules that are only counted, because they refuse what the platform's users do."
  type        = map(set(string))
  default     = {}
}

variable "without_groups" {
  description = "Groups of managed rules that are left out."
  type        = set(string)
  default     = []
}

variable "kms_key_arn" {
  description = "Key that encrypts the log; it must allow `logs.<region>.amazonaws.com`."
  type        = string
}

variable "log_retention_in_days" {
  description = "How long the log is kept."
  type        = number
  default     = 90
}
