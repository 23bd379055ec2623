import type { Fault } from './faults/fault';
import type { Play } from './runner';
import { median } from './writers/judge';

const HEAD = ['fault', 'runs', 'acknowledged', 'lost', 'direct median', 'longest', 'balancer median', 'longest', 'redundancy'];

const round = (seconds: number) => `${seconds.toFixed(1)} s`;

/** Figures of all plays of a fault. */
function row(fault: Fault, plays: readonly Play[]): string[] {
  const all = (figure: (play: Play) => number) => plays.map(figure);
  const sum = (figure: (play: Play) => number) => all(figure).reduce((total, value) => total + value, 0);
  const times = (figure: (play: Play) => number) => [round(median(all(figure))), round(Math.max(...all(figure)))];
  return [
    fault.title, String(plays.length), String(sum((play) => play.acknowledged)), String(sum((play) => play.lost)),
    ...times((play) => play.direct), ...times((play) => play.balancer), round(Math.max(...all((play) => play.redundancy))),
  ];
}

/** Table of what was measured, a row for each fault, in Markdown. */
export function tableOf(plays: readonly Play[]): string {
  const faults = [...new Set(plays.map(({ fault }) => fault))];
  const rows = [HEAD, ...faults.map((fault) => row(fault, plays.filter((play) => play.fault === fault)))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n');
}
