output "plan_role_arn" {
  description = "ARN of the role that plans."
  value       = module.plan.arn
}

output "apply_role_arn" {
  description = "ARN of the role that applies."
  value       = module.apply.arn
}
