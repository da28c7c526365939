output "plan_id" {
  description = "Id of the plan."
  value       = aws_backup_plan.this.id
}

output "backup_role_arn" {
  description = "ARN of the role that takes recovery points."
  value       = aws_iam_role.backup.arn
}

output "restore_role_arn" {
  description = "ARN of the role that restores them."
  value       = aws_iam_role.restore.arn
}
