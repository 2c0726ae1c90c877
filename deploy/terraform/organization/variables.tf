variable "name" {
  description = "Beginning of the names."
  type        = string
  default     = "natless-organization"
}

# ---- Outputs of the function's module

variable "function_arn" {
  description = "Output function_arn."
  type        = string
}

variable "report_bucket_name" {
  description = "Output report_bucket_name."
  type        = string
}

variable "prefix" {
  description = "Output report_prefix."
  type        = string
  default     = "natless"
}

variable "topic_arn" {
  description = "Output topic_arn."
  type        = string
}

# ---- Audit

variable "accounts" {
  description = "Accounts to audit. Empty for all of the organization, which takes the management account or a delegated administrator."
  type        = list(string)
  default     = []
}

variable "member_role_name" {
  description = "Role of the member-role module in each account; member_role_name of the function's module."
  type        = string
  default     = "natless-audit"
}

variable "external_id" {
  description = "external_id of the member-role module. Empty for none."
  type        = string
  default     = ""
}

variable "max_concurrency" {
  description = "Accounts that are audited at once. Each takes one of the account's concurrent calls of Lambda."
  type        = number
  default     = 5
}

variable "regions" {
  description = "Regions to read. Empty for every enabled one."
  type        = list(string)
  default     = []
}

variable "exclude_regions" {
  description = "Regions to leave out."
  type        = list(string)
  default     = []
}

variable "lookback_days" {
  description = "Days of metrics to read."
  type        = number
  default     = 14
}

variable "config" {
  description = "Settings and waivers, as a JSON object with the keys of natless.toml."
  type        = string
  default     = "{}"

  validation {
    condition     = can(keys(jsondecode(var.config)))
    error_message = "The settings are a JSON object."
  }
}

# ---- Schedule

variable "schedule" {
  description = "When to audit; an expression of EventBridge Scheduler."
  type        = string
  default     = "cron(0 2 * * ? *)"
}

variable "schedule_timezone" {
  description = "Time zone of the schedule, by its IANA name."
  type        = string
  default     = "UTC"
}

variable "schedule_state" {
  description = "Whether the schedule runs: ENABLED or DISABLED."
  type        = string
  default     = "ENABLED"

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "The state is ENABLED or DISABLED."
  }
}

variable "missed_after_hours" {
  description = "Hours without a finished run after which a night counts as missed. More than the schedule's interval."
  type        = number
  default     = 26

  validation {
    condition     = var.missed_after_hours >= 2 && var.missed_after_hours <= 168
    error_message = "An alarm looks back over 2 to 168 hours."
  }
}

# ---- Delivery

variable "formats" {
  description = "Formats of the accounts' reports. Empty for all."
  type        = list(string)
  default     = []
}

variable "security_hub" {
  description = "Whether findings go to the Security Hub of their account; as in the other two modules."
  type        = bool
  default     = false
}

variable "event_bus_name" {
  description = "Bus that gets an event for each audit; as in the function's module. Empty for none."
  type        = string
  default     = ""
}
