import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addHelloBirthday, type HelloBirthdayProps } from '../../examples/02-hello-birthday/hello-birthday';
import { Posture } from '../../src';

const ISSUER = 'token.actions.githubusercontent.com';

interface Role {
  readonly Properties: { readonly AssumeRolePolicyDocument: unknown; readonly MaxSessionDuration: number };
}
interface Policy {
  readonly Properties: { readonly PolicyDocument: { readonly Statement: unknown[] }; readonly Roles: { readonly Ref: string }[] };
}

function build(props: HelloBirthdayProps = {}, id = 'HelloBirthdayGitHub'): Template {
  const app = new App({ analyticsReporting: false });
  Posture.production().applyTo(app);
  const stacks = addHelloBirthday(app, { account: '111122223333', repository: 'example@1/hello-birthday@2', hostedZone: { hostedZoneId: 'Z1', zoneName: 'example.com' }, ...props });
  return Template.fromStack(stacks.find(({ node }) => node.id === id)!);
}

/** Trust and permissions of the role whose logical id begins so. */
function roleIn(template: Template, name: string) {
  const [[id, role]] = Object.entries(template.findResources('AWS::IAM::Role') as Record<string, Role>).filter(([each]) => each.startsWith(name));
  const policies = Object.values(template.findResources('AWS::IAM::Policy') as Record<string, Policy>).filter(({ Properties: { Roles } }) => Roles.some(({ Ref }) => Ref === id));
  return { ...role.Properties, statements: policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement) };
}

function trusting(subject: string) {
  return {
    Version: '2012-10-17',
    Statement: [{
      Action: 'sts:AssumeRoleWithWebIdentity',
      Effect: 'Allow',
      Principal: { Federated: { Ref: expect.stringMatching(/^Provider/) } },
      Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: subject } },
    }],
  };
}

describe('what GitHub may do', () => {
  test('is not said where no repository is named', () => {
    const app = new App({ analyticsReporting: false });
    Posture.development().applyTo(app);
    expect(addHelloBirthday(app, {}).map(({ node }) => node.id)).toEqual(['HelloBirthday']);
  });

  test('rests on tokens for AWS, of GitHub alone', () => {
    build().hasResourceProperties('AWS::IAM::OIDCProvider', { Url: `https://${ISSUER}`, ClientIdList: ['sts.amazonaws.com'] });
  });

  test.each([
    ['Deploy', 'repo:example@1/hello-birthday@2:environment:production'], ['Operations', 'repo:example@1/hello-birthday@2:ref:refs/heads/main'],
  ])('is for jobs of one repository and one place: %s', (name, subject) => {
    expect(roleIn(build(), name).AssumeRolePolicyDocument).toEqual(trusting(subject));
  });

  test('holds for repositories with names alone, which are older', () => {
    expect(roleIn(build({ repository: 'example/hello-birthday' }), 'Deploy').AssumeRolePolicyDocument).toEqual(trusting('repo:example/hello-birthday:environment:production'));
  });

  test('is, for deployments, to assume the roles of the bootstrap stacks of both regions, and nothing else', () => {
    const names = ['eu-west-1', 'eu-central-1'].flatMap((region) => ['deploy', 'file-publishing', 'image-publishing', 'lookup'].map((kind) => `cdk-hnb659fds-${kind}-role-111122223333-${region}`));
    expect(roleIn(build(), 'Deploy').statements).toEqual([{
      Action: 'sts:AssumeRole',
      Effect: 'Allow',
      Resource: names.map((name) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::111122223333:role/${name}`]] })),
    }]);
  });

  test('is, for operations, to read metrics of both regions', () => {
    expect(roleIn(build(), 'Operations').statements).toEqual([{
      Action: 'cloudwatch:GetMetricStatistics',
      Effect: 'Allow',
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': ['eu-west-1', 'eu-central-1'] } },
    }]);
  });

  test('has a name that the stacks of both regions know, for operations', () => {
    build().hasResourceProperties('AWS::IAM::Role', { RoleName: 'HelloBirthdayOperations' });
  });

  test.each(['HelloBirthday', 'HelloBirthdayRecovery'])('is, for operations, to start the restore drill of %s, which says so itself', (id) => {
    const template = build({ active: 'true' }, id);
    const policies = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: ['HelloBirthdayOperations'] } }) as Record<string, Policy>);
    const [group] = Object.keys(template.findResources('AWS::AutoScaling::AutoScalingGroup', { Properties: { MinSize: '0' } }));
    expect(policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([{
      Action: 'autoscaling:SetDesiredCapacity',
      Effect: 'Allow',
      Resource: { 'Fn::Join': ['', [expect.any(String), { Ref: 'AWS::Partition' }, expect.stringContaining(':autoScalingGroup:*:autoScalingGroupName/'), { Ref: group }]] },
    }]);
    expect(JSON.stringify(template.toJSON().Outputs.RestoreDrillGroup)).toContain(`{"Ref":"${group}"}`);
  });

  test('is nothing in a second region that has not taken over', () => {
    expect(build({}, 'HelloBirthdayRecovery').findResources('AWS::IAM::Policy', { Properties: { Roles: ['HelloBirthdayOperations'] } })).toEqual({});
  });

  test('is said in outputs, which the repository has as variables', () => {
    expect(Object.keys(build().toJSON().Outputs)).toEqual(['DeployRole', 'OperationsRole']);
  });

  test('is to deploy to one region where there is one', () => {
    const arns = JSON.stringify(roleIn(build({ database: 'managed', account: undefined }), 'Deploy').statements);
    expect(arns.match(/cdk-hnb659fds-/g)).toHaveLength(4);
    expect(arns).not.toContain('eu-central-1');
  });
});
