import { CATCHERS, MISTAKES, type Mistake } from './mistakes';

const EXPLANATIONS: { readonly [catcher: string]: string } = {
  'aws-cdk-lib': 'an error of the CDK\'s own constructs',
  'library': 'an error of this library\'s constructs, where the same is tried with them',
  'validator': 'the validator built into aws-cdk-lib',
  'cdk-nag': 'cdk-nag, packs AwsSolutions and NIST 800-53 r5',
  'cfn-lint': 'AWS\'s cfn-lint, from PyPI',
};

/** The table of who catches what. */
export function renderMistakes(): string {
  const catchers = CATCHERS.filter((catcher) => MISTAKES.some(({ caughtBy }) => caughtBy[catcher] !== undefined));
  const counts = catchers.map((catcher) => `| ${catcher in EXPLANATIONS ? EXPLANATIONS[catcher] : `\`${catcher}\` of this library`} | ${MISTAKES.filter(({ caughtBy }) => caughtBy[catcher] !== undefined).length} |`);
  return [
    '# Mistakes, and what catches them',
    '',
    '<!-- Written by test/validators/seeded-mistakes.test.ts. -->',
    '',
    'Mistakes that users of the CDK really make, each in a small app, with the thread it was asked in or the rule that knows it. A test synthesises each app with',
    'the mistake and without it: what is named here must find the one and say nothing of the other. Nothing is deployed, and no account is needed.',
    '',
    `Of ${MISTAKES.length} mistakes, ${MISTAKES.filter(isCaught).length} are caught before anything is deployed:`,
    '',
    '| by | mistakes |',
    '|---|---|',
    ...counts,
    '',
    '## The mistakes',
    '',
    '| mistake | from | caught by |',
    '|---|---|---|',
    ...MISTAKES.map((mistake) => `| ${mistake.title} | [${nameOf(mistake.source)}](${mistake.source}) | ${catchersOf(mistake)} |`),
    '',
  ].join('\n');
}

export function isCaught({ caughtBy }: Mistake): boolean {
  return Object.keys(caughtBy).length > 0;
}

function catchersOf(mistake: Mistake): string {
  const rules = CATCHERS.flatMap((catcher) => {
    const rule = mistake.caughtBy[catcher];
    return rule === undefined ? [] : [catcher === 'library' || catcher === 'aws-cdk-lib' ? `${catcher === 'library' ? 'this library' : 'the CDK'}: “${rule}”` : `\`${rule}\` (${catcher})`];
  });
  return rules.length === 0 ? '**nothing**' : rules.join('<br>');
}

function nameOf(source: string): string {
  const [, repository, number] = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/(?:issues|pull)\/(\d+)$/.exec(source) ?? [];
  return repository === undefined ? 'AWS' : `${repository}#${number}`;
}
