import type { PostgresServer } from './postgres-server';
import { serverSymptoms } from './server-symptoms';
import { BackendAlarm } from '../../symptoms';
import { createOwnAlarms, type OwnAlarm } from '../../symptoms/shared/own-alarm';

const ALARMS: Array<OwnAlarm & { readonly kind: BackendAlarm }> = [
  { kind: BackendAlarm.DATABASE_CPU, id: 'CpuAlarm', alarmDescription: 'The PostgreSQL server has used 90 % of its processors for 15 minutes', evaluationPeriods: 3 },
  { kind: BackendAlarm.DATABASE_CONNECTIONS, id: 'ConnectionsAlarm', alarmDescription: 'The PostgreSQL server has 80 % of the connections it accepts', evaluationPeriods: 1 },
  { kind: BackendAlarm.DATABASE_STORAGE, id: 'StorageAlarm', alarmDescription: 'The PostgreSQL server has hardly any storage left', evaluationPeriods: 1 },
];

/** Alarms on what makes a server fail slowly. They have no actions: subscribe to their state changes. */
export function createAlarms(server: PostgresServer): void {
  // What is not known is only worth a warning where somebody asked for it to be watched.
  const symptoms = serverSymptoms(server, { exclude: ALARMS.map(({ kind }) => kind) });
  ALARMS.forEach((own) => createOwnAlarms(server, symptoms.filter(({ alarm }) => alarm === own.kind), own));
}
