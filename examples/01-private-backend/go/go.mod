module example.com/private-backend

go 1.25.0

require (
	github.com/aws/aws-cdk-go/awscdk/v2 v2.262.1
	github.com/aws/constructs-go/constructs/v10 v10.6.0
	github.com/aws/jsii-runtime-go v1.140.0
	github.com/cdk-private-backend/cdk-private-backend-go/cdkprivatebackend v0.0.0
)
