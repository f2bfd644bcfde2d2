output "task_role_arn" {
  description = "The bot's role: name it in the trust policies of the roles that it assumes."
  value       = aws_iam_role.task.arn
}

output "log_group" {
  description = "The log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "cluster" {
  description = "The ECS cluster."
  value       = aws_ecs_service.this.cluster
}

output "service" {
  description = "The ECS service."
  value       = aws_ecs_service.this.name
}

output "security_group_id" {
  description = "The security group of the tasks."
  value       = aws_security_group.task.id
}

output "snapshots" {
  description = "Where snapshots of the database are; empty with PostgreSQL."
  value       = local.snapshots_place
}

output "load_balancer" {
  description = "The load balancer's DNS name and zone, to which your name points; none in Socket Mode."
  value       = var.http == null ? null : { dns_name = aws_lb.this[0].dns_name, zone_id = aws_lb.this[0].zone_id }
}

output "permissions" {
  description = "The IAM policy of the bot's role, as JSON."
  value       = module.permissions.json
}
