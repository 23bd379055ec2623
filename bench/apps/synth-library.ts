import { LibraryStack } from './library';
import { measureSynth } from './measure';

measureSynth((app, inputs, size) => new LibraryStack(app, 'Backend', inputs, size));
