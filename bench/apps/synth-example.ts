import { Posture } from 'cdk-private-backend';
import { measureSynth } from './measure';
import { PrivateBackendStack } from '../../examples/01-private-backend/private-backend-stack';

measureSynth((app) => {
  Posture.development().applyTo(app);
  return new PrivateBackendStack(app, 'Backend');
});
