// Compares what cfn-lint finds in the seeded mistakes with what test/validators/mistakes says that it finds:
// node .ci/check-mistakes.mjs <directory with expected.json and findings.json>
import { readFileSync } from 'fs';
import { basename, join } from 'path';

const [, , directory] = process.argv;
const read = (name) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
const findings = read('findings.json').map(({ Filename, Rule }) => ({ template: basename(Filename), rule: Rule.Id }));
const rulesOf = (template) => new Set(findings.filter((finding) => finding.template === template).map(({ rule }) => rule));

const wrong = Object.entries(read('expected.json')).flatMap(([id, expected]) => {
  const mended = rulesOf(`${id}.mended.json`);
  const found = [...rulesOf(`${id}.wrong.json`)].filter((rule) => !mended.has(rule));
  return found.join() === (expected ?? '') ? [] : [`${id}: expected ${expected ?? 'nothing'}, cfn-lint finds ${found.join() || 'nothing'}`];
});
wrong.forEach((line) => console.error(line));
console.log(`${Object.keys(read('expected.json')).length} seeded mistakes compared`);
process.exit(wrong.length === 0 ? 0 : 1);
