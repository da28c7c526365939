resource "aws_route53_zone" "this" {
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
