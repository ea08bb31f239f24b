import type { Output } from '../output.ts';
import { table } from '../output.ts';
import type { Finding, Row } from './compare.ts';
import type { Item } from './content.ts';
import type { Given } from './input.ts';
import { spelt } from './lines.ts';
import type { Seen } from './trial.ts';

/** What was found, as it is told. */
export interface Verdict {
  service: string;
  how: Given['how'];
  same: boolean;
  seen: readonly Seen[];
  rows: Row[];
  notes: string[];
}

/** The verdict as one JSON value. */
export const verdictValue = ({ service, how, same, seen, rows, notes }: Verdict) => ({
  service,
  how,
  same,
  rows: rows.map(({ what, same: alike, findings }) => ({
    what,
    ...(alike === undefined ? {} : { same: alike }),
    findings,
  })),
  executors: seen.map(({ executor, invocation, state, exitCode, reason, seconds, outputs, answer, log, remarks }) => ({
    executor,
    ...{ invocation, state, exitCode, reason, seconds },
    outputs: outputs.map(itemValue),
    response: answer?.map(itemValue),
    log,
    remarks: remarks || undefined,
  })),
  notes,
});

const itemValue = ({ name, size, sha256 }: Item) => ({ name, size, sha256 });

/** The verdict for people: a table, what differs below it, and why that may be. */
export function verdictText({ service, same, seen, rows, notes }: Verdict, paint: Output['paint']): string {
  const names = seen.map(({ executor }) => executor);
  const cells = rows.map((row) => [row.what, ...row.cells, said(row)]);
  const details = rows.filter(({ findings }) => findings.length > 0).map((row) => detailsOf(row, names, paint));
  const end = same ? paint('green', `${service} does the same on ${names.join(' and ')}.`) : undefined;
  return [
    table(['', ...names, ''], cells),
    ...details,
    ...(notes.length > 0 ? [notes.map((note) => `note: ${spelt(note)}`).join('\n')] : []),
    end ?? paint('red', `${service} does not do the same on ${names.join(' and ')}.`),
  ].join('\n\n');
}

const said = ({ same }: Row): string => (same === undefined ? '' : same ? 'same' : 'differs');

function detailsOf({ what, findings }: Row, [first = '', ...others]: string[], paint: Output['paint']): string {
  const lines = findings.flatMap((finding) => [
    `  ${headOf(finding, others.length > 1)}`,
    ...(finding.lines ? [`--- ${first}`, `+++ ${finding.executor}`, ...finding.lines] : []).map(
      (line) => `    ${coloured(line, paint)}`,
    ),
  ]);
  return [`${what}:`, ...lines].join('\n');
}

const headOf = ({ name, executor, text }: Finding, several: boolean): string =>
  [...(several ? [executor] : []), ...(name === undefined ? [] : [spelt(name)]), text].join(': ');

function coloured(line: string, paint: Output['paint']): string {
  if (line.startsWith('-')) return paint('red', line);
  return line.startsWith('+') ? paint('green', line) : line;
}
