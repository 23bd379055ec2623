import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import '../support/jest-setup';
import { renderPage } from './page';

const PAGE = resolve(__dirname, '../../docs/errors.md');
writeFileSync(PAGE, renderPage(readFileSync(PAGE, 'utf8')));
console.log('wrote docs/errors.md');
