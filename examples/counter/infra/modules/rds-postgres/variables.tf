################################################################################
# Database
################################################################################

variable "identifier" {
  description = "Name of the database server in AWS; security groups, parameters and logs begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9]|-[a-z0-9])*$", var.identifier)) && length(var.identifier) <= 63
    error_message = "The identifier holds lower-case letters, digits and single `-`, at most 63."
  }
}

variable "database" {
  description = "Name of the database in PostgreSQL."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database)) && !contains(["postgres", "rdsadmin", "template0", "template1"], var.database)
    error_message = "The name holds lower-case letters, digits and `_`, starts with a letter, and is none of PostgreSQL's own."
  }
}

variable "major_version" {
  description = "Major version of PostgreSQL."
  type        = number

  validation {
    condition     = var.major_version >= 14 && floor(var.major_version) == var.major_version
    error_message = "A whole number, from 14: RDS applies minor versions by itself."
  }
}

variable "instance_class" {
  description = "Size of the instance, for example `db.t4g.micro`."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.") && var.instance_class != "db.serverless"
    error_message = "A class starts with `db.`; `db.serverless` is Aurora's."
  }
}

variable "storage_gib" {
  description = "Storage at the start."
  type        = number

  validation {
    condition     = var.storage_gib >= 20
    error_message = "gp3 starts at 20 GiB."
  }
}

variable "max_storage_gib" {
  description = "Storage grows by itself up to this."
  type        = number

  validation {
    condition     = var.max_storage_gib >= var.storage_gib * 1.1
    error_message = "RDS wants room to grow: at least a tenth above `storage_gib`."
  }
}

variable "multi_az" {
  description = "Keep a standby in another zone, which takes over when this one fails."
  type        = bool
}

variable "monitoring_role_name" {
  description = "Name of the role that RDS writes enhanced monitoring with."
  type        = string
}

################################################################################
# Network
################################################################################

variable "vpc_id" {
  description = "VPC the database stands in."
  type        = string
}

variable "subnet_ids" {
  description = "Database subnets, in two zones or more."
  type        = set(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS wants subnets in two zones at least."
  }
}

variable "port" {
  description = "Port the database listens on."
  type        = number
  default     = 5432
}

variable "clients" {
  description = "Workloads that use the database: each gets a security group for its pods, and only these reach the port."
  type        = set(string)
  default     = []
}

variable "source_security_groups" {
  description = "Ids of security groups that are admitted as a whole, by what they are; for compute whose pods have no groups of their own."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "Key that encrypts storage, logs and the master password; it must allow `logs.<region>.amazonaws.com`."
  type        = string
}

################################################################################
# Backup and end
################################################################################

variable "point_in_time_days" {
  description = "Any second of this many days can be restored."
  type        = number

  validation {
    condition     = var.point_in_time_days >= 1 && var.point_in_time_days <= 35
    error_message = "RDS keeps 1 to 35 days; what is kept longer is a dump or a snapshot."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database, and keep its automated backups when it is deleted after all."
  type        = bool
}

variable "final_snapshot" {
  description = "Take a snapshot when the database is destroyed."
  type        = bool

  validation {
    condition     = var.final_snapshot || !var.deletion_protection
    error_message = "A protected database is not destroyed without a final snapshot."
  }
}

################################################################################
# Operation
################################################################################

variable "backup_window" {
  description = "When backups are taken, UTC."
  type        = string
  default     = "02:00-03:00"
}

variable "maintenance_window" {
  description = "When minor versions and changes that wait are applied, UTC; it does not overlap the backup window."
  type        = string
  default     = "sun:03:30-sun:04:30"
}

variable "apply_immediately" {
  description = "Apply changes that interrupt at once instead of in the maintenance window."
  type        = bool
  default     = false
}

variable "allow_major_version_upgrade" {
  description = "Let a raised `major_version` upgrade the database in place; false otherwise, so that it never happens by accident."
  type        = bool
  default     = false
}

variable "log_statements_slower_than_ms" {
  description = "Statements that take longer are logged, with their text; -1 logs none."
  type        = number
  default     = 1000

  validation {
    condition     = var.log_statements_slower_than_ms >= -1
    error_message = "Milliseconds, or -1 for none."
  }
}

variable "log_retention_in_days" {
  description = "How long the database's logs are kept."
  type        = number
  default     = 90
}
