import { App } from 'aws-cdk-lib';
import { Posture } from 'cdk-private-backend';
import { PrivateBackendStack } from './private-backend-stack';

const app = new App();
posture(app.node.tryGetContext('posture') ?? 'development').applyTo(app);

new PrivateBackendStack(app, 'PrivateBackend', {
  domainName: app.node.tryGetContext('domainName'),
  hostedZoneId: app.node.tryGetContext('hostedZoneId'),
});

function posture(name: string): Posture {
  switch (name) {
    case 'development': return Posture.development();
    case 'production': return Posture.production();
    default: throw new Error(`Unknown posture '${name}'. Use -c posture=development or -c posture=production.`);
  }
}
