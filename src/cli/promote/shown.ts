import type { Output } from '../output.ts';
import type { Change } from './changes.ts';
import type { Cluster } from './clusters.ts';
import type { Step } from './plan.ts';
import type { Version } from './version.ts';

const looks = {
  create: { mark: '+', word: 'new', style: 'green' },
  update: { mark: '~', word: 'changed', style: 'yellow' },
  keep: { mark: '=', word: 'unchanged', style: 'dim' },
} as const;

export interface Shown {
  cluster: Cluster;
  version: Version;
  steps: readonly Step[];
}

/** Prints what would be done, service by service. */
export function showPlan(out: Output, { cluster, version, steps }: Shown): void {
  out.note(`${cluster.name} at ${cluster.endpoint}, OSCAR ${version.text}`);
  for (const { name, verb, changes, first } of steps) {
    const { mark, word, style } = looks[verb];
    const value = { cluster: cluster.name, service: name, plan: verb, changes };
    out.value(value, () => [out.paint(style, `${mark} ${name}  ${word}`), ...lines(changes, first)].join('\n'));
  }
}

const lines = (changes: readonly Change[], first: object | undefined): string[] => [
  ...changes.flatMap(changeLines).map((line) => `    ${line}`),
  ...(first ? ['    made without the outputs that are in buckets of others, which an update adds'] : []),
];

function changeLines({ field, from, to, hidden, lines }: Change): string[] {
  if (lines) return [`${field}, ${lines[0]}`, ...lines.slice(1).map((line) => `  ${line}`)];
  if (hidden && field === 'environment.secrets') return [`${field}: sent again, for no cluster tells their values`];
  if (hidden) return [`${field}: another value, not shown`];
  return [`${field}: ${from ?? 'none'} → ${to ?? 'none'}`];
}
