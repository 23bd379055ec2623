import { Size } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { PostgresServer } from './postgres-server';
import { warn } from '../../private/errors';
import { BackendAlarm } from '../../symptoms';
import { gone } from '../../symptoms/shared/gone';
import { bytes, count, percent, shown } from '../../symptoms/shared/limits';
import { isExcluded, type Symptom } from '../../symptoms/shared/symptom';
import type { MonitorPostgresOptions } from '../monitor-postgres-options';

const USUAL_MEMORY = Size.mebibytes(128);
const GAUGE = { evaluationPeriods: 3, treatMissingData: TreatMissingData.MISSING };

/**
 * What a database server looks like that is, or will soon be, in trouble. A server that runs always reports: where data is missing, it is
 * stopped or gone, which one alarm tells for all. A cluster that may pause has none, because a pause looks the same.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
 */
export function serverSymptoms(server: PostgresServer, options: MonitorPostgresOptions): Symptom[] {
  const { names } = server._metrics();
  return [
    ...when(server._limits().pauses === true ? undefined : names.cpu, () => goneSymptom(server)),
    ...when(names.cpu, () => cpuSymptom(server, options)),
    ...when(names.memory, () => memorySymptom(server, options)),
    ...when(names.connections, () => connectionsSymptom(server, options)),
    ...when(names.storage, () => storageSymptom(server, options)),
  ];
}

/** An alarm on a metric that a kind of server does not have would wait for data for ever. */
function when(metricName: string | undefined, symptom: () => Symptom): Symptom[] {
  return metricName === undefined ? [] : [symptom()];
}

function goneSymptom(server: PostgresServer): Symptom {
  return {
    alarm: BackendAlarm.DATABASE_GONE,
    title: 'Reports of the server',
    description: 'The server has reported nothing for 15 minutes, so it is stopped or deleted',
    ...gone(server.metricCpuUtilization()),
  };
}

function cpuSymptom(server: PostgresServer, options: MonitorPostgresOptions): Symptom {
  const cpu = percent(server, 'cpuPercent', options.cpuPercent, 90);
  return {
    alarm: BackendAlarm.DATABASE_CPU,
    title: 'CPU (%)',
    description: `The server has used ${shown(cpu)} % of its processors for 15 minutes`,
    metric: server.metricCpuUtilization(),
    threshold: cpu,
    ...GAUGE,
  };
}

function memorySymptom(server: PostgresServer, options: MonitorPostgresOptions): Symptom {
  const memory = bytes(server, 'minFreeMemory', options.minFreeMemory ?? leastMemory(server));
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

/** A server of 1 GiB that does nothing has little more than a tenth of it free. */
function leastMemory(server: PostgresServer): Size {
  const { memory } = server._limits();
  return Size.bytes(Math.min(USUAL_MEMORY.toBytes(), memory === undefined ? Infinity : Math.floor(memory.toBytes() / 20)));
}

function connectionsSymptom(server: PostgresServer, options: MonitorPostgresOptions): Symptom {
  const { maxConnections } = server._limits();
  const fromLimit = maxConnections === undefined ? undefined : Math.max(1, Math.floor(maxConnections * 0.8));
  const threshold = options.maxConnections === undefined ? fromLimit : count(server, 'maxConnections', options.maxConnections);
  if (threshold === undefined && !isExcluded(BackendAlarm.DATABASE_CONNECTIONS, options)) {
    warn(server, 'BackendMonitoring.connections', `The number of connections that '${server.node.path}' accepts isn't known, so no alarm watches them. Set \`maxConnections\`, or \`exclude: [BackendAlarm.DATABASE_CONNECTIONS]\`.`);
  }
  return {
    alarm: BackendAlarm.DATABASE_CONNECTIONS,
    title: 'Connections',
    description: `The server has had ${threshold === undefined ? '' : shown(threshold)} open connections, ${options.maxConnections === undefined ? `80 % of the ${maxConnections} that it accepts, ` : ''}in each of 2 periods of 5 minutes`,
    metric: server.metricDatabaseConnections(),
    threshold,
    // A deployment has old and new tasks for some minutes.
    evaluationPeriods: 2,
    treatMissingData: TreatMissingData.MISSING,
  };
}

function storageSymptom(server: PostgresServer, options: MonitorPostgresOptions): Symptom {
  const { minFreeStorage } = options;
  const { allocatedStorage, growsStorage } = server._limits();
  // RDS adds storage from 10 % down, which is no trouble as long as it does.
  const share = growsStorage === true ? 5 : 10;
  const least = allocatedStorage === undefined || allocatedStorage.isUnresolved() ? undefined : (allocatedStorage.toBytes() * share) / 100;
  const threshold = minFreeStorage === undefined ? least : bytes(server, 'minFreeStorage', minFreeStorage);
  if (threshold === undefined && !isExcluded(BackendAlarm.DATABASE_STORAGE, options)) {
    warn(server, 'BackendMonitoring.storage', `The storage size of '${server.node.path}' isn't known, so no alarm watches it. Set \`minFreeStorage\`, or \`exclude: [BackendAlarm.DATABASE_STORAGE]\`.`);
  }
  return {
    alarm: BackendAlarm.DATABASE_STORAGE,
    title: 'Free storage (bytes)',
    description: threshold === undefined ? '' : `The server has less than ${readable(threshold)} of free storage${minFreeStorage === undefined ? `, ${share} % of what it was made with` : ''}`,
    metric: server.metricFreeStorageSpace(),
    threshold,
    below: true,
    // A server whose storage is full stops, so there is nothing to wait for.
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.MISSING,
  };
}

function readable(size: number): string {
  const gibibytes = size / 1024 ** 3;
  return gibibytes >= 1 ? `${round(gibibytes)} GiB` : `${round(gibibytes * 1024)} MiB`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
