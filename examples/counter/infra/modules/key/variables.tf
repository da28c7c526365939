variable "name" {
  description = "Name of the key, without `alias/`."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/") && !startswith(var.name, "alias/")
    error_message = "The name holds letters, digits, `/`, `_` and `-`, and does not start with `alias/` or `aws/`."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "services" {
  description = "AWS services that use the key on their own account, for example `logs.eu-west-3.amazonaws.com`."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com(\\.cn)?$", service))])
    error_message = "A service is named by its principal, for example `sns.amazonaws.com`."
  }
}

variable "deletion_window_in_days" {
  description = "How long a deleted key can still be taken back; what it encrypted cannot be read after that."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30
    error_message = "AWS allows 7 to 30 days."
  }
}
