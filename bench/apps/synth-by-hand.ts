import { ByHandStack } from './by-hand';
import { measureSynth } from './measure';

measureSynth((app, inputs, apis) => new ByHandStack(app, 'Backend', inputs, apis));
