data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_subnet" "first" {
  id = var.subnet_ids[0]
}

locals {
  port       = 8080
  snapshots  = var.database == "snapshots"
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  vpc_id     = data.aws_subnet.first.vpc_id

  creates_bucket  = local.snapshots && var.snapshots == null
  bucket          = "${var.name}-snapshots-${local.account_id}-${local.region}"
  snapshots_place = local.snapshots ? coalesce(var.snapshots, "s3://${local.bucket}/${var.name}") : ""

  # Which secrets there are follows from how the bot is connected and where its database is.
  secret_names = concat(
    ["SLACK_BOT_TOKEN", var.http == null ? "SLACK_APP_TOKEN" : "SLACK_SIGNING_SECRET"],
    local.snapshots ? [] : ["ALTCONTACT_DATABASE"],
  )
  references = merge({ for each in local.secret_names : each => "${var.secret_arn}:${each}::" }, var.secrets)

  settings = merge(
    {
      ALTCONTACT_CHANNEL    = var.channel
      ALTCONTACT_FIXERS     = join(",", var.fixers)
      ALTCONTACT_TYPES      = join(",", var.contact_types)
      ALTCONTACT_LOG_FORMAT = "json"
      AWS_REGION            = local.region
    },
    local.snapshots ? { ALTCONTACT_BACKUP = local.snapshots_place } : {},
    var.checkpoints == "" ? {} : { ALTCONTACT_CHECKPOINTS = var.checkpoints },
    var.checkpoint_key_arn == null ? {} : { ALTCONTACT_CHECKPOINT_KEY = var.checkpoint_key_arn },
    var.http == null ? { ALTCONTACT_METRICS = "127.0.0.1:${local.port}" } : { ALTCONTACT_HTTP = "0.0.0.0:${local.port}" },
    var.settings,
    local.references,
  )
}

module "permissions" {
  source = "./modules/permissions"

  partition             = local.partition
  account_id            = local.account_id
  management_account_id = var.management_account_id
  allow_fixes           = var.allow_fixes
  contact_types         = var.contact_types
  assume_role_arns      = var.assume_role_arns
  secret_arns           = [for each in values(local.references) : each if strcontains(each, ":secretsmanager:")]
  parameter_arns        = [for each in values(local.references) : each if strcontains(each, ":ssm:")]
  secret_key_arns       = var.secret_key_arns
  snapshots             = local.snapshots_place
  snapshot_key_arns     = var.snapshot_key_arn == null ? [] : [var.snapshot_key_arn]
  checkpoints           = var.checkpoints
  checkpoint_key_arns   = var.checkpoint_key_arn == null ? [] : [var.checkpoint_key_arn]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_key_arn
  tags              = var.tags
}

resource "aws_ecs_cluster" "this" {
  count = var.cluster == null ? 1 : 0

  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}
