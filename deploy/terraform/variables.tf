variable "name" {
  description = "Name of the function, and beginning of the other names."
  type        = string
  default     = "natless"
}

# ---- Program

variable "code_bucket" {
  description = "Bucket of the function's zip, in the provider's region."
  type        = string
}

variable "code_key" {
  description = "Key of the zip."
  type        = string
}

variable "code_version" {
  description = "Version of the zip, where its bucket is versioned. Null for the latest; Terraform then sees no change when only the object changes."
  type        = string
  default     = null
}

variable "architecture" {
  description = "What the zip was built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "memory_size" {
  description = "Memory of the function, in MB. Its share of CPU grows with it."
  type        = number
  default     = 512
}

# ---- Audit

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

variable "member_role_name" {
  description = "Name of the role that the function may enter in other accounts (member-role). Empty for this account only."
  type        = string
  default     = ""
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
  description = "ENABLED, or DISABLED where the organization module audits this account along with the others."
  type        = string
  default     = "ENABLED"

  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "The state is ENABLED or DISABLED."
  }
}

variable "missed_after_hours" {
  description = "Hours without an invocation after which a night counts as missed. More than the schedule's interval."
  type        = number
  default     = 26

  validation {
    condition     = var.missed_after_hours >= 2 && var.missed_after_hours <= 168
    error_message = "An alarm looks back over 2 to 168 hours."
  }
}

# ---- Delivery

variable "prefix" {
  description = "Beginning of every key in the report bucket, without slashes at the ends."
  type        = string
  default     = "natless"

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.prefix))
    error_message = "The prefix has letters, digits, dots, dashes, underscores, and slashes between them."
  }
}

variable "formats" {
  description = "Formats of the reports. Empty for all."
  type        = list(string)
  default     = []
}

variable "notify_email" {
  description = "Address that gets the nightly summary and the alarms, after it has confirmed. Empty for none."
  type        = string
  default     = ""
}

variable "security_hub" {
  description = "Whether findings go to Security Hub, which has to be on in the audited regions."
  type        = bool
  default     = false
}

variable "event_bus_name" {
  description = "Bus of this account and region that gets an event for each audit, such as default. Empty for none."
  type        = string
  default     = ""
}

# ---- Retention

variable "runs_days" {
  description = "Days that the records of an organization's run are kept. They are parts of a report, not the report."
  type        = number
  default     = 7
}

variable "noncurrent_days" {
  description = "Days that overwritten or deleted objects are kept."
  type        = number
  default     = 30
}

variable "log_days" {
  description = "Days that the function's log is kept; one of the numbers that CloudWatch Logs takes."
  type        = number
  default     = 30
}
