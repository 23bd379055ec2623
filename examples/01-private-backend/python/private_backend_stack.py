from pathlib import Path

from aws_cdk import CfnOutput, Stack
from aws_cdk.aws_route53 import HostedZone, HostedZoneAttributes
from cdk_private_backend import (
    BackendCluster,
    BackendNetwork,
    CustomDomain,
    FargateApi,
    MigrationSource,
    MigrationTask,
    PemFile,
    Posture,
    PrivatePostgres,
    PublicIngress,
    ServiceImage,
    SsmBastion,
)
from constructs import Construct

EXAMPLE = Path(__file__).resolve().parents[1]


class PrivateBackendStack(Stack):
    """A Go API with a private PostgreSQL, a bastion without open ports, an application user and goose migrations."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        hosted_zone: HostedZoneAttributes | None = None,
        ca_certificates: PemFile | None = None,
        **kwargs,
    ) -> None:
        """
        :param hosted_zone: Serve HTTPS as ``api.<zone>``. Default: HTTP under the load balancer's own name; an error in production.
        :param ca_certificates: Certificate authorities of the database server. Default: the RDS roots of the stack's region.
        """
        kwargs.setdefault("termination_protection", Posture.of(scope).termination_protection)
        super().__init__(scope, construct_id, **kwargs)

        vpc = BackendNetwork(self, "Network", cidr="10.0.0.0/16").vpc
        cluster = BackendCluster(self, "Cluster", vpc=vpc)

        postgres = PrivatePostgres(self, "Postgres", vpc=vpc, database_name="app", extensions=["pgcrypto"], ca_certificates=ca_certificates)
        migrations = MigrationTask(
            self,
            "Migrations",
            cluster=cluster,
            database=postgres.database,
            source=MigrationSource.goose(str(EXAMPLE / "migrations")),
        )
        user = postgres.add_user("Api")
        api = FargateApi(
            self,
            "Api",
            cluster=cluster,
            image=ServiceImage.from_directory(str(EXAMPLE.parent / "services" / "go-api")),
            connect_to=[user],
            migrations=[migrations],
        )

        domain = hosted_zone and CustomDomain.from_hosted_zone(
            HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=hosted_zone.hosted_zone_id, zone_name=hosted_zone.zone_name
            ),
            domain_names=[f"api.{hosted_zone.zone_name}"],
        )
        ingress = PublicIngress(self, "Ingress", vpc=vpc, domain=domain)
        ingress.add_route("Api", paths=["/*"], target=api)
        tunnel = SsmBastion(self, "Bastion", vpc=vpc).add_tunnel("Postgres", target=postgres)

        CfnOutput(self, "Url", value=ingress.url)
        CfnOutput(self, "ConnectCommand", value=tunnel.connect_command)
        CfnOutput(self, "MigrateCommand", value=migrations.run_command)
        CfnOutput(self, "UserSecret", value=user.secret.secret_arn)
