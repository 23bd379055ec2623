import * as fs from 'fs';
import * as path from 'path';
import { documents } from './documents';

for (const [file, text] of documents()) {
  fs.writeFileSync(path.join(__dirname, '../..', file), text);
  console.log(`wrote ${file}`);
}
