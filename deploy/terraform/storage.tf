# The snapshots hold contacts, which are personal data: private, encrypted, and only over TLS.

resource "aws_s3_bucket" "snapshots" {
  #checkov:skip=CKV_AWS_18:the bot is the only reader; who wants a log of it turns it on for a bucket of their own
  #checkov:skip=CKV_AWS_144:what is in it can be made again by a check, except for decisions of a region that is gone
  #checkov:skip=CKV2_AWS_62:nothing waits for a snapshot
  count = local.creates_bucket ? 1 : 0

  bucket = local.bucket
  tags   = var.tags
}

resource "aws_s3_bucket_public_access_block" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket                  = aws_s3_bucket.snapshots[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id

  rule {
    bucket_key_enabled = var.snapshot_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.snapshot_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.snapshot_key_arn
    }
  }
}

# A snapshot that was deleted or overwritten by mistake can be had back for a month.
resource "aws_s3_bucket_versioning" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  depends_on = [aws_s3_bucket_versioning.snapshots]
}

data "aws_iam_policy_document" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.snapshots[0].arn, "${aws_s3_bucket.snapshots[0].arn}/*"]

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

resource "aws_s3_bucket_policy" "snapshots" {
  count = local.creates_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id
  policy = data.aws_iam_policy_document.snapshots[0].json

  depends_on = [aws_s3_bucket_public_access_block.snapshots]
}
