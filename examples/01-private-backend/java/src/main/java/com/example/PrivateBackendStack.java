package com.example;

import io.github.cdkprivatebackend.BackendCluster;
import io.github.cdkprivatebackend.BackendNetwork;
import io.github.cdkprivatebackend.BastionTunnel;
import io.github.cdkprivatebackend.BastionTunnelOptions;
import io.github.cdkprivatebackend.CustomDomain;
import io.github.cdkprivatebackend.FargateApi;
import io.github.cdkprivatebackend.HostedZoneDomainOptions;
import io.github.cdkprivatebackend.IngressRouteOptions;
import io.github.cdkprivatebackend.MigrationSource;
import io.github.cdkprivatebackend.MigrationTask;
import io.github.cdkprivatebackend.PemFile;
import io.github.cdkprivatebackend.PostgresUser;
import io.github.cdkprivatebackend.Posture;
import io.github.cdkprivatebackend.PrivatePostgres;
import io.github.cdkprivatebackend.PublicIngress;
import io.github.cdkprivatebackend.ServiceImage;
import io.github.cdkprivatebackend.SsmBastion;
import java.util.List;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.route53.HostedZone;
import software.amazon.awscdk.services.route53.HostedZoneAttributes;
import software.constructs.Construct;

/** A Go API with a private PostgreSQL, a bastion without open ports, an application user and goose migrations. */
public class PrivateBackendStack extends Stack {
    public PrivateBackendStack(final Construct scope, final String id) {
        this(scope, id, null, null, null);
    }

    /**
     * @param hostedZone serve HTTPS as {@code api.<zone>}; null: HTTP under the load balancer's own name, an error in production
     * @param caCertificates certificate authorities of the database server; null: the RDS roots of the stack's region
     */
    public PrivateBackendStack(
            final Construct scope, final String id, final StackProps props, final HostedZoneAttributes hostedZone, final PemFile caCertificates) {
        super(scope, id, props != null ? props : StackProps.builder().terminationProtection(Posture.of(scope).getTerminationProtection()).build());

        IVpc vpc = BackendNetwork.Builder.create(this, "Network").cidr("10.0.0.0/16").build().getVpc();
        BackendCluster cluster = BackendCluster.Builder.create(this, "Cluster").vpc(vpc).build();

        PrivatePostgres postgres = PrivatePostgres.Builder.create(this, "Postgres")
                .vpc(vpc)
                .databaseName("app")
                .extensions(List.of("pgcrypto"))
                .caCertificates(caCertificates)
                .build();
        MigrationTask migrations = MigrationTask.Builder.create(this, "Migrations")
                .cluster(cluster)
                .database(postgres.getDatabase())
                .source(MigrationSource.goose("migrations"))
                .build();
        PostgresUser user = postgres.addUser("Api");
        FargateApi api = FargateApi.Builder.create(this, "Api")
                .cluster(cluster)
                .image(ServiceImage.fromDirectory("../services/go-api"))
                .connectTo(List.of(user))
                .migrations(List.of(migrations))
                .build();

        PublicIngress ingress = PublicIngress.Builder.create(this, "Ingress").vpc(vpc).domain(domain(hostedZone)).build();
        ingress.addRoute("Api", IngressRouteOptions.builder().paths(List.of("/*")).target(api).build());
        BastionTunnel tunnel = SsmBastion.Builder.create(this, "Bastion").vpc(vpc).build()
                .addTunnel("Postgres", BastionTunnelOptions.builder().target(postgres).build());

        CfnOutput.Builder.create(this, "Url").value(ingress.getUrl()).build();
        CfnOutput.Builder.create(this, "ConnectCommand").value(tunnel.getConnectCommand()).build();
        CfnOutput.Builder.create(this, "MigrateCommand").value(migrations.getRunCommand()).build();
        CfnOutput.Builder.create(this, "UserSecret").value(user.getSecret().getSecretArn()).build();
    }

    private CustomDomain domain(final HostedZoneAttributes zone) {
        if (zone == null) {
            return null;
        }
        return CustomDomain.fromHostedZone(
                HostedZone.fromHostedZoneAttributes(this, "Zone", zone),
                HostedZoneDomainOptions.builder().domainNames(List.of("api." + zone.getZoneName())).build());
    }
}
