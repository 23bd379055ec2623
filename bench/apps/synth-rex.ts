import { Posture } from 'cdk-private-backend';
import { measureSynth } from './measure';
import { addRex } from '../../examples/03-rex/rex';

measureSynth((app) => {
  Posture.development().applyTo(app);
  const frontend = { repository: 'https://github.com/example/rex-web', tokenSecretName: 'rex/github-token' };
  return addRex(app, { imageTag: '1.0.0', frontend });
});
