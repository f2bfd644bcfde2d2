variable "partition" {
  description = "AWS partition: aws, or aws-cn."
  type        = string
  default     = "aws"

  validation {
    condition     = can(regex("^aws(-[a-z]+)*$", var.partition))
    error_message = "partition is one of AWS's partitions, such as aws or aws-cn."
  }
}

variable "account_id" {
  description = "The account that the bot runs in."
  type        = string

  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "management_account_id" {
  description = "The organization's management account, by whose id AWS names the organization's accounts. \"*\" reaches the same accounts, because no other organization's accounts can be reached."
  type        = string
  default     = "*"

  validation {
    condition     = can(regex("^(\\*|\\d{12})$", var.management_account_id))
    error_message = "management_account_id has 12 digits, or is \"*\"."
  }
}

variable "allow_fixes" {
  description = "Whether the bot may set and remove contacts. If not, it can only read."
  type        = bool
  default     = true
}

variable "contact_types" {
  description = "The types of contacts that the bot may set and remove."
  type        = list(string)
  default     = ["SECURITY"]

  validation {
    condition     = length(var.contact_types) > 0 && alltrue([for each in var.contact_types : contains(["SECURITY", "BILLING", "OPERATIONS"], each)])
    error_message = "contact_types are some of SECURITY, BILLING and OPERATIONS."
  }
}

variable "assume_role_arns" {
  description = "The roles of the [[aws]] sections of altcontact.toml. A name may have wildcards: arn:aws:iam::*:role/altcontact"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for each in var.assume_role_arns : can(regex("^arn:[a-z-]+:iam::(\\d{12}|\\*):role/.+", each))])
    error_message = "assume_role_arns are ARNs of IAM roles."
  }
}

variable "secret_arns" {
  description = "The Secrets Manager secrets that the bot reads, with or without a JSON key: arn:…:secret:altcontact-AbCdEf:SLACK_BOT_TOKEN::"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for each in var.secret_arns : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\\d{12}:secret:.+", each))])
    error_message = "secret_arns are ARNs of Secrets Manager secrets."
  }
}

variable "parameter_arns" {
  description = "The SSM parameters that the bot reads: arn:…:parameter/altcontact/slack-bot-token"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for each in var.parameter_arns : can(regex("^arn:[a-z-]+:ssm:[a-z0-9-]+:\\d{12}:parameter/.+", each))])
    error_message = "parameter_arns are ARNs of SSM parameters."
  }
}

variable "secret_key_arns" {
  description = "The KMS keys that encrypt those secrets and parameters. Not needed for AWS's own keys."
  type        = list(string)
  default     = []
}

variable "snapshots" {
  description = "Where snapshots of the database go: s3://bucket/prefix. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.snapshots == "" || can(regex("^s3://[a-z0-9.-]+/[^*?]*[^/*?]$", var.snapshots))
    error_message = "snapshots is s3://bucket/prefix, without a slash at its end."
  }
}

variable "snapshot_key_arns" {
  description = "The KMS key that encrypts the bucket of the snapshots, if it isn't S3's own."
  type        = list(string)
  default     = []
}

variable "checkpoints" {
  description = "Where checkpoints of the audit log go: s3://bucket/prefix. Empty: none."
  type        = string
  default     = ""

  validation {
    condition     = var.checkpoints == "" || can(regex("^s3://[a-z0-9.-]+/[^*?]*[^/*?]$", var.checkpoints))
    error_message = "checkpoints is s3://bucket/prefix, without a slash at its end."
  }
}

variable "checkpoint_key_arns" {
  description = "The KMS key that signs checkpoints, if one does."
  type        = list(string)
  default     = []
}
