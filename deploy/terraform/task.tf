locals {
  log_configuration = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.this.name
      awslogs-region        = local.region
      awslogs-stream-prefix = "bot"
    }
  }

  # The root file system is read-only; the image declares /data as a volume that its user owns.
  mount_points = [{ sourceVolume = "data", containerPath = "/data", readOnly = false }]

  # A task has no files of its own: this writes altcontact.toml into the bot's folder, and ends.
  configuration = {
    name                   = "configuration"
    image                  = var.image
    essential              = false
    entryPoint             = ["python3", "-c"]
    command                = ["import os, pathlib; pathlib.Path('/data/altcontact.toml').write_text(os.environ['ALTCONTACT_TOML'])"]
    environment            = [{ name = "ALTCONTACT_TOML", value = var.policy }]
    mountPoints            = local.mount_points
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    logConfiguration       = local.log_configuration
  }

  bot = {
    name                   = "altcontact"
    image                  = var.image
    essential              = true
    environment            = [for name in sort(keys(local.settings)) : { name = name, value = local.settings[name] }]
    mountPoints            = local.mount_points
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    logConfiguration       = local.log_configuration
    stopTimeout            = 120 # the most that Fargate waits: drain, last snapshot
    portMappings           = var.http == null ? [] : [{ containerPort = local.port, protocol = "tcp" }]
    dependsOn              = var.policy == "" ? [] : [{ containerName = "configuration", condition = "SUCCESS" }]
    healthCheck = {
      command     = ["CMD", "python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${local.port}/healthz', timeout=5)"]
      interval    = 30
      timeout     = 10
      retries     = 3
      startPeriod = 120
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = var.policy == "" ? jsonencode([local.bot]) : jsonencode([local.bot, local.configuration])
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  volume {
    name = "data"
  }
}

resource "aws_ecs_service" "this" {
  name                              = var.name
  cluster                           = var.cluster == null ? aws_ecs_cluster.this[0].arn : var.cluster.arn
  task_definition                   = aws_ecs_task_definition.this.arn
  desired_count                     = var.replicas
  launch_type                       = "FARGATE"
  platform_version                  = "LATEST"
  propagate_tags                    = "SERVICE"
  enable_execute_command            = false
  health_check_grace_period_seconds = var.http == null ? null : 180
  tags                              = var.tags

  # With SQLite the old task ends before the new one starts, so that two never write snapshots of one
  # database; a service that never has more tasks than wanted can't rebalance zones.
  deployment_maximum_percent         = local.snapshots ? 100 : 200
  deployment_minimum_healthy_percent = local.snapshots ? 0 : 100
  availability_zone_rebalancing      = local.snapshots ? "DISABLED" : "ENABLED"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = concat([aws_security_group.task.id], var.security_group_ids)
    assign_public_ip = var.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = var.http == null ? [] : [true]

    content {
      target_group_arn = aws_lb_target_group.this[0].arn
      container_name   = "altcontact"
      container_port   = local.port
    }
  }

  # The permissions have to be there when the bot starts, and until it has ended.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_lb_listener_rule.slack,
    aws_s3_bucket_public_access_block.snapshots,
  ]
}
