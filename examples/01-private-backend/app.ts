import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { PrivateBackendStack } from './private-backend-stack';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const context = (key: string) => app.node.tryGetContext(key);
const posture = context('posture');

Posture.fromName(posture).applyTo(app);
new PrivateBackendStack(app, 'PrivateBackend', {
  hostedZone: posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined,
});
