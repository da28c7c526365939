//! Which resources hold what cannot be made again: replacing or destroying one loses data, or everybody's way in.

/// Types of hashicorp/aws whose content is lost with them.
const STATEFUL: &[&str] = &[
    "aws_backup_vault",
    "aws_cognito_user_pool",
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_ebs_snapshot",
    "aws_ebs_volume",
    // What the images of every environment are pulled from.
    "aws_ecr_repository",
    "aws_efs_file_system",
    // Everything that runs in it, and every volume's claim.
    "aws_eks_cluster",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_elasticache_serverless_cache",
    "aws_kinesis_stream",
    // Whatever was encrypted with it is lost.
    "aws_kms_key",
    "aws_mq_broker",
    "aws_msk_cluster",
    "aws_opensearch_domain",
    "aws_prometheus_workspace",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    // Its name servers are written down at a registrar.
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_ssm_parameter",
    "aws_cloudwatch_log_group",
];

/// Whether a type's content is lost with it.
pub(crate) fn is_stateful(kind: &str) -> bool {
    STATEFUL.contains(&kind)
}
