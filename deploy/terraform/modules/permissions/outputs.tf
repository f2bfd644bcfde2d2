output "json" {
  description = "The IAM policy of the bot's role, as JSON."
  value       = "{\"Version\":\"2012-10-17\",\"Statement\":[${join(",", local.statements)}]}"
}
