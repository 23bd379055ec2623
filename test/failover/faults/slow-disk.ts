import type { Fault } from './fault';
import { archive } from './recover-region';
import { ask, sql, switchOver, timelineOf, until, untilRedundant } from '../lab/cluster';
import { samplesOf } from '../lab/metrics';

/** What the volume of the primary still takes in a second. */
const BYTES = 800_000;

/** Where alarms of the write's time and of the lag ring, in seconds. */
const THRESHOLD = 1;

/** A metric is published each minute, of two writes one after the other. */
const NOTICED = 75;

/** WAL in transactions of two megabytes, as a job writes it that nobody stops. */
const JOB = "DO $$ BEGIN FOR each IN 1..100 LOOP PERFORM pg_logical_emit_message(true, 'lab', repeat('x', 2097152)); COMMIT; END LOOP; END $$";

/** Two together write all that the volume takes, also while one waits for a standby. */
const JOBS = 2;

/** Files of WAL that a server which has run for a while uses again. Without them each new one is filled with zeros first, for 20 s. */
const RECYCLED = 6;

const TIMES = ['WriteLatency', 'ReplicationLag'];

/** The volume of the primary takes a fiftieth of what it took while jobs write more. Nobody takes over by itself; an operator can hand over. */
export const slowDisk: Fault = {
  id: 'slow-disk',
  title: "primary's volume slow (0.8 MB/s) under large jobs, switchover meanwhile",
  short: false,
  bounds: { direct: 90, balancer: 90, redundancy: 120 },
  async play(scene) {
    const [candidate] = scene.standbys;
    const before = await timelineOf(scene.hosts);
    await archive(scene.leader, RECYCLED);
    await ask(scene.leader, 'postgres', 'CHECKPOINT');
    scene.breaks();
    await scene.leader.limitDisk(BYTES);
    const jobs = Array.from({ length: JOBS }, () => sql(scene.leader, 'lab', JOB, 240));
    try {
      const slow = () => samplesOf(scene.lab.aws, scene.began).filter(({ name, value }) => TIMES.includes(name) && value >= THRESHOLD);
      const took = await until('a metric is past its threshold', () => Promise.resolve(slow().length > 0), 120);
      scene.expect(`an alarm rings within ${NOTICED} s`, took <= NOTICED, `${slow().map(({ name, value }) => `${name} ${value} s`).join(', ')} after ${took.toFixed(1)} s`);
      const meanwhile = await timelineOf(scene.hosts);
      scene.expect('nobody takes over by itself', meanwhile === before, `timeline ${before}, then ${meanwhile}`);
      await switchOver(scene.leader, candidate, { on: candidate, timeout: 120 });
      await scene.failover();
      await scene.seconds(8);
    } finally {
      scene.heals();
      await scene.leader.limitDisk(0);
    }
    await Promise.all(jobs);
    await untilRedundant(scene.hosts);
    const after = await timelineOf(scene.hosts);
    scene.expect('at most one change of the timeline', after <= before + 1, `timeline ${before}, then ${after}`);
  },
};
