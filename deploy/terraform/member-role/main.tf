# Lets natless of the audit account read this account.
# The same resources as ../../cloudformation/member-role.yaml.

variable "function_role_arn" {
  description = "Role of the function in the audit account (output function_role_arn)."
  type        = string
}

variable "role_name" {
  description = "Name of the role; member_role_name of the function's module."
  type        = string
  default     = "natless-audit"
}

variable "external_id" {
  description = "What the function has to show to enter. Empty for nothing."
  type        = string
  default     = ""
}

variable "security_hub" {
  description = "Whether the function may hand findings to this account's Security Hub."
  type        = bool
  default     = false
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
}

resource "aws_iam_role" "audit" {
  name                 = var.role_name
  description          = "Read by natless from the audit account."
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [var.function_role_arn]
    }

    dynamic "condition" {
      for_each = var.external_id == "" ? [] : [1]

      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [var.external_id]
      }
    }
  }
}

resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.audit.id
  policy = file("${path.module}/../../permissions.json")
}

resource "aws_iam_role_policy" "deliver" {
  count  = var.security_hub ? 1 : 0
  name   = "deliver"
  role   = aws_iam_role.audit.id
  policy = data.aws_iam_policy_document.deliver.json
}

data "aws_iam_policy_document" "deliver" {
  statement {
    sid     = "ImportFindings"
    effect  = "Allow"
    actions = ["securityhub:BatchImportFindings"]
    # Each finding goes to the Security Hub of its own region.
    resources = ["arn:${local.partition}:securityhub:*:${local.account}:product/${local.account}/default"]
  }
}

output "role_arn" {
  description = "What the function enters."
  value       = aws_iam_role.audit.arn
}
