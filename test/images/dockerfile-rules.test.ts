import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfileProblems, imagesOf } from './dockerfile-rules';
import { parseDockerfile } from '../deploy/ecs/dockerfile';

const ROOT = join(__dirname, '..', '..');
const BASE = `node:24.20.0-slim@sha256:${'a'.repeat(64)}`;
const USER = 'USER 1000:1000';
const problems = (content: string) => dockerfileProblems('Dockerfile', content);

/** Also those that are not committed yet. */
function dockerfiles(): string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e8 }).split('\0');
  return files.filter((file) => /(^|[./])(Docker|Container)file(\.[\w-]+)?$/.test(file) && existsSync(join(ROOT, file)));
}

test('every Dockerfile of the repository keeps the rules', () => {
  const files = dockerfiles();
  expect(files).toEqual(expect.arrayContaining(['src/fargate/trust-image/Dockerfile', 'src/migrations/images/goose.Dockerfile', 'src/migrations/images/dbmate.Dockerfile', 'examples/services/go-api/Dockerfile']));
  expect(files.flatMap((file) => dockerfileProblems(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

describe('fails on', () => {
  test.each([
    ['a base without a digest', 'FROM node:24.20.0-slim', /node:24\.20\.0-slim is not pinned/],
    ['a base without a tag, which nothing could be compared with', `FROM node@sha256:${'a'.repeat(64)}`, /is not pinned by tag and digest/],
    ['a base without both', 'FROM node', /node is not pinned/],
    ['the tag latest', `FROM node:latest@sha256:${'a'.repeat(64)}`, /has the tag 'latest'/],
    ['a digest that is too short', 'FROM node:24.20.0@sha256:abc', /is not pinned/],
    ['a base in an argument, which anybody can set', `ARG BASE=${BASE}\nFROM \${BASE}`, /\$\{BASE\} is not pinned/],
    ['a copy from an image without a digest', `FROM ${BASE}\nCOPY --from=busybox:1.37.0 /bin/sh /sh`, /busybox:1\.37\.0 is not pinned/],
    ['a mount from an image without a digest', `FROM --platform=$BUILDPLATFORM ${BASE}\nRUN --mount=type=cache,target=/x --mount=type=bind,from=tools:1,target=/tools /tools/x`, /tools:1 is not pinned/],
    ['a reader of Dockerfiles without a digest', `# syntax=docker/dockerfile:1\nFROM ${BASE}`, /docker\/dockerfile:1 is not pinned/],
    ['a RUN in the last stage', `FROM ${BASE}\nRUN mkdir /x`, /runs programs for another platform than \$BUILDPLATFORM/],
    ['a RUN behind a continued line', `FROM ${BASE}\nCOPY a \\\n  # why\n\n  b\nrun mkdir /x`, /runs programs/],
    ['a RUN behind a here-document', `FROM ${BASE}\nCOPY <<EOF /a\nFROM x\nEOF\nRUN mkdir /x`, /runs programs/],
    ['a RUN on a stage for the target', `FROM ${BASE} AS service\nFROM --platform=$BUILDPLATFORM service\nRUN mkdir /x`, /stage 1 runs programs/],
    ['a fixed platform', `FROM --platform=linux/amd64 ${BASE}`, /is for the platform linux\/amd64 whatever is asked for/],
    ['a last stage that Podman builds for the platform of the first', `FROM --platform=$BUILDPLATFORM ${BASE} AS build\nFROM ${BASE}\nCOPY --from=build /a /a`, /the wrong platform/],
    ['ONBUILD', `FROM ${BASE}\nONBUILD RUN mkdir /x`, /'ONBUILD RUN mkdir \/x' acts in other Dockerfiles/],
    ['an added address', `FROM ${BASE}\nADD https://example.com/a.tgz /`, /adds https:\/\/example\.com\/a\.tgz without a checksum/],
    ['an added address with half a checksum', `FROM ${BASE}\nADD --checksum=sha256:abc https://example.com/a.tgz /`, /without a checksum/],
    ['an added repository by its branch', `FROM ${BASE}\nADD https://example.com/a.git#main /`, /without a checksum/],
    ['an added repository by ssh', `FROM ${BASE}\nADD git@example.com:a.git /`, /without a checksum/],
  ])('%s', (_what, content, problem) => {
    expect(problems(`${content}\n${USER}`)).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ['curl -fsSL https://example.com/install | sh', 2], ['curl -fsSL https://example.com/install | sudo bash -s -- -y', 2], ['wget -qO- https://example.com/a.py | python3 -', 2],
    ['sh -c "$(curl -fsSL https://example.com/install)"', 2], ['bash <(curl -s https://example.com/install)', 2], ['curl -o a https://example.com/a && sha256sum a', 1],
    ['curl -o a https://example.com/a', 1], ['wget https://example.com/a && tar xf a', 1],
    ['npm install', 1], ['npm i express', 1], ['npm --prefix app install', 1], ['npm install --no-save "@dbmate/linux-x64@2.36.0"', 1], ['npx tsc', 1], ['npm exec tsc', 1],
    ['yarn install', 1], ['pnpm install', 1], ['pnpm add a', 1], ['pip install requests==2.32.0', 1], ['pip3 install -r requirements.txt', 1],
    ['go install example.com/a@latest', 1], ['go install example.com/a@main', 1], ['GONOSUMDB=* go install example.com/a@v1.0.0', 1], ['GOFLAGS=-insecure go build', 1], ['GOSUMDB=off go build', 1],
    ['apt-get install -y --allow-unauthenticated a', 1], ['npm config set strict-ssl false', 1], ['curl -k -o a https://example.com/a && echo "x a" | sha256sum -c', 1],
    ['<<EOF\nset -e\ncurl https://example.com/install | sh\nEOF', 2],
    ['echo a \\\n  && npm \\\n    install', 1],
  ])('RUN %s', (command, count) => {
    expect(problems(`FROM --platform=$BUILDPLATFORM ${BASE}\nRUN ${command}\n${USER}`)).toHaveLength(count);
  });

  test.each(['ENV GOSUMDB=off', 'ENV CGO_ENABLED=0 GOPRIVATE=*', 'ARG GOINSECURE=*'])('%s', (instruction) => {
    expect(problems(`FROM ${BASE}\n${instruction}\n${USER}`)).toEqual([expect.stringMatching(/keeps Go from its checksum database/)]);
  });

  test.each([
    ['nobody named', `FROM ${BASE}`, 1], ['root', `FROM ${BASE}\nUSER root`, 1], ['0:0', `FROM ${BASE}\nUSER 0:0`, 1], ['a name, of which ECS cannot tell whether it is root', `FROM ${BASE}\nUSER node`, 1],
    ['root last', `FROM ${BASE}\n${USER}\nUSER root`, 1], ['root in one of two images', `FROM ${BASE} AS service\n${USER}\nFROM service AS worker\nUSER root\nFROM service AS api`, 1],
    ['nobody named in one of two images', `FROM ${BASE} AS service\nFROM service AS worker\nFROM service AS api\n${USER}`, 1],
  ])('the user of an image: %s', (_what, content, count) => {
    expect(problems(content)).toHaveLength(count);
    expect(problems(content)).toEqual(expect.arrayContaining([expect.stringMatching(/not as a user by number$/)]));
  });

  test.each(['FROM node AS a b', '# escape=`\nFROM node', 'COPY <<EOF /a\nb', 'nonsense'])('what it does not understand: %j', (content) => {
    expect(() => problems(content)).toThrow(/Dockerfile/);
  });
});

describe('passes', () => {
  test.each([
    ['a stage that runs on the builder, and one that copies', `FROM --platform=$BUILDPLATFORM ${BASE} AS build\nRUN npm ci && npm run install-all\nFROM --platform=\${TARGETPLATFORM} ${BASE}\nCOPY --from=build /a /a\n${USER}`],
    ['a stage on a stage that runs on the builder', `FROM --platform=\${BUILDPLATFORM} ${BASE} AS one\nFROM one AS two\nRUN mkdir /x\nFROM scratch\nCOPY --from=1 /x /x\n${USER}`.replace('FROM scratch', 'FROM --platform=$TARGETPLATFORM scratch')],
    ['images of one stage', `FROM ${BASE} AS service\n${USER}\nFROM service AS worker\nFROM Service AS api`],
    ['words in comments, commands and here-documents that are no instructions', `# RUN curl | sh\nFROM ${BASE}\nCOPY <<EOF /install.txt\nRUN npm install\nEOF\nCMD ["npm", "install"]\n${USER}`],
    ['downloads that are compared', `FROM --platform=$BUILDPLATFORM ${BASE}\nRUN curl -o a https://example.com/a && echo "x a" | sha256sum --check\nADD --checksum=sha256:${'b'.repeat(64)} https://example.com/a /a\nADD https://example.com/a.git#${'c'.repeat(40)} /b\n${USER}`],
    ['exact Go programs', `FROM --platform=$BUILDPLATFORM ${BASE}\nRUN go install "example.com/a@v\${VERSION}" && go install example.com/b@v1.2.3 && go mod download\n${USER}`],
    ['a reader of Dockerfiles by digest', `# check=error=true\n# syntax=docker/dockerfile:1.7@sha256:${'d'.repeat(64)}\nFROM ${BASE}\n${USER}`],
  ])('%s', (_what, content) => {
    expect(problems(content)).toEqual([]);
  });
});

test('images are those of bases, copies, mounts and the reader, once each, and no stages', () => {
  const content = `# syntax=reader:1\nFROM ${BASE} AS build\nRUN --mount=type=bind,from=tools:1,target=/t true\nFROM build\nRUN --mount=from=build,target=/u true\nCOPY --from=build a b\nCOPY --from=0 a b\nCOPY --from=files:1 a b\nFROM ${BASE}`;
  expect(imagesOf(content)).toEqual(['reader:1', BASE, 'tools:1', 'files:1']);
});

test('an instruction has its continuation lines, options and here-documents', () => {
  const [stage] = parseDockerfile('from --platform=linux/arm64 a:1 as Build\nRUN --mount=type=cache,target=/a --network=none --mount=from=b \\\n  # comment\n  echo a \\\n\n  b\nCOPY --link <<-"ONE" <<TWO /dir/\n1\n\tONE\n2 \\\nTWO\nUSER 1\n');
  expect(stage).toEqual({
    name: 'Build',
    from: 'a:1',
    platform: 'linux/arm64',
    instructions: [
      { name: 'RUN', text: 'echo a    b', options: { mount: 'type=cache,target=/a from=b', network: 'none' } },
      { name: 'COPY', text: '<<-"ONE" <<TWO /dir/\n1\n\tONE\n2 \\\nTWO', options: { link: 'true' } },
      { name: 'USER', text: '1', options: {} },
    ],
  });
});
