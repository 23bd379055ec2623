import { App, Validations } from 'aws-cdk-lib';
import { CostReport, HardeningCheck, Posture, ReachabilityCheck } from 'cdk-private-backend';
import { HelloBirthdayStack } from './hello-birthday-stack';

const app = new App();
Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
const context = (key: string) => app.node.tryGetContext(key);

switch (context('posture')) {
  case 'development':
    Posture.development().applyTo(app);
    new HelloBirthdayStack(app, 'HelloBirthday');
    break;
  case 'production':
    Posture.production().applyTo(app);
    new HelloBirthdayStack(app, 'HelloBirthday', {
      hostedZone: { hostedZoneId: context('hostedZoneId'), zoneName: context('zoneName') },
    });
    break;
  default:
    throw new Error(`Unknown posture '${context('posture')}'. Use -c posture=development or -c posture=production.`);
}
