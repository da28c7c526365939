resource "aws_backup_vault" "this" {
  name        = var.name
  kms_key_arn = var.kms_key_arn
}

# Recovery points cannot be removed before their time. Without a day at which the lock becomes final, it can be taken away
# by whoever may change the vault: start so, and make it final after the first restore that was rehearsed.
resource "aws_backup_vault_lock_configuration" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  min_retention_days  = var.min_retention_days
  max_retention_days  = var.max_retention_days
  changeable_for_days = var.final_after_days
}
