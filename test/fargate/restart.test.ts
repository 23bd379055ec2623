import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { createCluster, IMAGE } from './fixture';
import { FargateApi, FargateWorker } from '../../src/fargate';

test('people may restart one service, and are told how', () => {
  const { stack, cluster } = createCluster();
  const worker = new FargateWorker(stack, 'Worker', { cluster, image: IMAGE });
  const people = new Role(stack, 'People', { assumedBy: new AccountRootPrincipal() });

  worker.grantRestart(people).assertSuccess();

  const Resource = stack.resolve(worker.service.serviceArn) as unknown;
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    Roles: [Match.objectLike({ Ref: Match.stringLikeRegexp('^People') })],
    PolicyDocument: Match.objectLike({
      Statement: [
        { Effect: 'Allow', Action: 'ecs:DescribeServices', Resource },
        {
          Effect: 'Allow',
          Action: 'ecs:UpdateService',
          Resource,
          Condition: {
            Null: { 'ecs:task-definition': 'true', 'ecs:subnet': 'true', 'ecs:capacity-provider': 'true', 'ecs:namespace': 'true' },
            BoolIfExists: { 'ecs:auto-assign-public-ip': 'false' },
            StringEqualsIfExists: {
              'ecs:enable-ebs-volumes': 'false', 'ecs:enable-service-connect': 'false', 'ecs:enable-vpc-lattice': 'false', 'ecs:enable-execute-command': 'false', 'ecs:propagate-tags': 'SERVICE',
            },
          },
        },
      ],
    }),
  });
  const command = JSON.stringify(Stack.of(worker).resolve(worker.restartCommand));
  expect(command).toMatch(/aws ecs update-service --region .* --cluster .* --service .* --force-new-deployment/);
  expect(command).toContain(JSON.stringify(stack.resolve(worker.service.serviceName)));
});

test.each([1, 121])('fails for a start timeout of %i seconds', (given) => {
  const { stack, cluster } = createCluster();
  expect(() => new FargateApi(stack, 'Api', { cluster, image: IMAGE, startTimeout: Duration.seconds(given) })).toThrow(`\`startTimeout\` must be from 2 to 120 whole seconds, got ${given}.`);
});
