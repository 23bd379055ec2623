import { allTables } from './all-tables';
import { grantTable } from './grant-table';

allTables().forEach(grantTable);
