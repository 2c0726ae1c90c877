resource "aws_cloudwatch_log_group" "function" {
  name              = "/natless/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "function" {
  name_prefix        = "${var.name}-function-"
  description        = "Reads the account for natless and delivers its reports."
  assume_role_policy = data.aws_iam_policy_document.function_trust.json
}

data "aws_iam_policy_document" "function_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "function_read" {
  name   = "read"
  role   = aws_iam_role.function.id
  policy = file("${path.module}/../permissions.json")
}

resource "aws_iam_role_policy" "function_deliver" {
  name   = "deliver"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function_deliver.json
}

data "aws_iam_policy_document" "function_deliver" {
  statement {
    sid       = "WriteAndReadReports"
    effect    = "Allow"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.reports.arn}/${var.prefix}/*"]
  }

  statement {
    sid       = "ListReports"
    effect    = "Allow"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.reports.arn]
  }

  statement {
    sid       = "Publish"
    effect    = "Allow"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]
  }

  statement {
    sid       = "EncryptForTopic"
    effect    = "Allow"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.topic.arn]
  }

  statement {
    sid       = "KeepLostNights"
    effect    = "Allow"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    sid       = "WriteLog"
    effect    = "Allow"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${aws_cloudwatch_log_group.function.name}:*"]
  }

  dynamic "statement" {
    for_each = var.security_hub ? [1] : []

    content {
      sid     = "ImportFindings"
      effect  = "Allow"
      actions = ["securityhub:BatchImportFindings"]
      # Each finding goes to the Security Hub of its own region.
      resources = ["arn:${local.partition}:securityhub:*:${local.account}:product/${local.account}/default"]
    }
  }

  dynamic "statement" {
    for_each = var.event_bus_name == "" ? [] : [1]

    content {
      sid       = "PutEvents"
      effect    = "Allow"
      actions   = ["events:PutEvents"]
      resources = ["arn:${local.partition}:events:${local.region}:${local.account}:event-bus/${var.event_bus_name}"]
    }
  }

  dynamic "statement" {
    for_each = var.member_role_name == "" ? [] : [1]

    content {
      sid       = "EnterMembers"
      effect    = "Allow"
      actions   = ["sts:AssumeRole"]
      resources = ["arn:${local.partition}:iam::*:role/${var.member_role_name}"]
    }
  }
}

resource "aws_lambda_function" "this" {
  function_name     = var.name
  description       = "Audits AWS accounts with natless."
  runtime           = "provided.al2023"
  handler           = "bootstrap"
  architectures     = [var.architecture]
  memory_size       = var.memory_size
  timeout           = 900
  role              = aws_iam_role.function.arn
  s3_bucket         = var.code_bucket
  s3_key            = var.code_key
  s3_object_version = var.code_version

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.function.name
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  depends_on = [aws_iam_role_policy.function_deliver]
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_event_age_in_seconds = 3600
  maximum_retry_attempts       = 1

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }

  depends_on = [aws_iam_role_policy.function_deliver]
}
