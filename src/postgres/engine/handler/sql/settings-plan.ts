import { assignment, holdsSetting, settingName, splitSetting } from './quote';
import type { Step } from '../../../../broker/handler/sql/step';

/** What it takes to have exactly the declared settings. `alter` is the statement up to SET. */
export function planSettings(alter: string, stored: string[], declared: Readonly<Record<string, string>>): Step[] {
  const names = Object.keys(declared).map((name) => name.toLowerCase());
  const extra = stored.map((entry) => splitSetting(entry)[0]).filter((name) => !names.includes(name.toLowerCase()));
  return [...extra.map((name) => ({ sql: `${alter} RESET ${settingName(name)}` })), ...planDeclaredSettings(alter, stored, declared)];
}

/** What it takes to have the declared settings, beside whatever else is there. */
export function planDeclaredSettings(alter: string, stored: string[], declared: Readonly<Record<string, string>>): Step[] {
  return Object.entries(declared)
    .filter(([name, value]) => !holdsSetting(stored, name, value))
    .map(([name, value]) => ({ sql: `${alter} SET ${assignment(name, value)}` }));
}
