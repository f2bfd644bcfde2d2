# What the bot's role may do. Each statement is for one feature; what isn't used isn't granted.

locals {
  own_account           = "arn:${var.partition}:account::${var.account_id}:account"
  organization_accounts = "arn:${var.partition}:account::${var.management_account_id}:account/o-*/*"

  # A reference may end with a JSON key, a stage and a version; the ARN of the secret has seven parts.
  secrets = distinct([for each in var.secret_arns : join(":", slice(split(":", each), 0, 7))])

  snapshot_path     = trimprefix(var.snapshots, "s3://")
  snapshot_bucket   = split("/", local.snapshot_path)[0]
  checkpoint_path   = trimprefix(var.checkpoints, "s3://")
  bucket_encryption = "s3.*.amazonaws.com*"

  read_contacts = {
    Sid    = "ReadContacts"
    Effect = "Allow"
    Action = [
      "account:GetAccountInformation",
      "account:GetAlternateContact",
      "account:GetContactInformation",
    ]
    Resource = [local.own_account, local.organization_accounts]
  }

  read_organization = {
    Sid    = "ReadOrganization"
    Effect = "Allow"
    Action = [
      "organizations:DescribeOrganization",
      "organizations:ListAWSServiceAccessForOrganization",
      "organizations:ListAccounts",
      "organizations:ListAccountsForParent",
      "organizations:ListDelegatedAdministrators",
      "organizations:ListOrganizationalUnitsForParent",
      "organizations:ListRoots",
      "organizations:ListTagsForResource",
    ]
    Resource = ["*"]
  }

  change_contacts = {
    Sid    = "ChangeContacts"
    Effect = "Allow"
    Action = [
      "account:DeleteAlternateContact",
      "account:PutAlternateContact",
    ]
    Resource = [local.own_account, local.organization_accounts]
    Condition = {
      "ForAnyValue:StringEquals" = { "account:AlternateContactTypes" = var.contact_types }
    }
  }

  assume_roles = {
    Sid      = "AssumeRoles"
    Effect   = "Allow"
    Action   = ["sts:AssumeRole"]
    Resource = var.assume_role_arns
  }

  read_secrets = {
    Sid      = "ReadSecrets"
    Effect   = "Allow"
    Action   = ["secretsmanager:GetSecretValue"]
    Resource = local.secrets
  }

  read_parameters = {
    Sid      = "ReadParameters"
    Effect   = "Allow"
    Action   = ["ssm:GetParameter"]
    Resource = var.parameter_arns
  }

  decrypt_secrets = {
    Sid      = "DecryptSecrets"
    Effect   = "Allow"
    Action   = ["kms:Decrypt"]
    Resource = var.secret_key_arns
    Condition = {
      StringLike = {
        "kms:ViaService" = ["secretsmanager.*.amazonaws.com*", "ssm.*.amazonaws.com*"]
      }
    }
  }

  keep_snapshots = {
    Sid      = "KeepSnapshots"
    Effect   = "Allow"
    Action   = ["s3:GetObject", "s3:PutObject"]
    Resource = ["arn:${var.partition}:s3:::${local.snapshot_path}/*"]
  }

  delete_old_snapshots = {
    Sid      = "DeleteOldSnapshots"
    Effect   = "Allow"
    Action   = ["s3:DeleteObject"]
    Resource = ["arn:${var.partition}:s3:::${local.snapshot_path}/snapshot-*"]
  }

  # Without a condition on the prefix: with one, S3 answers 403 rather than 404 for an object that
  # doesn't exist yet, and the bot couldn't tell a new bucket from a denial.
  list_snapshots = {
    Sid      = "ListSnapshots"
    Effect   = "Allow"
    Action   = ["s3:ListBucket"]
    Resource = ["arn:${var.partition}:s3:::${local.snapshot_bucket}"]
  }

  encrypt_snapshots = {
    Sid      = "EncryptSnapshots"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = var.snapshot_key_arns
    Condition = {
      StringLike = { "kms:ViaService" = [local.bucket_encryption] }
    }
  }

  # Only writes that fail if the object exists: what is in the bucket can't be overwritten.
  add_checkpoints = {
    Sid       = "AddCheckpoints"
    Effect    = "Allow"
    Action    = ["s3:PutObject"]
    Resource  = ["arn:${var.partition}:s3:::${local.checkpoint_path}/*"]
    Condition = { Null = { "s3:if-none-match" = "false" } }
  }

  sign_checkpoints = {
    Sid      = "SignCheckpoints"
    Effect   = "Allow"
    Action   = ["kms:DescribeKey", "kms:Sign"]
    Resource = var.checkpoint_key_arns
  }

  # Encoded one by one, because the statements have different types.
  statements = concat(
    [jsonencode(local.read_contacts), jsonencode(local.read_organization)],
    var.allow_fixes ? [jsonencode(local.change_contacts)] : [],
    length(var.assume_role_arns) > 0 ? [jsonencode(local.assume_roles)] : [],
    length(var.secret_arns) > 0 ? [jsonencode(local.read_secrets)] : [],
    length(var.parameter_arns) > 0 ? [jsonencode(local.read_parameters)] : [],
    length(var.secret_key_arns) > 0 ? [jsonencode(local.decrypt_secrets)] : [],
    var.snapshots != "" ? [jsonencode(local.keep_snapshots)] : [],
    var.snapshots != "" ? [jsonencode(local.delete_old_snapshots)] : [],
    var.snapshots != "" ? [jsonencode(local.list_snapshots)] : [],
    length(var.snapshot_key_arns) > 0 ? [jsonencode(local.encrypt_snapshots)] : [],
    var.checkpoints != "" ? [jsonencode(local.add_checkpoints)] : [],
    length(var.checkpoint_key_arns) > 0 ? [jsonencode(local.sign_checkpoints)] : [],
  )
}
