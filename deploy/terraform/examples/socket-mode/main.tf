# The simplest installation: Socket Mode, nothing listens, SQLite with snapshots in S3.

module "altcontact" {
  source = "../.."

  image      = "registry.example/altcontact:0.1.0"
  subnet_ids = ["subnet-0123456789abcdef0"]
  channel    = "#security-alerts"
  fixers     = ["S045GHIJKL"]
  secret_arn = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:altcontact-AbCdEf"
}

output "log_group" {
  description = "Where the bot's log is."
  value       = module.altcontact.log_group
}
