import { Size } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ThroughputMode } from 'aws-cdk-lib/aws-efs';
import { InvalidBackendError } from '../../private/errors';
import { BackendAlarm } from '../../symptoms';
import { gone } from '../../symptoms/shared/gone';
import { bytes, percent, shown } from '../../symptoms/shared/limits';
import type { Symptom } from '../../symptoms/shared/symptom';
import type { MonitorFileSystemOptions } from '../monitor-file-system-options';
import type { IPrivateFileSystem } from '../private-file-system';

/** New file systems begin with 2.1 TiB, and files of less than a terabyte never earn more. */
const USUAL_CREDITS = Size.gibibytes(200);

/**
 * What a file system looks like that is gone, or is or will soon be slow. It has a limit of operations in each throughput mode, and draws on burst
 * credits in one.
 *
 * @param mode nothing where it is not known
 * @see https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
 */
export function fileSystemSymptoms(fileSystem: IPrivateFileSystem, mode: ThroughputMode | undefined, options: MonitorFileSystemOptions): Symptom[] {
  const io = percent(fileSystem, 'ioPercent', options.ioPercent, 90);
  const symptom: Symptom = {
    alarm: BackendAlarm.FILE_SYSTEM_IO,
    title: 'Operations (% of the limit)',
    description: `The file system has been asked for ${shown(io)} % of the operations that it can do, for 15 minutes`,
    metric: fileSystem.metricPercentIoLimit(),
    threshold: io,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  if (mode !== ThroughputMode.ELASTIC) {
    return [goneSymptom(fileSystem), symptom, credits(fileSystem, mode, options)];
  }
  if (options.minBurstCredits !== undefined) {
    throw new InvalidBackendError(fileSystem, 'MonitorFileSystemOptions.minBurstCredits', `\`minBurstCredits\` can't be watched on '${fileSystem.node.path}', because elastic throughput uses no burst credits. `
      + 'Remove `minBurstCredits`, or set `throughputMode` of the file system to BURSTING.');
  }
  return [goneSymptom(fileSystem), symptom];
}

/** What is stored is reported every 15 minutes, whether anybody uses it or not, and of a new file system after a while. */
function goneSymptom(fileSystem: IPrivateFileSystem): Symptom {
  return {
    alarm: BackendAlarm.FILE_SYSTEM_GONE,
    title: 'Reports of the file system',
    description: 'The file system has reported nothing for 45 minutes, so it is deleted',
    ...gone(fileSystem.metricStorageBytes()),
    treatMissingData: TreatMissingData.MISSING,
    tellMissing: true,
  };
}

function credits(fileSystem: IPrivateFileSystem, mode: ThroughputMode | undefined, { minBurstCredits }: MonitorFileSystemOptions): Symptom {
  const least = minBurstCredits ?? (mode === ThroughputMode.BURSTING ? USUAL_CREDITS : undefined);
  const threshold = least === undefined ? undefined : bytes(fileSystem, 'minBurstCredits', least);
  return {
    alarm: BackendAlarm.FILE_SYSTEM_CREDITS,
    title: 'Burst credits (bytes)',
    description: `The file system has burst credits for less than ${threshold} bytes`,
    metric: fileSystem.metricBurstCreditBalance(),
    threshold,
    below: true,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
}
