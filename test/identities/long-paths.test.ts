import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { buildMore } from './more';
import { Posture } from '../../src/posture';
import { resourcesOf } from '../support/living-stack';
import { allIn, buildBackend } from '../support/whole-backend';

/** How long AWS takes a text, by type and property: of every text that can hold a path. Values of tags are the same everywhere. */
const LONGEST: Record<string, number> = {
  'AWS::Amplify::App.Name': 255,
  'AWS::CloudFront::Distribution.DistributionConfig.Comment': 128,
  'AWS::CloudFront::Distribution.DistributionConfig.DefaultCacheBehavior.TargetOriginId': 128,
  'AWS::CloudFront::Distribution.DistributionConfig.Origins.Id': 128,
  'AWS::CloudFront::OriginAccessControl.OriginAccessControlConfig.Name': 64,
  'AWS::CloudTrail::Trail.TrailName': 128,
  'AWS::CloudWatch::Alarm.AlarmDescription': 1024,
  'AWS::EC2::SecurityGroup.GroupDescription': 255,
  'AWS::EC2::SecurityGroupEgress.Description': 255,
  'AWS::EC2::SecurityGroupIngress.Description': 255,
  'AWS::ECS::TaskDefinition.Family': 255,
  'AWS::ElastiCache::ReplicationGroup.ReplicationGroupDescription': 255,
  'AWS::ElastiCache::ServerlessCache.Description': 255,
  'AWS::ElastiCache::User.UserName': 120,
  'AWS::ElasticLoadBalancingV2::TrustStore.Name': 32,
  'AWS::Events::Rule.Description': 512,
  'AWS::IAM::Policy.PolicyName': 128,
  'AWS::IAM::Role.Description': 1000,
  'AWS::KMS::Key.Description': 8192,
  'AWS::Lambda::Function.Description': 256,
  'AWS::SecretsManager::Secret.Description': 2048,
};

/** Texts of thousands of characters, in which a path may stand as it is: ARNs, and what people read. */
const ROOMY = /Fn::Join|DashboardBody|InputTemplate|Custom::Rehearsal\.Service/;

const LONGEST_TAG = 256;
/** Values of tags, and what policies compare them with. */
const TAG = /Tags\.Value$|aws:ResourceTag\/[^.]*$/;

/** Every text of a value with where it stands, but logical ids, which CDK keeps short. */
function textsOf(value: unknown, at: string): [at: string, text: string][] {
  if (typeof value === 'string') {
    return [[at, value]];
  }
  const inner = typeof value === 'object' && value !== null ? Object.entries(value).filter(([name]) => name !== 'Ref' && name !== 'Fn::GetAtt') : [];
  return inner.flatMap(([name, each]) => textsOf(each, Array.isArray(value) ? at : `${at}.${name}`));
}

function textsOfApp(build: (app: App) => void, posture: Posture): [at: string, text: string][] {
  const app = new App({ context: { '@aws-cdk/core:stackResourceLimit': 1000 } });
  posture.applyTo(app);
  build(app);
  return Object.values(resourcesOf(app)).flatMap(({ Type, Properties }) => textsOf(Properties, Type));
}

const deep = (length: number) => (app: App) => {
  const home = ['a', 'b', 'c'].reduce<Construct>((scope, letter) => new Construct(scope, letter.repeat(length / 3)), new Stack(app, 'Stack'));
  buildBackend(allIn(home));
};

describe.each([0.3, 75, 90, 240, 690, 2400].map((length) => [length]))('below a path of %d characters', (length) => {
  test.each(['development', 'production'] as const)('every text is as long as AWS takes it, in %s', (posture) => {
    const texts = textsOfApp(length < 1 ? buildMore : deep(length), Posture[posture]({ terminationProtection: false }));
    const tooLong = texts.filter(([at, text]) => text.length > (LONGEST[at] ?? (TAG.test(at) ? LONGEST_TAG : Infinity)));
    expect(tooLong.map(([at, text]) => `${at}: ${text.length}`)).toEqual([]);
  });
});

test('every text that holds a path has a limit here', () => {
  const without = textsOfApp(deep(690), Posture.production({ terminationProtection: false })).filter(([at, text]) => /[abc]{100}|[abc]{10}\//.test(text) && LONGEST[at] === undefined && !ROOMY.test(at) && !TAG.test(at)).map(([at]) => at);
  expect([...new Set(without)]).toEqual([]);
});
