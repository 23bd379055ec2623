/** What differs from one stopped task to another. */
export interface StoppedTask {
  readonly group: string;
  readonly clusterArn: string;
  readonly stopCode: string;
  readonly stoppedReason: string;
  readonly containers?: ReadonlyArray<{ readonly name: string; readonly exitCode?: number; readonly reason?: string }>;
  readonly lastStatus?: string;
}

export const TASK_ID = '8f2d1c0b9a7e4d5f8c6b3a2e1d0f9c8b';

/**
 * A task that ends, as ECS tells it.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
 */
export function taskEvent({ group, clusterArn, stopCode, stoppedReason, containers = [{ name: 'Service', exitCode: 0 }], lastStatus = 'STOPPED' }: StoppedTask): Record<string, unknown> {
  const taskArn = `arn:aws:ecs:us-west-2:111122223333:task/cluster/${TASK_ID}`;
  return {
    'version': '0',
    'id': '3317b2af-7005-947d-b652-f55e762e571a',
    'detail-type': 'ECS Task State Change',
    'source': 'aws.ecs',
    'account': '111122223333',
    'time': '2020-01-23T17:57:58Z',
    'region': 'us-west-2',
    'resources': [taskArn],
    'detail': {
      attachments: [{ id: '1789bcae-ddfb-4d10-8ebe-8ac87ddba5b8', type: 'eni', status: 'DELETED', details: [{ name: 'privateIPv4Address', value: '10.0.0.139' }] }],
      availabilityZone: 'us-west-2c',
      clusterArn,
      containers: containers.map((container) => ({ containerArn: `${taskArn}/${container.name}`, lastStatus, taskArn, networkInterfaces: [], cpu: '0', ...container })),
      cpu: '256',
      createdAt: '2020-01-23T17:57:34.402Z',
      desiredStatus: 'STOPPED',
      group,
      launchType: 'FARGATE',
      lastStatus,
      memory: '512',
      platformVersion: '1.4.0',
      stopCode,
      stoppedReason,
      stoppedAt: '2020-01-23T18:57:58Z',
      taskArn,
      taskDefinitionArn: 'arn:aws:ecs:us-west-2:111122223333:task-definition/fargate:3',
      version: 4,
    },
  };
}

/** A deployment of a service, as ECS tells it. */
export function deploymentEvent(serviceArn: string, eventName: string): Record<string, unknown> {
  return {
    'version': '0',
    'id': 'ddca6449-b258-46c0-8653-e0e3aEXAMPLE',
    'detail-type': 'ECS Deployment State Change',
    'source': 'aws.ecs',
    'account': '111122223333',
    'time': '2020-05-23T12:31:14Z',
    'region': 'us-west-2',
    'resources': [serviceArn],
    'detail': { eventType: eventName === 'SERVICE_DEPLOYMENT_FAILED' ? 'ERROR' : 'INFO', eventName, deploymentId: 'ecs-svc/123', updatedAt: '2020-05-23T11:11:11Z', reason: 'ECS deployment circuit breaker: tasks failed to start.' },
  };
}
