variable "secrets" {
  description = "By its name in the definition: the secret's name in Secrets Manager and what it is for."
  type = map(object({
    name        = string
    description = string
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", secret.name))])
    error_message = "Secrets Manager allows letters, digits and `/_+=.@-` in a name."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the secrets."
  type        = string
}

variable "recovery_window_in_days" {
  description = "How long a deleted secret can be taken back; 0 deletes at once, for environments that are thrown away."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_in_days == 0 || (var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30)
    error_message = "AWS allows 7 to 30 days, or 0 for none."
  }
}
