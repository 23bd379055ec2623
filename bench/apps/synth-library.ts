import { LibraryStack } from './library';
import { measureSynth } from './measure';

measureSynth((app, inputs, apis) => new LibraryStack(app, 'Backend', inputs, apis));
