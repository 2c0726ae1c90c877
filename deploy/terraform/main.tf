# natless audits an AWS account every night and keeps the reports in a bucket of its own.
# The same resources as ../cloudformation/natless.yaml.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.id
}
