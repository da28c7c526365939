resource "aws_route53_zone" "this" {
  # checkov:skip=CKV2_AWS_38:signing needs a record in the parent domain first, and takes the zone off the net when it is wrong
  # checkov:skip=CKV2_AWS_39:who asks for which public name is not worth what the log costs

  name    = var.name
  comment = var.comment
}

# Only these authorities may make certificates for the zone; others must refuse.
resource "aws_route53_record" "caa" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.name
  type    = "CAA"
  ttl     = 3600
  records = [for authority in sort(var.certificate_authorities) : "0 issue \"${authority}\""]
}
