# The first five are all that the simplest installation needs.

variable "image" {
  description = "The image, with a tag or a digest: registry.example/altcontact:0.1.0"
  type        = string

  validation {
    condition     = can(regex("^[^\\s@]+(:[\\w.-]+|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "image needs a tag or a digest, so that it is known what runs."
  }
}

variable "subnet_ids" {
  description = "The subnets of the tasks, with a way out to Slack and AWS (a NAT gateway, or assign_public_ip)."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "subnet_ids needs at least one subnet."
  }
}

variable "channel" {
  description = "The Slack channel for alerts: an id or #name."
  type        = string
}

variable "fixers" {
  description = "Who may change contacts: ids of Slack users and user groups, or \"*\" for every member. Empty: nobody."
  type        = list(string)
  default     = []
}

variable "secret_arn" {
  description = "A Secrets Manager secret, a JSON object with the keys SLACK_BOT_TOKEN and SLACK_APP_TOKEN; with http SLACK_SIGNING_SECRET instead of SLACK_APP_TOKEN; with database = \"postgresql\" also ALTCONTACT_DATABASE."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\\d{12}:secret:[^:]+$", var.secret_arn))
    error_message = "secret_arn is the ARN of a Secrets Manager secret, without a key at its end."
  }
}

# Names and places

variable "name" {
  description = "What everything is called. It has to be another for each bot in an account and region."
  type        = string
  default     = "altcontact"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name has 2 to 24 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "tags" {
  description = "Tags of everything that is created."
  type        = map(string)
  default     = {}
}

variable "cluster" {
  description = "An ECS cluster to run in: {arn = \"…\"}. None: one is created."
  type        = object({ arn = string })
  default     = null
}

variable "assign_public_ip" {
  description = "Whether tasks get a public address: the way out in a subnet without a NAT gateway. Nothing can connect to it."
  type        = bool
  default     = false
}

variable "security_group_ids" {
  description = "Further security groups of the tasks, such as the one that a database lets in."
  type        = list(string)
  default     = []
}

# The database

variable "database" {
  description = "\"snapshots\": SQLite on the task's disk, with snapshots in S3; one task. \"postgresql\": the URL is in secret_arn under ALTCONTACT_DATABASE; any number of tasks."
  type        = string
  default     = "snapshots"

  validation {
    condition     = contains(["snapshots", "postgresql"], var.database)
    error_message = "database is \"snapshots\" or \"postgresql\"."
  }
}

variable "replicas" {
  description = "How many tasks run. More than one needs PostgreSQL."
  type        = number
  default     = 1

  validation {
    condition     = var.replicas >= 0 && floor(var.replicas) == var.replicas
    error_message = "replicas is a whole number from 0."
  }

  validation {
    condition     = var.replicas <= 1 || var.database == "postgresql"
    error_message = "More than one replica needs database = \"postgresql\": a SQLite file has one task."
  }
}

variable "database_security_group" {
  description = "The security group of the PostgreSQL server, to which a rule is added that lets the tasks in: {id = \"sg-…\"}, with the server's port if it isn't 5432."
  type        = object({ id = string, port = optional(number, 5432) })
  default     = null

  validation {
    condition     = var.database_security_group == null || var.database == "postgresql"
    error_message = "database_security_group is for database = \"postgresql\"."
  }
}

variable "snapshots" {
  description = "Where snapshots go: s3://bucket/prefix, a bucket of your own, whose name is known when planning. None: a bucket is created."
  type        = string
  default     = null

  validation {
    condition     = var.snapshots == null || can(regex("^s3://[a-z0-9.-]+/[^*?]*[^/*?]$", var.snapshots))
    error_message = "snapshots is s3://bucket/prefix, without a slash at its end."
  }
}

variable "snapshot_key_arn" {
  description = "The KMS key that encrypts the snapshots. None: S3's own key."
  type        = string
  default     = null
}

# Secrets

variable "secrets" {
  description = "Secret settings that are somewhere else than in secret_arn: {SLACK_BOT_TOKEN = \"arn:aws:ssm:…:parameter/altcontact/token\"}"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for each in keys(var.secrets) : contains(["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ALTCONTACT_DATABASE", "ALTCONTACT_DATABASE_PASSWORD"], each)])
    error_message = "secrets has keys of SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, ALTCONTACT_DATABASE and ALTCONTACT_DATABASE_PASSWORD."
  }

  validation {
    condition     = alltrue([for each in values(var.secrets) : can(regex("^arn:[a-z-]+:(secretsmanager|ssm):", each))])
    error_message = "secrets has ARNs of Secrets Manager secrets and SSM parameters, never values."
  }
}

variable "secret_key_arns" {
  description = "The KMS keys that encrypt the secrets. Not needed for AWS's own keys."
  type        = list(string)
  default     = []
}

# What the bot does

variable "policy" {
  description = "The content of altcontact.toml: file(\"altcontact.toml\"). Empty: the settings alone."
  type        = string
  default     = ""
}

variable "settings" {
  description = "Further settings by their names: {ALTCONTACT_SCHEDULE = \"0 9 * * 1-5\"}. No secrets: they would be in the state."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.settings), ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ALTCONTACT_DATABASE"])) == 0
    error_message = "Secret settings belong into secret_arn or secrets."
  }
}

variable "allow_fixes" {
  description = "Whether the bot may set and remove contacts. If not, it can only read."
  type        = bool
  default     = true
}

variable "contact_types" {
  description = "The types of contacts that are required, and that the bot may set and remove."
  type        = list(string)
  default     = ["SECURITY"]
}

variable "management_account_id" {
  description = "The organization's management account: narrows the ARNs in the role's policy."
  type        = string
  default     = "*"
}

variable "assume_role_arns" {
  description = "The roles of the [[aws]] sections of altcontact.toml."
  type        = list(string)
  default     = []
}

variable "checkpoints" {
  description = "Where checkpoints of the audit log go: s3://bucket/prefix. Empty: none."
  type        = string
  default     = ""
}

variable "checkpoint_key_arn" {
  description = "The KMS key that signs checkpoints. None: they aren't signed."
  type        = string
  default     = null
}

# Slack over HTTP

variable "http" {
  description = "Slack over HTTPS instead of Socket Mode: the certificate and the public subnets of a load balancer. None: Socket Mode, and nothing listens."
  type = object({
    certificate_arn     = string
    subnet_ids          = list(string)
    allowed_cidrs       = optional(list(string), ["0.0.0.0/0"])
    access_logs_bucket  = optional(string)
    deletion_protection = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.http == null || length(try(var.http.subnet_ids, [])) >= 2
    error_message = "http.subnet_ids needs subnets in two availability zones."
  }
}

# The task

variable "cpu" {
  description = "CPU units of a task: 1024 is one vCPU."
  type        = number
  default     = 256
}

variable "memory" {
  description = "MiB of memory of a task."
  type        = number
  default     = 512
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "image_repository_arn" {
  description = "The ECR repository of the image, if it is a private one."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 365
}

variable "log_key_arn" {
  description = "The KMS key that encrypts the logs. None: CloudWatch's own key."
  type        = string
  default     = null
}
