import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { HelloBirthdayStack } from './hello-birthday-stack';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const context = (key: string) => app.node.tryGetContext(key);
const posture = context('posture');

Posture.fromName(posture).applyTo(app);
new HelloBirthdayStack(app, 'HelloBirthday', {
  database: context('database'),
  ingress: context('ingress'),
  hostedZone: posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined,
});
