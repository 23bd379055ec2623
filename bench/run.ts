import * as fs from 'fs';
import * as path from 'path';
import { benchBundles } from './bundles';
import { benchChecks } from './checks';
import { benchConverge } from './converge';
import { benchLint } from './lint';
import { benchLoad } from './load';
import { benchRemoval } from './removal';
import { benchRex } from './rex';
import { describeMachine } from './support/machine';
import { ROOT } from './support/paths';
import { printVerdicts, type Verdict } from './support/report';
import { benchScale, benchStacks, benchSynth, benchSynthRex } from './synth';

const PARTS: { readonly [name: string]: () => Promise<Verdict[]> } = {
  a: benchSynth, b: benchScale, c: benchLoad, d: benchBundles, e: benchConverge, f: benchChecks, g: benchStacks, h: benchSynthRex, i: benchRex, j: benchRemoval, k: benchLint,
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    throw new Error(`Unknown part '${unknown.join("', '")}'. Parts: ${Object.keys(PARTS).join(', ')}; all without arguments.`);
  }
  for (const needed of ['lib/index.js', 'assets/postgres/engine/sql.lambda/index.js']) {
    if (!fs.existsSync(path.join(ROOT, needed))) {
      throw new Error(`${needed} is missing. Run 'npm run bench', which bundles and compiles first.`);
    }
  }
  console.log(describeMachine().map((line) => `- ${line}`).join('\n'));
  const verdicts: Verdict[] = [];
  for (const name of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
    verdicts.push(...await PARTS[name]());
  }
  printVerdicts(verdicts);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
