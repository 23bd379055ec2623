package main

import (
	"fmt"

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

	switch posture := context("posture"); posture {
	case "development":
		backend.Posture_Development(nil).ApplyTo(app)
		NewPrivateBackendStack(app, "PrivateBackend", nil)
	case "production":
		backend.Posture_Production(nil).ApplyTo(app)
		NewPrivateBackendStack(app, "PrivateBackend", &PrivateBackendStackProps{
			HostedZone: &awsroute53.HostedZoneAttributes{
				HostedZoneId: jsii.String(context("hostedZoneId")),
				ZoneName:     jsii.String(context("zoneName")),
			},
		})
	default:
		panic(fmt.Sprintf("Unknown posture '%s'. Use -c posture=development or -c posture=production.", posture))
	}

	app.Synth(nil)
}
