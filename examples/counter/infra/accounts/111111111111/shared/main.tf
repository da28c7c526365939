# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

module "github" {
  source = "../../../modules/github-oidc"
}

module "roles_development" {
  source = "../../../modules/github-environment-roles"

  prefix            = "counter-development"
  regions           = ["eu-west-3"]
  oidc_provider_arn = module.github.arn
  repository = {
    owner = "acme"
    name  = "counter"
  }

  plan_environment  = "development-plan"
  plan_role_name    = "counter-development-github-plan"
  apply_environment = "development"
  apply_role_name   = "counter-development-github-apply"

  state_bucket      = "counter-111111111111-eu-west-3-tofu"
  state_prefix      = "development"
  state_kms_key_arn = data.terraform_remote_state.state.outputs.kms_key_arn
}
