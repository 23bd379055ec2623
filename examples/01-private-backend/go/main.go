package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/jsii-runtime-go"
	backend "github.com/cdk-private-backend/cdk-private-backend-go/cdkprivatebackend"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	awscdk.Validations_Of(app).AddPlugins(backend.NewReachabilityCheck(), backend.NewHardeningCheck(nil), backend.NewCostReport(nil))
	context := func(key string) string {
		value, _ := app.Node().TryGetContext(jsii.String(key)).(string)
		return value
	}
	posture := context("posture")

	backend.Posture_FromName(jsii.String(posture), nil).ApplyTo(app)
	var zone *awsroute53.HostedZoneAttributes
	if posture == "production" {
		zone = &awsroute53.HostedZoneAttributes{
			HostedZoneId: jsii.String(context("hostedZoneId")),
			ZoneName:     jsii.String(context("zoneName")),
		}
	}
	NewPrivateBackendStack(app, "PrivateBackend", &PrivateBackendStackProps{HostedZone: zone})

	app.Synth(nil)
}
