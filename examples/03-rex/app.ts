import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { addRex } from './rex';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const { posture, imageTag, repository, tokenSecretName, ...hostedZone } = app.node.getAllContext();
if (posture !== 'development' && posture !== 'production') {
  throw new Error(`Unknown posture '${posture}'. Use -c posture=development or -c posture=production.`);
}
Posture[posture]().applyTo(app);
addRex(app, { imageTag, frontend: { repository, tokenSecretName }, hostedZone: posture === 'production' ? hostedZone : undefined });
