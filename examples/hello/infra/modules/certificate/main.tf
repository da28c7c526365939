resource "aws_acm_certificate" "this" {
  domain_name               = local.names[0]
  subject_alternative_names = slice(local.names, 1, length(local.names))
  validation_method         = "DNS"

  # A listener keeps the old one until the new one is there.
  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # Sorted, so that the order in which names were given changes nothing.
  names = sort(var.names)

  # `*.example.com` is validated by the record of `example.com`.
  validated = toset([for name in var.names : trimprefix(name, "*.")])
  records = {
    for option in aws_acm_certificate.this.domain_validation_options :
    trimprefix(option.domain_name, "*.") => option...
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.validated

  zone_id = var.zone_id
  name    = local.records[each.key][0].resource_record_name
  type    = local.records[each.key][0].resource_record_type
  ttl     = 300
  records = [local.records[each.key][0].resource_record_value]

  # ACM asks for the same record for the same name, in every certificate of the account.
  allow_overwrite = true
}

# Only where the zone is found already: in a new one the parent domain must name its servers first.
resource "aws_acm_certificate_validation" "this" {
  for_each = toset(var.wait ? ["issued"] : [])

  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]

  timeouts {
    create = "30m"
  }
}
