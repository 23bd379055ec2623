import { Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type HardenedContainerProps, hardenedContainer } from '../../src/fargate/shared/hardened-container';

function synthesize(props: Partial<HardenedContainerProps> = {}): Template {
  const stack = new Stack();
  const logGroup = new logs.LogGroup(stack, 'Logs');
  const taskDefinition = new ecs.FargateTaskDefinition(stack, 'Task');
  taskDefinition.addContainer('Main', {
    image: ecs.ContainerImage.fromRegistry('example'),
    ...hardenedContainer(taskDefinition, 'MainLinux', { logGroup, streamPrefix: 'main', ...props }),
  });
  return Template.fromStack(stack);
}

test('a hardened container has a read-only root, a writable /tmp, no capability and no root user', () => {
  synthesize().hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({
      ReadonlyRootFilesystem: true,
      Privileged: false,
      User: '1000:1000',
      LinuxParameters: {
        Capabilities: { Drop: ['ALL'] },
        InitProcessEnabled: true,
        Tmpfs: [{ ContainerPath: '/tmp', MountOptions: ['nosuid', 'nodev'], Size: 64 }],
      },
    })],
  });
});

test('a hardened container waits for its log lines to be taken rather than drop them', () => {
  synthesize().hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({
      LogConfiguration: { LogDriver: 'awslogs', Options: Match.objectLike({ 'mode': 'blocking', 'awslogs-stream-prefix': 'main' }) },
    })],
  });
});

test('a hardened container that must not wait has a buffer for what CloudWatch Logs does not take', () => {
  synthesize({ loseLogsBeforeBlocking: true }).hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({
      LogConfiguration: { LogDriver: 'awslogs', Options: Match.objectLike({ 'mode': 'non-blocking', 'max-buffer-size': '26214400b' }) },
    })],
  });
});

test('the user and the size of /tmp can be chosen', () => {
  synthesize({ user: '65532', tmpSize: Size.mebibytes(128) }).hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({
      User: '65532',
      LinuxParameters: Match.objectLike({ Tmpfs: [Match.objectLike({ Size: 128 })] }),
    })],
  });
});
