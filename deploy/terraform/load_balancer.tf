# Slack over HTTPS. Only POST /slack/events is passed on: health and metrics stay inside.

resource "aws_security_group" "load_balancer" {
  count = var.http == null ? 0 : 1

  name        = "${var.name}-load-balancer"
  description = "The load balancer of altcontact"
  vpc_id      = local.vpc_id
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = toset(try(var.http.allowed_cidrs, []))

  security_group_id = aws_security_group.load_balancer[0].id
  description       = "Slack, whose requests are signed"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  count = var.http == null ? 0 : 1

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "The tasks"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  referenced_security_group_id = aws_security_group.task.id
  tags                         = var.tags
}

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:one path is passed on, and the bot refuses what Slack hasn't signed before reading it
  count = var.http == null ? 0 : 1

  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.http.subnet_ids
  security_groups            = [aws_security_group.load_balancer[0].id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.http.deletion_protection
  tags                       = var.tags

  dynamic "access_logs" {
    for_each = var.http.access_logs_bucket == null ? [] : [var.http.access_logs_bucket]

    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; the way from there stays in the VPC
  count = var.http == null ? 0 : 1

  name                 = var.name
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = local.port
  vpc_id               = local.vpc_id
  deregistration_delay = 30 # Slack wants an answer within three seconds, so nothing takes longer
  tags                 = var.tags

  # ECS replaces a task that the load balancer finds unhealthy. That helps against a thread that hangs, and
  # not while Slack or the database is down: so not /readyz.
  health_check {
    path                = "/healthz"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }
}

resource "aws_lb_listener" "https" {
  count = var.http == null ? 0 : 1

  load_balancer_arn = aws_lb.this[0].arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.http.certificate_arn
  tags              = var.tags

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "slack" {
  count = var.http == null ? 0 : 1

  listener_arn = aws_lb_listener.https[0].arn
  priority     = 1
  tags         = var.tags

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }

  condition {
    path_pattern {
      values = ["/slack/events"]
    }
  }

  condition {
    http_request_method {
      values = ["POST"]
    }
  }
}
