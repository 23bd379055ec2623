import { ByHandRexImages, ByHandRexStack } from './by-hand-rex';
import { measureSynth } from './measure';

measureSynth((app, inputs) => {
  const images = new ByHandRexImages(app, 'RexImages');
  return [images, new ByHandRexStack(app, 'Rex', inputs, images)];
});
