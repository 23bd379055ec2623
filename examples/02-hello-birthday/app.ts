import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { addHelloBirthday } from './hello-birthday';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const context = (key: string) => app.node.tryGetContext(key);
const posture = context('posture');

Posture.fromName(posture).applyTo(app);
addHelloBirthday(app, {
  account: context('account') ?? process.env.CDK_DEFAULT_ACCOUNT,
  region: context('region'),
  active: context('active'),
  database: context('database'),
  ingress: context('ingress'),
  repository: context('repository'),
  hostedZone: posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined,
});
