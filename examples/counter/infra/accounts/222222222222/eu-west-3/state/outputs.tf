# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

output "bucket" {
  description = "The bucket that holds every state of this account."
  value       = module.state.bucket
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the states."
  value       = module.state.kms_key_arn
}
