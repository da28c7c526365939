variable "name" {
  description = "Name of the cluster, and prefix of every other name; usually `<platform>-<environment>`."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name is 3 to 40 lower-case letters, digits and hyphens, and starts with a letter; names made of it then stay within what AWS allows."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes' minor version, such as `1.36`. It goes up by one minor version at a time; EKS refuses more."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version is a minor version in quotes, such as \"1.36\"."
  }
}

################################################################################
# Network
################################################################################

variable "subnet_ids" {
  description = "Subnets by zone that the control plane puts its network interfaces into; two zones at least."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids names subnets in at least two zones; EKS refuses fewer."
  }
}

variable "service_cidr" {
  description = "IPv4 range of Kubernetes services. It must not overlap with the VPC or what it is peered with, and cannot be changed later."
  type        = string
  default     = "172.20.0.0/16"

  validation {
    condition     = try(tonumber(split("/", var.service_cidr)[1]) >= 12 && tonumber(split("/", var.service_cidr)[1]) <= 24 && cidrsubnet(var.service_cidr, 0, 0) == var.service_cidr, false)
    error_message = "service_cidr is an IPv4 range from /12 to /24, written from its first address."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.service_cidr))
    error_message = "service_cidr lies in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; EKS refuses other ranges."
  }
}

variable "public_access_cidrs" {
  description = "IPv4 ranges that reach the API server from outside the VPC. With none, it is reached from inside only."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.public_access_cidrs : can(cidrnetmask(range))])
    error_message = "public_access_cidrs are IPv4 ranges such as 192.0.2.0/24."
  }

  validation {
    condition     = alltrue([for range in var.public_access_cidrs : try(tonumber(split("/", range)[1]) >= 8, false)])
    error_message = "public_access_cidrs names ranges of your own: anything wider than /8 is the internet."
  }
}

################################################################################
# People
################################################################################

variable "admins" {
  description = "ARNs of the IAM roles and users that may do everything in the cluster. Whoever creates the cluster is not among them unless named."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admins : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "admins are ARNs of IAM roles or users, such as arn:aws:iam::111111111111:role/platform; neither sessions (sts) nor accounts (root)."
  }
}

variable "viewers" {
  description = "ARNs of the IAM roles and users that may look at everything but secrets."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.viewers : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "viewers are ARNs of IAM roles or users, such as arn:aws:iam::111111111111:role/developers; neither sessions (sts) nor accounts (root)."
  }

  validation {
    condition     = length(setintersection(var.admins, var.viewers)) == 0
    error_message = "Someone is in both admins and viewers; an admin sees everything."
  }
}

################################################################################
# Compute
################################################################################

variable "auto_mode" {
  description = "EKS Auto Mode: the role of its nodes and which built-in node pools there are. `null`: nodes are made by something else."
  type = object({
    node_role_arn = string
    node_pools    = optional(set(string), ["general-purpose", "system"])
  })
  default = null

  validation {
    condition     = var.auto_mode == null || try(length(setsubtract(var.auto_mode.node_pools, ["general-purpose", "system"])) == 0, false)
    error_message = "auto_mode.node_pools holds `general-purpose`, `system`, both or none; other pools are Kubernetes objects."
  }
}

################################################################################
# Logs and availability
################################################################################

variable "log_types" {
  description = "Which logs of the control plane are kept: `api`, `audit`, `authenticator`, `controllerManager`, `scheduler`."
  type        = set(string)
  default     = ["api", "audit", "authenticator"]

  validation {
    condition     = length(setsubtract(var.log_types, ["api", "audit", "authenticator", "controllerManager", "scheduler"])) == 0
    error_message = "log_types are among `api`, `audit`, `authenticator`, `controllerManager` and `scheduler`."
  }

  validation {
    condition     = contains(var.log_types, "audit")
    error_message = "log_types contains `audit`: without it nobody can say who changed what."
  }
}

variable "log_retention_days" {
  description = "How many days the control plane's logs are kept; one of the periods that CloudWatch Logs knows."
  type        = number
  default     = 90

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is a period that CloudWatch Logs knows, from 30: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "zonal_shift" {
  description = "Whether AWS may move traffic away from a zone that is failing. Needs room in the other zones."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's `default_tags`."
  type        = map(string)
  default     = {}
}
