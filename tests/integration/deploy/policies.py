"""The IAM policy of the bot's role, from Terraform's module and from CloudFormation's template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.integration.deploy.cloudformation import Template
from tests.integration.deploy.terraform import blocks, evaluate, local_values

ROOT: Final = Path(__file__).parents[3]
PERMISSIONS: Final = ROOT / "deploy/terraform/modules/permissions"
TEMPLATE: Final = ROOT / "deploy/cloudformation/altcontact.yaml"
MEMBER_ROLE: Final = ROOT / "deploy/cloudformation/member-role.yaml"
REGION: Final = "eu-west-1"
SECRET: Final = f"arn:aws:secretsmanager:{REGION}:222222222222:secret:altcontact-AbCdEf"
KEY: Final = f"arn:aws:kms:{REGION}:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STACK: Final = "altcontact"
_ENCODED: Final = re.compile(
    r"(?:(var\.\w+(?: != \"\")?|length\(var\.\w+\) > 0) \? )?"
    r"\[((?:jsonencode\(local\.\w+\)(?:, )?)+)\]"
)
"""A part of the list of statements: its condition, if it has one, and the statements."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation chooses, as far as it concerns permissions."""

    account_id: str = "222222222222"
    management_id: str = "111111111111"
    partition: str = "aws"
    fixes: bool = True
    types: tuple[str, ...] = ("SECURITY",)
    roles: tuple[str, ...] = ()
    secret_keys: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    snapshots: bool = True
    snapshot_key: str = ""
    checkpoints: str = ""
    checkpoint_key: str = ""

    @property
    def bucket(self) -> str:
        """The bucket of the snapshots, which the template names by its stack."""
        return f"{STACK}-snapshots-{self.account_id}-{REGION}"

    def variables(self) -> dict[str, Any]:
        """The inputs of the Terraform module."""
        return {
            "partition": self.partition,
            "account_id": self.account_id,
            "management_account_id": self.management_id,
            "allow_fixes": self.fixes,
            "contact_types": list(self.types),
            "assume_role_arns": list(self.roles),
            "secret_arns": [f"{SECRET}:SLACK_BOT_TOKEN::", f"{SECRET}:SLACK_APP_TOKEN::"],
            "parameter_arns": list(self.parameters),
            "secret_key_arns": list(self.secret_keys),
            "snapshots": f"s3://{self.bucket}/altcontact" if self.snapshots else "",
            "snapshot_key_arns": [self.snapshot_key] if self.snapshot_key else [],
            "checkpoints": self.checkpoints,
            "checkpoint_key_arns": [self.checkpoint_key] if self.checkpoint_key else [],
        }

    def template_parameters(self) -> dict[str, str]:
        """The parameters of the CloudFormation template."""
        return {
            "Image": "registry.example/altcontact:0.1.0",
            "VpcId": "vpc-0123456789abcdef0",
            "SubnetIds": "subnet-0123456789abcdef0",
            "Channel": "#security-alerts",
            "SecretArn": SECRET,
            "AllowFixes": "true" if self.fixes else "false",
            "ContactTypes": ",".join(self.types),
            "ManagementAccountId": self.management_id,
            "AssumeRoleArns": ",".join(self.roles),
            "SecretKeyArns": ",".join(self.secret_keys),
            "Database": "snapshots" if self.snapshots else "postgresql",
            "SnapshotKeyArn": self.snapshot_key,
            "Checkpoints": self.checkpoints,
            "CheckpointKeyArn": self.checkpoint_key,
        }

    def template(self, parameters: dict[str, str] | None = None) -> Template:
        """The CloudFormation template with these parameters, or with others."""
        pseudo = {
            "AWS::AccountId": self.account_id,
            "AWS::Partition": self.partition,
            "AWS::Region": REGION,
            "AWS::StackName": STACK,
        }
        return Template(TEMPLATE, parameters or self.template_parameters(), pseudo)


EVERYTHING: Final = Installation(
    types=("SECURITY", "BILLING", "OPERATIONS"),
    roles=("arn:aws:iam::999999999999:role/altcontact",),
    secret_keys=(KEY,),
    snapshot_key=KEY,
    checkpoints="s3://corp-audit/altcontact/prod",
    checkpoint_key=KEY,
)
"""An installation that uses every feature."""


def terraform_policy(chosen: Installation) -> dict[str, Any]:
    """The policy as the Terraform module has it, without running Terraform."""
    module = blocks(PERMISSIONS)
    given = chosen.variables()
    declared = {name for each in module["variable"] for name in each}
    assert set(given) == declared
    values = local_values(module)
    names = {f"var.{name}": value for name, value in given.items()}
    names |= {f"local.{name}": value for name, value in values.items()}
    names |= {  # those that call Terraform's functions
        "local.secrets": sorted({":".join(each.split(":")[:7]) for each in given["secret_arns"]}),
        "local.snapshot_path": given["snapshots"].removeprefix("s3://"),
        "local.snapshot_bucket": given["snapshots"].removeprefix("s3://").split("/")[0],
        "local.checkpoint_path": given["checkpoints"].removeprefix("s3://"),
    }
    statements = []
    listed = _ENCODED.findall(values["statements"])
    for condition, encoded in listed:
        if _holds(condition, given):
            statements += [
                evaluate(f"${{{name}}}", names) for name in re.findall(r"\((local\.\w+)\)", encoded)
            ]
    assert values["statements"].count("jsonencode(") == sum(
        each.count("jsonencode(") for _, each in listed
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _holds(condition: str, given: dict[str, Any]) -> bool:
    condition = condition.strip()
    if not condition:
        return True
    if found := re.fullmatch(r"var\.(\w+)", condition):
        return bool(given[found[1]])
    if found := re.fullmatch(r"length\(var\.(\w+)\) > 0", condition):
        return len(given[found[1]]) > 0
    found = re.fullmatch(r'var\.(\w+) != ""', condition)
    assert found, condition
    return bool(given[found[1]] != "")


def cloudformation_policy(chosen: Installation) -> dict[str, Any]:
    """The policy as the CloudFormation template has it."""
    role = chosen.template().resource("TaskRole")
    assert role is not None
    [policy] = role["Policies"]
    document: dict[str, Any] = policy["PolicyDocument"]
    return document


def member_policy(account_id: str) -> dict[str, Any]:
    """The policy of the role that the StackSet creates in each account."""
    parameters = {"BotRoleArn": "arn:aws:iam::222222222222:role/altcontact"}
    pseudo = {"AWS::AccountId": account_id, "AWS::Partition": "aws"}
    role = Template(MEMBER_ROLE, parameters, pseudo).resource("Role")
    assert role is not None
    [policy] = role["Policies"]
    document: dict[str, Any] = policy["PolicyDocument"]
    return document


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy without an action."""
    left = [
        {**each, "Action": [one for one in each["Action"] if one != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in left if each["Action"]]}
