import { EventField } from 'aws-cdk-lib/aws-events';
import { BackendAlarm } from '../../symptoms';
import type { Failure } from '../../symptoms/shared/failure';

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html */
export function deploymentFailed(serviceArn: string): Failure {
  return {
    alarm: BackendAlarm.SERVICE_DEPLOYMENT,
    description: 'ECS has given up a deployment, and goes back to the version before',
    detailType: 'ECS Deployment State Change',
    resources: [serviceArn],
    detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
    fields: { Reason: EventField.fromPath('$.detail.reason'), Deployment: EventField.fromPath('$.detail.deploymentId') },
  };
}
