variable "name" {
  description = "Name of the budget."
  type        = string

  validation {
    condition     = can(regex("^[^:\\\\]{1,100}$", var.name))
    error_message = "At most 100 characters, without `:` and `\\`."
  }
}

variable "limit_amount" {
  description = "What a month may cost, as a decimal number: a text, so that no cent is rounded."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)?$", var.limit_amount)) && try(tonumber(var.limit_amount) > 0, false)
    error_message = "A decimal number above 0, for example `60.0`."
  }
}

variable "limit_unit" {
  description = "Currency of the amount; AWS bills most accounts in USD."
  type        = string
  default     = "USD"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.limit_unit))
    error_message = "A currency of three letters."
  }
}

variable "tag" {
  description = "Counts only what carries this tag, which must be activated as a cost allocation tag in the payer's account first; null counts the whole account. One tag: AWS would count what carries any of several, not all."
  type = object({
    key   = string
    value = string
  })
  default = null
}

variable "topic_arn" {
  description = "Topic that alarms go to; its policy must allow `budgets.amazonaws.com`."
  type        = string
}
