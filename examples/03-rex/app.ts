import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { addRex } from './rex';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const context = (key: string) => app.node.tryGetContext(key);
const posture = context('posture');

Posture.fromName(posture).applyTo(app);
const frontend = { repository: context('repository'), tokenSecretName: context('tokenSecretName') };
const hostedZone = posture === 'production' ? { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') } : undefined;
addRex(app, { imageTag: context('imageTag'), frontend, hostedZone });
