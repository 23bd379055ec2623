import { Annotations, Size } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import type { PostgresServer } from './postgres-server';
import { BackendAlarm } from '../../symptoms';
import { bytes, count, percent } from '../../symptoms/shared/limits';
import { isExcluded, type Symptom } from '../../symptoms/shared/symptom';
import type { WatchPostgresOptions } from '../watch-postgres-options';

const GAUGE = { evaluationPeriods: 3, treatMissingData: TreatMissingData.MISSING };

/**
 * What a database server looks like that will soon be in trouble. A server that runs always reports: where data is missing, it is
 * stopped or gone, and whether that is well nobody can tell from here.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
 */
export function serverSymptoms(scope: IConstruct, server: PostgresServer, options: WatchPostgresOptions): Symptom[] {
  const { names } = server._metrics();
  return [
    ...when(names.cpu, () => cpuSymptom(scope, server, options)),
    ...when(names.memory, () => memorySymptom(scope, server, options)),
    ...when(names.connections, () => connectionsSymptom(scope, server, options)),
    ...when(names.storage, () => storageSymptom(scope, server, options)),
  ];
}

/** An alarm on a metric that a kind of server does not have would wait for data for ever. */
function when(metricName: string | undefined, symptom: () => Symptom): Symptom[] {
  return metricName === undefined ? [] : [symptom()];
}

function cpuSymptom(scope: IConstruct, server: PostgresServer, options: WatchPostgresOptions): Symptom {
  const cpu = percent(scope, 'cpuPercent', options.cpuPercent, 90);
  return {
    alarm: BackendAlarm.DATABASE_CPU,
    title: 'CPU (%)',
    description: `The server has used ${cpu} % of its processors for 15 minutes`,
    metric: server.metricCpuUtilization(),
    threshold: cpu,
    ...GAUGE,
  };
}

function memorySymptom(scope: IConstruct, server: PostgresServer, options: WatchPostgresOptions): Symptom {
  const memory = bytes(scope, 'freeMemory', options.freeMemory ?? Size.mebibytes(128));
  return {
    alarm: BackendAlarm.DATABASE_MEMORY,
    title: 'Free memory (bytes)',
    description: `The server has had less than ${readable(memory)} of free memory for 15 minutes`,
    metric: server.metricFreeableMemory(),
    threshold: memory,
    below: true,
    ...GAUGE,
  };
}

function connectionsSymptom(scope: IConstruct, server: PostgresServer, options: WatchPostgresOptions): Symptom {
  const { connections } = options;
  const { maxConnections } = server._limits();
  const fromLimit = maxConnections === undefined ? undefined : Math.max(1, Math.floor(maxConnections * 0.8));
  const threshold = connections === undefined ? fromLimit : count(scope, 'connections', connections);
  if (threshold === undefined && !isExcluded(BackendAlarm.DATABASE_CONNECTIONS, options)) {
    advise(scope, 'connections', `How many connections '${server.node.path}' accepts is not known, so no alarm watches them. Give connections, or exclude BackendAlarm.DATABASE_CONNECTIONS.`);
  }
  return {
    alarm: BackendAlarm.DATABASE_CONNECTIONS,
    title: 'Connections',
    description: `The server has had ${threshold} open connections, ${connections === undefined ? `80 % of the ${maxConnections} that it accepts, ` : ''}in each of 2 periods of 5 minutes`,
    metric: server.metricDatabaseConnections(),
    threshold,
    // A deployment has old and new tasks for some minutes.
    evaluationPeriods: 2,
    treatMissingData: TreatMissingData.MISSING,
  };
}

function storageSymptom(scope: IConstruct, server: PostgresServer, options: WatchPostgresOptions): Symptom {
  const { freeStorage } = options;
  const { allocatedStorage } = server._limits();
  const tenth = allocatedStorage === undefined || allocatedStorage.isUnresolved() ? undefined : allocatedStorage.toBytes() / 10;
  const threshold = freeStorage === undefined ? tenth : bytes(scope, 'freeStorage', freeStorage);
  if (threshold === undefined && !isExcluded(BackendAlarm.DATABASE_STORAGE, options)) {
    advise(scope, 'storage', `How much storage '${server.node.path}' has is not known, so no alarm watches it. Give freeStorage, or exclude BackendAlarm.DATABASE_STORAGE.`);
  }
  return {
    alarm: BackendAlarm.DATABASE_STORAGE,
    title: 'Free storage (bytes)',
    description: threshold === undefined ? '' : `The server has less than ${readable(threshold)} of free storage${freeStorage === undefined ? ', 10 % of what it was made with' : ''}`,
    metric: server.metricFreeStorageSpace(),
    threshold,
    below: true,
    // A server whose storage is full stops, so there is nothing to wait for.
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.MISSING,
  };
}

function advise(scope: IConstruct, what: string, message: string): void {
  Annotations.of(scope).addWarningV2(`cdk-private-backend:BackendMonitoring.${what}`, message);
}

function readable(size: number): string {
  const gibibytes = size / 1024 ** 3;
  return gibibytes >= 1 ? `${round(gibibytes)} GiB` : `${round(gibibytes * 1024)} MiB`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
