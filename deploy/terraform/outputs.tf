output "function_name" {
  description = "For aws lambda invoke."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "For the organization module."
  value       = aws_lambda_function.this.arn
}

output "function_role_arn" {
  description = "For the member-role module, or member-role.yaml."
  value       = aws_iam_role.function.arn
}

output "report_bucket_name" {
  description = "Where the reports are."
  value       = aws_s3_bucket.reports.id
}

output "report_prefix" {
  description = "Beginning of the reports' keys."
  value       = var.prefix
}

output "topic_arn" {
  description = "For further subscriptions, and for the organization module."
  value       = aws_sns_topic.this.arn
}

output "dead_letters_url" {
  description = "Queue of the nights that were given up."
  value       = aws_sqs_queue.dead_letters.id
}

output "log_group_name" {
  description = "Log of the function."
  value       = aws_cloudwatch_log_group.function.name
}

output "schedule_name" {
  description = "For aws scheduler get-schedule, whose Target.Input is the event of each night."
  value       = aws_scheduler_schedule.nightly.name
}

output "schedule_group_name" {
  description = "Group of the schedule."
  value       = aws_scheduler_schedule_group.this.name
}
