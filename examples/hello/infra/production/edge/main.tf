# Rendered by Seaworthy from seaworthy.yaml (environments.production).
# Change that, or add a file under patches/: changes made here are not kept.

module "key" {
  source = "../../modules/key"

  name        = "hello-production-blue-edge"
  description = "Firewall logs and alarms of hello-production-blue"
  services = [
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "events.amazonaws.com",
    "logs.eu-west-3.amazonaws.com",
  ]
}

module "zone_hello_example_com" {
  source = "../../modules/zone"

  name    = "hello.example.com"
  comment = "Routes of hello-production-blue"
}

module "certificate_hello_example_com" {
  source = "../../modules/certificate"

  names   = ["hello.example.com"]
  zone_id = module.zone_hello_example_com.id
  # Issued when the parent domain names the zone's servers; see the outputs.
  wait = false
}

module "external_dns" {
  source = "../../modules/external-dns"

  name            = "hello-production-blue-external-dns"
  cluster_name    = data.terraform_remote_state.cluster.outputs.cluster_name
  cluster_arn     = data.terraform_remote_state.cluster.outputs.cluster_arn
  namespace       = "external-dns"
  service_account = "external-dns"
  zone_ids        = [module.zone_hello_example_com.id]
}

module "web_acl" {
  source = "../../modules/web-acl"

  name        = "hello-production-blue-edge"
  description = "Public routes of hello-production-blue"
  rate_limit  = 2000
  kms_key_arn = module.key.arn
}

module "notifications" {
  source = "../../modules/notifications"

  name           = "hello-production-blue-alarms"
  display_name   = "hello-production-blue"
  kms_key_arn    = module.key.arn
  mail_addresses = []
}

module "budget" {
  source = "../../modules/budget"

  name         = "hello-production-blue-month"
  limit_amount = "120.00"
  limit_unit   = "USD"
  topic_arn    = module.notifications.topic_arn
}
