# natless audits every account of an organization every night. Goes beside the function's module.
# The same resources as ../../cloudformation/organization.yaml.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.id
  machine   = "${var.name}-nightly"
  event_bus = var.event_bus_name == "" ? null : var.event_bus_name
}

# ---- State machine

resource "aws_iam_role" "state_machine" {
  name_prefix        = "natless-organization-run-"
  description        = "Lets the state machine of natless call its function and start its own child executions."
  assume_role_policy = data.aws_iam_policy_document.state_machine_trust.json
}

data "aws_iam_policy_document" "state_machine_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.machine}*"]
    }
  }
}

resource "aws_iam_role_policy" "state_machine" {
  name   = "run"
  role   = aws_iam_role.state_machine.id
  policy = data.aws_iam_policy_document.state_machine.json
}

data "aws_iam_policy_document" "state_machine" {
  statement {
    sid       = "Invoke"
    effect    = "Allow"
    actions   = ["lambda:InvokeFunction"]
    resources = [var.function_arn]
  }

  statement {
    sid       = "ReadListOfAccounts"
    effect    = "Allow"
    actions   = ["s3:GetObject"]
    resources = ["arn:${local.partition}:s3:::${var.report_bucket_name}/${var.prefix}/runs/*"]
  }

  statement {
    sid       = "StartChildren"
    effect    = "Allow"
    actions   = ["states:StartExecution"]
    resources = ["arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.machine}"]
  }

  statement {
    sid     = "FollowChildren"
    effect  = "Allow"
    actions = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
    resources = [
      "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.machine}:*",
      "arn:${local.partition}:states:${local.region}:${local.account}:execution:${local.machine}/*",
    ]
  }
}

resource "aws_sfn_state_machine" "nightly" {
  # Named, because its role names it.
  name     = local.machine
  type     = "STANDARD"
  role_arn = aws_iam_role.state_machine.arn
  definition = templatefile("${path.module}/../../organization/state-machine.asl.json", {
    FunctionArn = var.function_arn
    Partition   = local.partition
  })

  depends_on = [aws_iam_role_policy.state_machine]
}

# ---- Schedule

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy    = data.aws_iam_policy_document.dead_letters.json
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead_letters.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_iam_role" "schedule" {
  name_prefix        = "natless-organization-start-"
  description        = "Lets the schedule of natless start its state machine."
  assume_role_policy = data.aws_iam_policy_document.schedule_trust.json
}

data "aws_iam_policy_document" "schedule_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    # EventBridge Scheduler gives the group here, not the schedule.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_scheduler_schedule_group.this.arn]
    }
  }
}

resource "aws_iam_role_policy" "schedule" {
  name   = "start"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "Start"
    effect    = "Allow"
    actions   = ["states:StartExecution"]
    resources = [aws_sfn_state_machine.nightly.arn]
  }

  statement {
    sid       = "KeepLostNights"
    effect    = "Allow"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }
}

resource "aws_scheduler_schedule" "nightly" {
  name                         = local.machine
  description                  = "Audits the organization with natless."
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.schedule_timezone
  state                        = var.schedule_state

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.nightly.arn
    role_arn = aws_iam_role.schedule.arn

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }

    # The summary of the night comes from the merge alone: one message, not one for each account.
    input = jsonencode({
      max_concurrency = var.max_concurrency
      accounts        = var.accounts
      role_name       = var.member_role_name
      external_id     = var.external_id == "" ? null : var.external_id
      regions         = var.regions
      exclude_regions = var.exclude_regions
      lookback_days   = var.lookback_days
      config          = jsondecode(var.config)
      deliver_accounts = {
        s3           = "s3://${var.report_bucket_name}/${var.prefix}"
        formats      = var.formats
        security_hub = var.security_hub
        event_bus    = local.event_bus
      }
      deliver_organization = {
        s3        = "s3://${var.report_bucket_name}/${var.prefix}"
        sns       = var.topic_arn
        event_bus = local.event_bus
      }
    })
  }
}
