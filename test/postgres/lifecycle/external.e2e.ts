import { externalServer } from './external-server';
import { describeLifecycles } from './lifecycle-suite';

/** Names of this run, so that it can run again on the same server. */
const prefix = `run${Date.now().toString(36)}_`;

describe(`on the server '${process.env.SERVER_HOST ?? ''}'`, () => describeLifecycles(async () => externalServer(process.env), { prefix, patience: 20_000 }));
