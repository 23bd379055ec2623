import { GO_MODULE } from './packages';

/** How a user of one language installs the library and runs an app. The scripts run in the folder of the app. */
export interface Language {
  readonly name: string;
  /** The language of its block in the README. */
  readonly fence: string;
  /** Installs the packages from `$DIST` and what else example 01 requires. */
  readonly install: string;
  /** What the CDK CLI runs in the folder of example 01. */
  readonly app: string;
  /** File that the block of the README becomes in an empty folder beside the example. */
  readonly sampleFile: (code: string) => string;
  /** Makes a project of that folder; `$EXAMPLE` is the installed example. */
  readonly sampleInstall: string;
  /** What the CDK CLI runs in that folder. */
  readonly sampleApp: (code: string) => string;
}

export const TYPESCRIPT: Language = {
  name: 'TypeScript',
  fence: 'ts',
  install: `
    cd ..
    echo '{ "name": "an-app", "private": true }' >package.json
    npm install --no-package-lock --no-audit --no-fund "$DIST"/js/*.tgz "aws-cdk@$CDK" "aws-cdk-lib@$CDK_LIB" "constructs@$CONSTRUCTS" "tsx@$TSX"`,
  app: 'npx --no-install tsx app.ts',
  sampleFile: () => 'app.ts',
  sampleInstall: '',
  sampleApp: () => 'npx --no-install tsx app.ts',
};

const PYTHON: Language = {
  name: 'Python',
  fence: 'python',
  install: `
    python3 -m venv python/.venv
    python/.venv/bin/pip install --quiet "$DIST"/python/*.whl -r python/requirements.txt "aws-cdk-lib==$CDK_LIB" "constructs==$CONSTRUCTS"`,
  app: 'python/.venv/bin/python python/app.py',
  sampleFile: () => 'app.py',
  sampleInstall: '',
  sampleApp: () => '"$EXAMPLE/python/.venv/bin/python" app.py',
};

const JAVA: Language = {
  name: 'Java',
  fence: 'java',
  install: `
    jar="$(ls "$DIST"/java/io/github/cdkprivatebackend/cdk-private-backend/*/*.jar | grep -vE -- '-(sources|javadoc)[.]jar$')"
    mvn -q -B install:install-file "-Dfile=$jar" "-DpomFile=\${jar%.jar}.pom"
    mvn -q -B -f java compile`,
  app: 'mvn -q -B -f java exec:java',
  sampleFile: (code) => `java/src/main/java/${javaClass(code)}.java`,
  sampleInstall: 'cp "$EXAMPLE/java/pom.xml" java/ && mvn -q -B -f java compile',
  sampleApp: (code) => `mvn -q -B -f java exec:java -Dexec.mainClass=${javaClass(code)}`,
};

const GO: Language = {
  name: 'Go',
  fence: 'go',
  install: `
    test -z "$(gofmt -l go)" || { gofmt -d go; exit 1; }
    go -C go mod edit -replace "${GO_MODULE}=$DIST/go/cdkprivatebackend"
    go -C go mod tidy
    go build -C go -o app .`,
  app: 'go/app',
  sampleFile: () => 'go/main.go',
  sampleInstall: `
    test -z "$(gofmt -l go)" || { gofmt -d go; exit 1; }
    cp "$EXAMPLE/go/go.mod" "$EXAMPLE/go/go.sum" go/
    go build -C go -o app .`,
  sampleApp: () => 'go/app',
};

/** Those that are compared with TypeScript. */
export const OTHERS: readonly Language[] = [GO, JAVA, PYTHON];

function javaClass(code: string): string {
  return /^(?:public )?(?:final )?class (\w+)/m.exec(code)?.[1] ?? 'App';
}
