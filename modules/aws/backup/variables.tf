variable "name" {
  description = "Name of the plan and of its selection."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9._-]{1,50}$", var.name))
    error_message = "AWS Backup allows 50 letters, digits, `.`, `_` and `-`."
  }
}

variable "vault_name" {
  description = "Vault that takes the recovery points."
  type        = string
}

variable "copy_vault_arn" {
  description = "Vault in another region that takes a copy of each recovery point; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.copy_vault_arn != ""
    error_message = "An empty text is no ARN: leave it out, or give null."
  }
}

variable "rules" {
  description = "By name: when recovery points are taken (AWS cron, UTC), and how many days each is kept."
  type = map(object({
    schedule  = string
    keep_days = number
  }))

  validation {
    condition     = length(var.rules) > 0
    error_message = "A plan without rules backs up nothing."
  }

  validation {
    condition     = alltrue([for rule in var.rules : can(regex("^cron\\(\\S+ \\S+ \\S+ \\S+ \\S+ \\S+\\)$", rule.schedule))])
    error_message = "AWS cron has six fields: `cron(0 3 * * ? *)`."
  }

  validation {
    condition     = alltrue([for rule in var.rules : rule.keep_days >= 1 && rule.keep_days <= 36500])
    error_message = "Recovery points are kept for 1 to 36500 days."
  }
}

variable "resource_arns" {
  description = "What is backed up, by ARN."
  type        = list(string)

  validation {
    condition     = length(var.resource_arns) > 0 && !contains(var.resource_arns, "*")
    error_message = "At least one ARN; everything in an account is not this platform's to back up."
  }
}

variable "backup_role_name" {
  description = "Name of the role that takes recovery points."
  type        = string
}

variable "restore_role_name" {
  description = "Name of the role that restores them."
  type        = string
}
