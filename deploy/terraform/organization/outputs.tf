output "state_machine_arn" {
  description = "For aws stepfunctions start-execution."
  value       = aws_sfn_state_machine.nightly.arn
}

output "schedule_name" {
  description = "For aws scheduler get-schedule, whose Target.Input is the input of each night."
  value       = aws_scheduler_schedule.nightly.name
}

output "schedule_group_name" {
  description = "Group of the schedule."
  value       = aws_scheduler_schedule_group.this.name
}

output "dead_letters_url" {
  description = "Queue of the runs that could not be started."
  value       = aws_sqs_queue.dead_letters.id
}
