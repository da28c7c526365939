# Rendered by Seaworthy from seaworthy.yaml (environments.development).
# Change that, or add a file under patches/: changes made here are not kept.

module "key" {
  source = "../../modules/key"

  name        = "counter-development-edge"
  description = "Firewall logs and alarms of counter-development"
  services = [
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
    "logs.eu-west-3.amazonaws.com",
  ]
}

module "zone_counter_example_com" {
  source = "../../modules/zone"

  name    = "counter.example.com"
  comment = "Routes of counter-development"
}

module "certificate_counter_example_com" {
  source = "../../modules/certificate"

  names   = ["counter.example.com"]
  zone_id = module.zone_counter_example_com.id
  # Issued when the parent domain names the zone's servers; see the outputs.
  wait = false
}

module "external_dns" {
  source = "../../modules/external-dns"

  name            = "counter-development-external-dns"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "external-dns"
  service_account = "external-dns"
  zone_ids        = [module.zone_counter_example_com.id]
}

module "web_acl" {
  source = "../../modules/web-acl"

  name        = "counter-development-edge"
  description = "Public routes of counter-development"
  rate_limit  = 2000
  kms_key_arn = module.key.arn
}

module "notifications" {
  source = "../../modules/notifications"

  name           = "counter-development-alarms"
  display_name   = "counter-development"
  kms_key_arn    = module.key.arn
  mail_addresses = []
}

module "budget" {
  source = "../../modules/budget"

  name         = "counter-development-month"
  limit_amount = "260.00"
  limit_unit   = "USD"
  topic_arn    = module.notifications.topic_arn
}
