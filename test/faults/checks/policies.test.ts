import { expecting } from '../expecting';
import { found, hardening, missing, violations } from '../support/checks';

describe('policies of roles', () => {
  // A policy of the type AWS::IAM::RolePolicy is read by no rule, so that all actions on all resources pass.
  test.failing('separate-policies-unread: a RolePolicy is judged like a Policy', expecting(() => {
    const report = hardening(`
Resources:
  Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [ { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ec2.amazonaws.com } } ] } } }
  P: { Type: AWS::IAM::RolePolicy, Properties: { RoleName: !Ref Role, PolicyName: p, PolicyDocument: { Statement: [ { Effect: Allow, Action: "*", Resource: "*" } ] } } }
`);
    expect(missing({ 'a RolePolicy that allows * on *': found(report, /iam/) })).toEqual([]);
  }));

  const passing = `
Resources:
  Task: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [ { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: ecs-tasks.amazonaws.com } } ] } } }
  One: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [ { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: events.amazonaws.com } } ] }, Policies: [ { PolicyName: p, PolicyDocument: { Statement: [ { Effect: Allow, Action: iam:PassRole, Resource: !GetAtt Task.Arn } ] } } ] } }
  Any: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [ { Effect: Allow, Action: sts:AssumeRole, Principal: { Service: events.amazonaws.com } } ] }, Policies: [ { PolicyName: p, PolicyDocument: { Statement: [ { Effect: Allow, Action: iam:PassRole, Resource: "*" } ] } } ] } }
`;

  // A role that only one service can use is a violation to pass on. Two thirds of these violations in public templates are of this kind.
  test.failing('pass-role-of-one-service: passing on a role that trusts one service is no violation', expecting(() => {
    expect(violations(found(hardening(passing), /pass-role/, 'One'))).toEqual([]);
  }));

  test('a role that may pass on any role is found', () => {
    expect(found(hardening(passing), /pass-role/, 'Any')).not.toEqual([]);
  });
});

describe('policies of resources', () => {
  const callers = `
Resources:
  Permission: { Type: AWS::Lambda::Permission, Properties: { FunctionName: f, Action: lambda:InvokeFunction, Principal: "*" } }
  Url: { Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: f, AuthType: NONE } }
  Referer: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: b, PolicyDocument: { Statement: [ { Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*", Condition: { StringLike: { "aws:Referer": "https://example.com/*" } } } ] } } }
  Service: { Type: AWS::Lambda::Permission, Properties: { FunctionName: f, Action: lambda:InvokeFunction, Principal: sns.amazonaws.com, SourceArn: "arn:aws:sns:us-east-1:111122223333:t" } }
`;

  // Functions that everybody may call are read by no rule, and a header that anybody can send counts as a limit.
  test.failing('resource-policies-unread: each resource that lets everybody call is found', expecting(() => {
    const report = hardening(callers);
    expect(['Permission', 'Url', 'Referer'].filter((id) => found(report, /./, id).length === 0)).toEqual([]);
  }));

  test('a permission for one service and one source is not found', () => {
    expect(found(hardening(callers), /./, 'Service')).toEqual([]);
  });

  // A policy counts as one of an unknown bucket where it repeats the bucket's name instead of a reference.
  test.failing('policy-by-bucket-name: a policy that names its bucket as the bucket names itself belongs to it', expecting(() => {
    const deny = 'PolicyDocument: { Statement: [ { Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } } ] }';
    const report = hardening(`
Parameters: { App: { Type: String } }
Resources:
  B1: { Type: AWS::S3::Bucket, Properties: { BucketName: my-fixed-bucket } }
  P1: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: my-fixed-bucket, ${deny} } }
  B2: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub "\${App}-data" } }
  P2: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: !Sub "\${App}-data", ${deny} } }
`);
    expect(found(report, /bucket-tls/, 'B1', 'B2')).toEqual([]);
  }));
});
