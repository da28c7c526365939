# Rendered by Seaworthy from seaworthy.yaml (environments).
# Change that, or add a file under patches/: changes made here are not kept.

module "registry" {
  source = "../../../modules/registry"

  name          = "counter"
  services      = ["api", "web"]
  pull_accounts = ["111111111111"]
}

module "github" {
  source = "../../../modules/github-oidc"
}

module "build" {
  source = "../../../modules/github-build-role"

  name              = "counter-github-build"
  oidc_provider_arn = module.github.arn
  repository = {
    owner = "acme"
    name  = "counter"
  }
  github_environment = "build"
  repository_arns    = module.registry.repository_arns
}

module "roles_production" {
  source = "../../../modules/github-environment-roles"

  prefix            = "counter-production"
  regions           = ["eu-west-3"]
  oidc_provider_arn = module.github.arn
  repository = {
    owner = "acme"
    name  = "counter"
  }

  plan_environment  = "production-plan"
  plan_role_name    = "counter-production-github-plan"
  apply_environment = "production"
  apply_role_name   = "counter-production-github-apply"

  state_bucket      = "counter-222222222222-eu-west-3-tofu"
  state_prefix      = "production"
  state_kms_key_arn = data.terraform_remote_state.state.outputs.kms_key_arn
}
