import { Size, Stack } from 'aws-cdk-lib';
import { ContainerDependencyCondition, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { FargateApi, FargateWorker, PrivateFileSystem, BackendNetwork, ServiceVolume } from '../../../src';
import { type ErrorCases, inEnvironment } from '../case';

const { HEALTHY, START, SUCCESS } = ContainerDependencyCondition;

/** What tasks refuse: their size, containers and volumes. */
export const TASKS: ErrorCases = {
  'Service.cpu': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, cpu: 1 }),
  'Service.duplicatePath': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, writablePaths: ['/var/cache', '/var/cache'] }),
  'Service.duplicatePort': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, additionalPorts: [8080] }),
  'Service.ephemeralStorage': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, ephemeralStorage: Size.gibibytes(20) }),
  'Service.hostArchitecture': ({ stack, cluster }) => new FargateApi(stack, 'Api', { cluster, image: ContainerImage.fromAsset('examples/services/hello-birthday') }),
  'Service.memoryLimitMiB': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, memoryLimitMiB: 4096 }),
  'Service.reservedPath': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, writablePaths: ['/tmp'] }),
  'Service.rootUser': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, user: 'root' }),
  'Service.tmpSize': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, tmpSize: Size.gibibytes(2) }),
  'Service.user': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, user: 'node user' }),
  'Service.volumes': ({ stack, cluster, image, files }) => new FargateApi(stack, 'Api', { cluster, image, volumes: [files as never] }),
  'Service.writablePaths': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, writablePaths: ['cache'] }),
  'ServiceVolume.directory': ({ stack, cluster, image, files }) => new FargateApi(stack, 'Api', { cluster, image, volumes: [ServiceVolume.efs('Files', { fileSystem: files, mountPath: '/files', directory: 'files' })] }),
  'ServiceVolume.duplicateId': ({ stack, cluster, image, files }) => new FargateApi(stack, 'Api', {
    cluster, image, volumes: [ServiceVolume.efs('Files', { fileSystem: files, mountPath: '/files' }), ServiceVolume.ephemeral('Files', { mountPath: '/spool' })],
  }),
  'ServiceVolume.id': ({ stack, cluster, image }) => new FargateApi(stack, 'Api', { cluster, image, volumes: [ServiceVolume.ephemeral('my files', { mountPath: '/files' })] }),
  'ServiceVolume.noMountTarget': ({ stack, vpc, cluster, image }) => {
    const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc, vpcSubnets: { subnets: [vpc.isolatedSubnets[0]] } });
    new FargateApi(stack, 'Api', { cluster, image, volumes: [ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })] });
  },
  'ServiceVolume.otherNetwork': ({ stack, cluster, image }) => {
    const fileSystem = new PrivateFileSystem(stack, 'Files', { vpc: new BackendNetwork(stack, 'OtherNetwork').vpc });
    new FargateApi(stack, 'Api', { cluster, image, volumes: [ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })] });
  },
  'ServiceVolume.otherRegion': inEnvironment({ account: '111111111111', region: 'eu-west-1' }, ({ app, stack, cluster, image }) => {
    const far = new Stack(app, 'Far', { env: { account: '111111111111', region: 'us-east-1' } });
    const fileSystem = new PrivateFileSystem(far, 'Files', { vpc: new BackendNetwork(far, 'Network').vpc });
    new FargateApi(stack, 'Api', { cluster, image, volumes: [ServiceVolume.efs('Files', { fileSystem, mountPath: '/files' })] });
  }),
  'ServiceVolume.otherUser': ({ stack, cluster, image, files }) => {
    const volumes = [ServiceVolume.efs('Files', { fileSystem: files, mountPath: '/files' })];
    new FargateApi(stack, 'Api', { cluster, image, volumes });
    new FargateWorker(stack, 'Worker', { cluster, image, volumes, user: '2000:2000' });
  },
  'ServiceVolume.user': ({ stack, cluster, image, files }) => new FargateApi(stack, 'Api', { cluster, image, user: 'node', volumes: [ServiceVolume.efs('Files', { fileSystem: files, mountPath: '/files' })] }),
  'Sidecar.circularOrder': ({ api, image }) => api.addSidecar('Proxy', { image, startsAfter: { Service: START }, serviceStartsAfter: START }),
  'Sidecar.duplicateId': ({ api, image }) => api.addSidecar('Service', { image }),
  'Sidecar.essential': ({ api, image }) => api.addSidecar('Setup', { image, serviceStartsAfter: SUCCESS }),
  'Sidecar.id': ({ api, image }) => api.addSidecar('my proxy', { image }),
  'Sidecar.noHealthCheck': ({ api, image }) => api.addSidecar('Proxy', { image, serviceStartsAfter: HEALTHY }),
  'Sidecar.outOfRange': ({ api, image }) => api.addSidecar('Proxy', { image, memoryLimitMiB: 1 }),
  'Sidecar.startsAfter': ({ api, image }) => api.addSidecar('Proxy', { image, startsAfter: { Agent: START } }),
  'Sidecar.tooLarge': ({ api, image }) => {
    api.addSidecar('Proxy', { image, memoryLimitMiB: 256 });
    api.addSidecar('Agent', { image, memoryLimitMiB: 512 });
  },
  'Sidecar.tooManyContainers': ({ api, image }) => Array.from({ length: 10 }, (_, index) => api.addSidecar(`Agent${index}`, { image })),
};
