from aws_cdk import App, Validations
from aws_cdk.aws_route53 import HostedZoneAttributes
from cdk_private_backend import CostReport, HardeningCheck, Posture, ReachabilityCheck

from private_backend_stack import PrivateBackendStack

app = App()
Validations.of(app).add_plugins(ReachabilityCheck(), HardeningCheck(), CostReport())
context = app.node.try_get_context
posture = context("posture")

Posture.from_name(posture).apply_to(app)
zone = HostedZoneAttributes(hosted_zone_id=context("hostedZoneId"), zone_name=context("zoneName"))
PrivateBackendStack(app, "PrivateBackend", hosted_zone=zone if posture == "production" else None)

app.synth()
