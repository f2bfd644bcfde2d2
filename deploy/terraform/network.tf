resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "The tasks of altcontact"
  vpc_id      = local.vpc_id
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

# Slack and AWS have no fixed addresses.
resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.task.id
  description       = "Slack and AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "database" {
  count = var.database_security_group == null ? 0 : 1

  security_group_id            = aws_security_group.task.id
  description                  = "PostgreSQL"
  ip_protocol                  = "tcp"
  from_port                    = var.database_security_group.port
  to_port                      = var.database_security_group.port
  referenced_security_group_id = var.database_security_group.id
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = var.database_security_group == null ? 0 : 1

  security_group_id            = var.database_security_group.id
  description                  = "${var.name} tasks"
  ip_protocol                  = "tcp"
  from_port                    = var.database_security_group.port
  to_port                      = var.database_security_group.port
  referenced_security_group_id = aws_security_group.task.id
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  count = var.http == null ? 0 : 1

  security_group_id            = aws_security_group.task.id
  description                  = "The load balancer"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  tags                         = var.tags
}
