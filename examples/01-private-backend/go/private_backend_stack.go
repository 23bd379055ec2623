package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	backend "github.com/cdk-private-backend/cdk-private-backend-go/cdkprivatebackend"
)

// PrivateBackendStackProps says what differs between deployments of the stack.
type PrivateBackendStackProps struct {
	awscdk.StackProps
	// HostedZone serves HTTPS as api.<zone>. Without it: HTTP under the load balancer's own name, an error in production.
	HostedZone *awsroute53.HostedZoneAttributes
	// CaCertificates holds the certificate authorities of the database server. Without it: the RDS roots of the stack's region.
	CaCertificates backend.PemFile
}

// NewPrivateBackendStack makes a Go API with a private PostgreSQL, a bastion without open ports, an application user
// and goose migrations.
func NewPrivateBackendStack(scope constructs.Construct, id string, props *PrivateBackendStackProps) awscdk.Stack {
	if props == nil {
		props = &PrivateBackendStackProps{}
	}
	stackProps := props.StackProps
	if stackProps.TerminationProtection == nil {
		stackProps.TerminationProtection = backend.Posture_Of(scope).TerminationProtection()
	}
	stack := awscdk.NewStack(scope, &id, &stackProps)

	vpc := backend.NewBackendNetwork(stack, jsii.String("Network"), &backend.BackendNetworkProps{
		Cidr: jsii.String("10.0.0.0/16"),
	}).Vpc()
	cluster := backend.NewBackendCluster(stack, jsii.String("Cluster"), &backend.BackendClusterProps{Vpc: vpc})

	postgres := backend.NewPrivatePostgres(stack, jsii.String("Postgres"), &backend.PrivatePostgresProps{
		Vpc:            vpc,
		DatabaseName:   jsii.String("app"),
		Extensions:     jsii.Strings("pgcrypto"),
		CaCertificates: props.CaCertificates,
	})
	migrations := backend.NewMigrationTask(stack, jsii.String("Migrations"), &backend.MigrationTaskProps{
		Cluster:  cluster,
		Database: postgres.Database(),
		Source:   backend.MigrationSource_Goose(jsii.String("migrations"), nil),
	})
	user := postgres.AddUser(jsii.String("Api"), nil)
	api := backend.NewFargateApi(stack, jsii.String("Api"), &backend.FargateApiProps{
		Cluster:    cluster,
		Image:      backend.ServiceImage_FromDirectory(jsii.String("../services/go-api"), nil),
		ConnectTo:  &[]backend.IServiceBinding{user},
		Migrations: &[]backend.IServicePrerequisite{migrations},
	})

	var domain backend.CustomDomain
	if zone := props.HostedZone; zone != nil {
		domain = backend.CustomDomain_FromHostedZone(
			awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone"), zone),
			&backend.HostedZoneDomainOptions{DomainNames: jsii.Strings("api." + *zone.ZoneName)},
		)
	}
	ingress := backend.NewPublicIngress(stack, jsii.String("Ingress"), &backend.PublicIngressProps{Vpc: vpc, Domain: domain})
	ingress.AddRoute(jsii.String("Api"), &backend.IngressRouteOptions{Paths: jsii.Strings("/*"), Target: api})
	tunnel := backend.NewSsmBastion(stack, jsii.String("Bastion"), &backend.SsmBastionProps{Vpc: vpc}).
		AddTunnel(jsii.String("Postgres"), &backend.BastionTunnelOptions{Target: postgres})

	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: ingress.Url()})
	awscdk.NewCfnOutput(stack, jsii.String("ConnectCommand"), &awscdk.CfnOutputProps{Value: tunnel.ConnectCommand()})
	awscdk.NewCfnOutput(stack, jsii.String("MigrateCommand"), &awscdk.CfnOutputProps{Value: migrations.RunCommand()})
	awscdk.NewCfnOutput(stack, jsii.String("UserSecret"), &awscdk.CfnOutputProps{Value: user.Secret().SecretArn()})
	return stack
}
