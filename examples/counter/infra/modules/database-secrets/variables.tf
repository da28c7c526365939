variable "secrets" {
  description = "By who uses it (a workload, or `owner` for migrations): the secret's name and the role in the database that it opens."
  type = map(object({
    name = string
    role = string
  }))

  validation {
    condition     = length(distinct([for secret in var.secrets : secret.role])) == length(var.secrets)
    error_message = "Each secret opens a role of its own."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[a-z_][a-z0-9_]{0,62}$", secret.role))])
    error_message = "A role holds lower-case letters, digits and `_`, at most 63, as PostgreSQL takes them without quotes."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : !contains(["postgres", "rdsadmin", "rds_superuser"], secret.role)])
    error_message = "A workload never gets the master role."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", secret.name))])
    error_message = "Secrets Manager allows letters, digits and `/_+=.@-` in a name."
  }
}

variable "host" {
  description = "Real endpoint of the database: the name its certificate is for."
  type        = string
}

variable "port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "database" {
  description = "Name of the database in PostgreSQL."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts the secrets."
  type        = string
}

variable "password_version" {
  description = "Raise it to have new passwords written; run the migration job afterwards, which gives them to the roles."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "A whole number, from 1."
  }
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
