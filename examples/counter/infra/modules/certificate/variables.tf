variable "names" {
  description = "Host names that the certificate is for; `*.example.com` stands for all directly below."
  type        = set(string)

  validation {
    condition     = length(var.names) > 0
    error_message = "At least one name."
  }

  validation {
    condition     = alltrue([for name in var.names : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", name))])
    error_message = "Host names in lower case; a `*` only as the whole first label."
  }
}

variable "zone_id" {
  description = "Zone that the names are in; the records that prove it are made there."
  type        = string
}

variable "wait" {
  description = "Wait until the certificate is issued; false where the zone is made together with it, since nobody finds the zone before the parent domain names its servers."
  type        = bool
  default     = true
}
