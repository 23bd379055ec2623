import { diagnosticsOf } from '../support/compile';

/** What samples may name without declaring it, as in the guides. */
const AMBIENT = ['alarm', 'api', 'app', 'bastion', 'bucket', 'cache', 'certificate', 'check', 'cluster', 'database', 'fileSystem', 'image', 'ingress', 'key', 'listener', 'loadBalancer', 'migrations', 'monitoring',
  'network', 'other', 'postgres', 'queue', 'replica', 'repository', 'scope', 'secret', 'securityGroup', 'service', 'stack', 'topic', 'user', 'users', 'vpc', 'worker', 'zone', 'subnetIds', 'firstZone', 'secondZone', 'names'];
const MODULES = {
  acm: 'aws-certificatemanager',
  ec2: 'aws-ec2',
  ecs: 'aws-ecs',
  elbv2: 'aws-elasticloadbalancingv2',
  events: 'aws-events',
  iam: 'aws-iam',
  kms: 'aws-kms',
  logs: 'aws-logs',
  rds: 'aws-rds',
  route53: 'aws-route53',
  s3: 'aws-s3',
  secretsmanager: 'aws-secretsmanager',
  sns: 'aws-sns',
  subscriptions: 'aws-sns-subscriptions',
  sqs: 'aws-sqs',
};
const FROM_CDK = ['Duration', 'Fn', 'RemovalPolicy', 'SecretValue', 'Size', 'Stack', 'Tags', 'Validations'];

/** Whether this is code that can be compiled, and not the name of a prop, an item or a method. */
export function isCode(text: string): boolean {
  return !/^(?:\w+\[\d+\]|[\w.]+\(\))$/.test(text) && (/[({[]/.test(text) || /^\w+: /.test(text));
}

/** What the compiler says of each sample that does not compile. */
export function compileSamples(samples: string[], exported: string[]): string[] {
  const lines = samples.map((sample, index) => {
    const body = sample.replace(/…/g, '').replace(/^new /, 'new ');
    return `export const sample${index} = ${/^\w+: /.test(body) ? `{ ${body} }` : `(${body})`};`;
  });
  const header = [
    `import { ${exported.join(', ')} } from '../src';`,
    `import { ${FROM_CDK.join(', ')} } from 'aws-cdk-lib';`,
    ...Object.entries(MODULES).map(([name, module]) => `import * as ${name} from 'aws-cdk-lib/${module}';`),
    'import * as path from \'path\';',
    ...AMBIENT.map((name) => `declare const ${name}: any;`),
  ];
  const text = [...header, ...lines].join('\n');
  return diagnosticsOf(text).map(({ line, message }) => `${samples[line - header.length] ?? 'header'}: ${message}`);
}
