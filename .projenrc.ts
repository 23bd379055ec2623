import { CdkPrivateBackend } from './projenrc/project';

new CdkPrivateBackend().synth();
