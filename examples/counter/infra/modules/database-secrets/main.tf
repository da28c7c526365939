################################################################################
# One secret for each role of the database
################################################################################

locals {
  # What stands in a secret besides its password. The password is written once; it changes together with these, or
  # when its version is raised. The migration job in the cluster then gives it to the role.
  connections = {
    for client, secret in var.secrets : client => {
      engine   = "postgres"
      host     = var.host
      port     = var.port
      dbname   = var.database
      username = secret.role
    }
  }

  # A write-only value is sent again only when its version differs, so the version follows what is written.
  versions = {
    for client, connection in local.connections :
    client => parseint(substr(sha256(jsonencode([connection, var.password_version])), 0, 7), 16)
  }
}

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:`password_version` changes the password together with the role, which AWS cannot reach

  for_each = var.secrets

  name                    = each.value.name
  description             = "Role ${each.value.role} of database ${var.database}: endpoint, name and password"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_in_days
}

# Exists only while OpenTofu runs: neither plan nor state hold a password.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = var.secrets

  password_length = 32
  # Passwords go through URLs, shells and YAML. 32 letters and digits are 190 bits: punctuation is not missed.
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = var.secrets

  secret_id = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo = jsonencode(merge(local.connections[each.key], {
    password = ephemeral.aws_secretsmanager_random_password.this[each.key].random_password
  }))
  secret_string_wo_version = local.versions[each.key]
}
