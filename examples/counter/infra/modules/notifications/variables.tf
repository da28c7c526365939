variable "name" {
  description = "Name of the topic."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "SNS allows 256 letters, digits, `_` and `-`."
  }
}

variable "display_name" {
  description = "Sender that people see in their mail."
  type        = string

  validation {
    condition     = length(var.display_name) <= 100
    error_message = "At most 100 characters."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts messages; it must allow the publishers."
  type        = string
}

variable "publishers" {
  description = "AWS services that publish here, for this account only."
  type        = set(string)
  default     = ["backup.amazonaws.com", "budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"]

  validation {
    condition     = length(var.publishers) > 0 && alltrue([for publisher in var.publishers : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", publisher))])
    error_message = "A service is named by its principal, for example `budgets.amazonaws.com`."
  }
}

variable "mail_addresses" {
  description = "Who gets each message by mail."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.mail_addresses : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "A mail address."
  }
}
