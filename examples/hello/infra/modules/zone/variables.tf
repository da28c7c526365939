variable "name" {
  description = "Domain of the zone, without a dot at the end."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.name))
    error_message = "A domain in lower case, without a dot at the end."
  }
}

variable "comment" {
  description = "What the zone is for."
  type        = string
}

variable "certificate_authorities" {
  description = "Who may make certificates for the zone; `amazon.com` is ACM."
  type        = set(string)
  default     = ["amazon.com"]

  validation {
    condition     = length(var.certificate_authorities) > 0
    error_message = "Without an authority nobody can make a certificate."
  }
}
