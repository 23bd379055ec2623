import { CfnParameter, Stack, Token } from 'aws-cdk-lib';
import { validateTaskSize } from '../../src/fargate/shared/task-size';

describe('validateTaskSize', () => {
  test.each([
    [256, 512], [256, 2048], [512, 1024], [512, 4096], [1024, 2048], [1024, 8192], [2048, 4096], [2048, 16384],
    [4096, 8192], [4096, 30720], [8192, 16384], [8192, 61440], [16384, 32768], [16384, 122880],
  ])('accepts %d CPU units with %d MiB', (cpu, memoryLimitMiB) => {
    expect(() => validateTaskSize(new Stack(), { cpu, memoryLimitMiB })).not.toThrow();
  });

  test.each([
    [256, 4096, /512, 1024 or 2048 MiB/], [512, 512, /1024 to 4096 in steps of 1024/], [1024, 2049, /2048 to 8192/],
    [2048, 2048, /4096 to 16384/], [4096, 31744, /8192 to 30720/], [8192, 20000, /steps of 4096/], [16384, 16384, /steps of 8192/],
  ])('fails on %d CPU units with %d MiB, naming what goes together', (cpu, memoryLimitMiB, message) => {
    expect(() => validateTaskSize(new Stack(), { cpu, memoryLimitMiB })).toThrow(message);
  });

  test('fails on CPU units that Fargate does not offer', () => {
    expect(() => validateTaskSize(new Stack(), { cpu: 300, memoryLimitMiB: 512 })).toThrow(/256, 512, 1024, 2048, 4096, 8192, 16384\), got 300/);
  });

  test('lets unresolved numbers pass', () => {
    // GIVEN
    const stack = new Stack();
    const parameter = Token.asNumber(new CfnParameter(stack, 'Cpu', { type: 'Number' }).value);

    // THEN
    expect(() => validateTaskSize(stack, { cpu: parameter, memoryLimitMiB: 1 })).not.toThrow();
    expect(() => validateTaskSize(stack, { cpu: 256, memoryLimitMiB: parameter })).not.toThrow();
  });
});
