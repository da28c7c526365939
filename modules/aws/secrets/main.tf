# Containers only. The team puts the values in, with `aws secretsmanager put-secret-value` or the console; they never pass
# through OpenTofu.
resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:the value comes from outside; only whoever gave it can change it

  for_each = var.secrets

  name                    = each.value.name
  description             = each.value.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_in_days
}
