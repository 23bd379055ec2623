import type { Task } from '@aws-sdk/client-ecs';

/** What a failure says, in the words of ECS or of a program, and what to do about it. */
interface Advice {
  readonly pattern: RegExp;
  /** Whether the same task would fail again. */
  readonly final: boolean;
  readonly advice: (task: Task, texts: readonly string[]) => string;
}

const REGISTRY = /^\d{12}\.dkr[.-]ecr[.a-z-]*\.([a-z0-9-]+)\.[a-z.]+\//;

/**
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
 */
const KNOWN: readonly Advice[] = [
  {
    pattern: /descriptor matching platform|no matching manifest for|exec format error/i,
    final: true,
    advice: (task) => `Build the image for the CPU of the task, with \`docker build --platform ${platformOf(task)}\`, or set \`architecture\``,
  },
  { pattern: /CannotPullContainerError.*(not found|does not exist|manifest unknown|NotFoundException)/is, final: true, advice: pushCommand },
  { pattern: /did not contain json key|can't find the specified secret|ResourceNotFoundException.*secret/is, final: true, advice: () => 'Check the name of the secret and of its field in `secrets`' },
  { pattern: /OutOfMemory/, final: true, advice: () => 'Set a greater `memoryLimitMiB`' },
  { pattern: /read-only file system|EROFS/i, final: true, advice: () => 'Name the directories that the program writes to in `writablePaths`, because the root file system is read-only' },
  { pattern: /exec: .*(not found|no such file)|no such file or directory: unknown/is, final: true, advice: () => 'Check `command` and `entryPoint` against the files of the image' },
];

/** What to do about a failed task, as the beginning of a sentence. */
export function adviceFor(task: Task, texts: readonly string[]): string {
  return find(texts)?.advice(task, texts) ?? 'Correct what failed';
}

/** Whether a task that did not start would not start again. */
export function isFinal(texts: readonly string[]): boolean {
  return find(texts)?.final ?? false;
}

function find(texts: readonly string[]): Advice | undefined {
  return KNOWN.find(({ pattern }) => texts.some((text) => pattern.test(text)));
}

/** ECS names the image in its reason, not the container. */
function pushCommand(task: Task, texts: readonly string[]): string {
  const image = task.containers?.find(({ image: candidate }) => candidate !== undefined && texts.some((text) => text.includes(candidate)))?.image;
  if (image === undefined) {
    return 'Push the image';
  }
  const region = REGISTRY.exec(image)?.[1];
  const login = region === undefined ? '' : `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${image.split('/')[0]} && `;
  return `Push the image with \`${login}docker build --platform ${platformOf(task)} --tag ${image} --push .\``;
}

function platformOf({ attributes = [] }: Task): string {
  return attributes.some(({ name, value }) => name === 'ecs.cpu-architecture' && value === 'x86_64') ? 'linux/amd64' : 'linux/arm64';
}
