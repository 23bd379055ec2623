import { request } from 'https';
import { text } from 'stream/consumers';
import { setTimeout as sleep } from 'timers/promises';
import { numberOf } from './constants';
import type { Host } from './host';

/** A member as Patroni's REST API shows it. */
export interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
  readonly lag?: number | string;
}

/** Answer of a REST API. */
export interface RestAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks Patroni of a node. Nobody verifies its certificate: that is the nodes' own business, which other expectations show. */
export async function rest(address: string, path: string, method = 'GET'): Promise<RestAnswer> {
  return new Promise((done, failed) => {
    const call = request({ host: address, port: 8008, path, method, rejectUnauthorized: false, timeout: 2000, agent: false }, (response) => {
      text(response).then((body) => done({ status: response.statusCode ?? 0, body }), failed);
    });
    call.once('timeout', () => call.destroy(new Error(`${address} does not answer.`))).once('error', failed).end();
  });
}

/** Members of the cluster, by the first host that answers; none where nobody does. */
export async function members(hosts: readonly Host[]): Promise<Member[]> {
  for (const { address } of hosts) {
    const answer = await rest(address, '/cluster').catch(() => undefined);
    if (answer?.status === 200) return (JSON.parse(answer.body) as { members: Member[] }).members;
  }
  return [];
}

/** Timeline of the cluster: each change of the primary is a new one. Patroni's members say theirs late, so the primary is asked where it is among the hosts. */
export async function timelineOf(hosts: readonly Host[]): Promise<number> {
  const leader = await primary(hosts);
  if (leader !== undefined) {
    const { output } = await sql(leader, 'postgres', 'SELECT pg_walfile_name(pg_current_wal_lsn())');
    return parseInt(output.slice(0, 8), 16);
  }
  return Math.max(...(await members(hosts)).map(({ timeline }) => timeline ?? 0));
}

/** The host that says of itself that it is primary; undefined where none does. */
export async function primary(hosts: readonly Host[]): Promise<Host | undefined> {
  const answers = await Promise.all(hosts.map(({ address }) => rest(address, '/primary').catch(() => undefined)));
  return hosts.find((_, index) => answers[index]?.status === 200);
}

/** The host that is primary; it is an error where none is. */
export async function requirePrimary(hosts: readonly Host[]): Promise<Host> {
  const found = await primary(hosts);
  if (found === undefined) throw new Error('No node is primary.');
  return found;
}

/** Whether one node leads, the others stream what it writes, and all vote in etcd. */
export async function isRedundant(hosts: readonly Host[]): Promise<boolean> {
  const all = await members(hosts);
  const leaders = all.filter(({ role, state }) => role === 'leader' && state === 'running');
  const standbys = all.filter(({ role, state }) => /replica|standby/.test(role) && state === 'streaming');
  if (all.length !== hosts.length || leaders.length !== 1 || standbys.length !== hosts.length - 1) return false;
  const one = await primary(hosts);
  return one !== undefined && (await streams(one)) === hosts.length - 1 && (await voters(one)) === hosts.length;
}

/** Number of standbys that the primary itself sees streaming. */
async function streams(host: Host): Promise<number> {
  const { output } = await sql(host, 'postgres', "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name LIKE 'node-%'");
  return Number(output);
}

async function voters(host: Host): Promise<number> {
  const { code, output } = await host.run(['bash', '-c', '. /opt/first-boot/lib.sh; etcdctl_ endpoint health -w json 2> /dev/null; true'], { timeout: 10 });
  if (code !== 0) return 0;
  try {
    return (JSON.parse(output) as { health: boolean }[]).filter(({ health }) => health).length;
  } catch {
    return 0;
  }
}

/** Runs a statement as the superuser of a host. */
export async function sql(host: Host, database: string, statement: string, timeout = 30): Promise<{ code: number | null; output: string }> {
  const { code, output } = await host.run(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', statement], { timeout });
  return { code, output: output.trim() };
}

/** Statement of the superuser that must succeed; answers with its output. */
export async function ask(host: Host, database: string, statement: string): Promise<string> {
  const { code, output } = await sql(host, database, statement);
  if (code !== 0) throw new Error(`'${statement}' failed: ${output}`);
  return output;
}

/** Hands the primary over as an operator does, in a session on one of the nodes. */
export async function switchOver(from: Host, to: Host, { on = from, timeout = 60 }: { readonly on?: Host; readonly timeout?: number } = {}): Promise<void> {
  const nameOf = ({ node }: Host) => `node-${numberOf(node)}`;
  await on.output(['patronictl', '-c', '/etc/patroni/config.yml', 'switchover', '--leader', nameOf(from), '--candidate', nameOf(to), '--force'], { timeout });
}

/** Resolves with the seconds that it took until something holds; it is an error where it takes too long. */
export async function until(what: string, holds: () => Promise<boolean>, timeout: number): Promise<number> {
  const started = Date.now();
  while (!(await holds())) {
    if (Date.now() - started > timeout * 1000) throw new Error(`Not within ${timeout} s: ${what}.`);
    await sleep(250);
  }
  return (Date.now() - started) / 1000;
}

/** Waits until all nodes take part. */
export async function untilRedundant(hosts: readonly Host[], timeout = 180): Promise<number> {
  return until('every node streams and votes in etcd', () => isRedundant(hosts), timeout);
}

/** Node that leads etcd. */
export async function etcdLeader(hosts: readonly Host[]): Promise<Host | undefined> {
  for (const host of hosts) {
    const { code, output } = await host.run(['bash', '-c', '. /opt/first-boot/lib.sh; etcd_here endpoint status -w json 2> /dev/null'], { timeout: 10 });
    if (code !== 0) continue;
    const [{ Status: status }] = JSON.parse(output) as { Status: { header: { member_id: number }; leader: number } }[];
    if (status.header.member_id === status.leader) return host;
  }
  return undefined;
}

/** Makes a node the leader of etcd. */
export async function moveEtcdLeader(hosts: readonly Host[], to: Host): Promise<void> {
  const leader = await etcdLeader(hosts);
  if (leader === undefined) throw new Error('etcd has no leader.');
  if (leader === to) return;
  const id = await to.output(['bash', '-c', '. /opt/first-boot/lib.sh; printf "%x" "$(etcd_here endpoint status -w json | jq ".[0].Status.header.member_id")"'], { timeout: 10 });
  await leader.output(['bash', '-c', `. /opt/first-boot/lib.sh; etcd_here move-leader ${id}`], { timeout: 10 });
}
