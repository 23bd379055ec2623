import { join, resolve } from 'path';
import { parseArgs } from 'util';

const ROOT = join(__dirname, '..', '..');

/** What arguments ask for. */
export interface Options {
  /** Every fault, not only those of the short tier. */
  readonly full: boolean;
  /** How often each fault is played. */
  readonly runs: number;
  /** Ids of faults; empty for all of the tier. */
  readonly only: string[];
  /** The lab stays until Ctrl-C. */
  readonly keep: boolean;
  readonly nodes: number;
  /** Folder with the shipped files. */
  readonly nodeFiles: string;
  /** Two labs of one name are not there at the same time. */
  readonly name: string;
}

export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      'full': { type: 'boolean', default: false },
      'runs': { type: 'string', default: '1' },
      'only': { type: 'string', multiple: true, default: [] },
      'keep': { type: 'boolean', default: false },
      'nodes': { type: 'string', default: '3' },
      'node-files': { type: 'string', default: join(ROOT, 'src', 'postgres', 'self-hosted', 'node') },
      'name': { type: 'string', default: 'failover' },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`'--runs ${values.runs}' is no number of runs. Give a whole number from 1.`);
  if (!/^[13]$/.test(values.nodes)) throw new Error(`'--nodes ${values.nodes}' is no number of nodes. A cluster has 1 or 3.`);
  if (!/^[a-z0-9-]{1,20}$/.test(values.name)) throw new Error(`'--name ${values.name}' is no name of a lab. Use small letters, digits and hyphens.`);
  return { full: values.full, runs, only: values.only, keep: values.keep, nodes: Number(values.nodes), nodeFiles: resolve(values['node-files']), name: values.name };
}
