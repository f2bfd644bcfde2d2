# Three replicas on PostgreSQL behind a load balancer, to which Slack sends its requests.

module "altcontact" {
  source = "../.."

  image      = "registry.example/altcontact:0.1.0"
  subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  channel    = "#security-alerts"
  fixers     = ["S045GHIJKL"]
  secret_arn = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:altcontact-AbCdEf"

  database                = "postgresql"
  database_security_group = { id = "sg-0123456789abcdef0" }
  replicas                = 3

  http = {
    certificate_arn     = "arn:aws:acm:eu-west-1:222222222222:certificate/12345678-1234-1234-1234-123456789012"
    subnet_ids          = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
    access_logs_bucket  = "corp-load-balancer-logs"
    deletion_protection = true
  }

  policy                = file("${path.module}/policy.toml")
  management_account_id = "111122223333"
  contact_types         = ["SECURITY", "BILLING", "OPERATIONS"]
  checkpoints           = "s3://corp-audit/altcontact/prod"
  checkpoint_key_arn    = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  settings              = { ALTCONTACT_SCHEDULE = "0 9 * * 1-5", ALTCONTACT_TIMEZONE = "Europe/London" }
  tags                  = { Service = "altcontact" }
}

output "load_balancer" {
  description = "What your DNS name points to."
  value       = module.altcontact.load_balancer
}
