import { ByHandStack } from './by-hand';
import { measureSynth } from './measure';

measureSynth((app, inputs, size) => new ByHandStack(app, 'Backend', inputs, size));
