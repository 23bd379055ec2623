import * as path from 'path';
import type { IPolicyValidationContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { readApp } from './app-source';
import { AssemblyFiles } from './assembly-files';
import { readAssembly } from './assembly-source';
import { judging, type TemplateSource } from './source';
import { InvalidBackendError, type ProblemSource } from '../../private/errors';

/** Templates that are judged together, and all that they may refer to. */
export interface SourceGroup {
  readonly sources: readonly TemplateSource[];
  /** The app that they were read from; none where they were read from a folder. */
  readonly app?: IConstruct;
}

/** What the CDK asks a plugin about: templates of the app, or of a folder where the app has not all of them. */
export function readContext(asker: ProblemSource, { appConstruct, templatePaths }: IPolicyValidationContext): SourceGroup {
  const judged = templatePaths.map((file) => path.resolve(file));
  const ofApp = readApp(appConstruct);
  const foreign = judged.find((file) => !ofApp.some((source) => source.path === file));
  if (foreign === undefined) {
    return { sources: judging(ofApp, judged), app: appConstruct };
  }
  const files = AssemblyFiles.around(foreign, asker);
  const sources = readAssembly(files);
  const stray = judged.find((file) => !sources.some((source) => source.path === file));
  if (stray !== undefined) {
    throw new InvalidBackendError(asker, 'Check.unknownTemplate', `'${stray}' isn't a template of the cloud assembly in '${files.directory}'. Pass templates that its \`manifest.json\` names, and check one folder at a time.`);
  }
  return { sources: judging(sources, judged) };
}

/** A whole folder, in the groups in which the CDK would ask about it: one for each account and region. */
export function readFolder(asker: ProblemSource, directory: string): SourceGroup[] {
  const sources = readAssembly(new AssemblyFiles(path.resolve(directory), asker));
  const groups = new Map<string, string[]>();
  for (const { account, region, path: file } of sources.filter(({ nestedIn }) => nestedIn === undefined)) {
    const environment = JSON.stringify([account, region]);
    groups.set(environment, [...(groups.get(environment) ?? []), file]);
  }
  return groups.size === 0 ? [{ sources }] : [...groups.values()].map((paths) => ({ sources: judging(sources, paths) }));
}
