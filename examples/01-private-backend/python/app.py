from aws_cdk import App, Validations
from aws_cdk.aws_route53 import HostedZoneAttributes
from cdk_private_backend import CostReport, HardeningCheck, Posture, ReachabilityCheck

from private_backend_stack import PrivateBackendStack

app = App()
Validations.of(app).add_plugins(ReachabilityCheck(), HardeningCheck(), CostReport())
context = app.node.try_get_context

match context("posture"):
    case "development":
        Posture.development().apply_to(app)
        PrivateBackendStack(app, "PrivateBackend")
    case "production":
        Posture.production().apply_to(app)
        PrivateBackendStack(
            app,
            "PrivateBackend",
            hosted_zone=HostedZoneAttributes(hosted_zone_id=context("hostedZoneId"), zone_name=context("zoneName")),
        )
    case posture:
        raise ValueError(f"Unknown posture '{posture}'. Use -c posture=development or -c posture=production.")

app.synth()
