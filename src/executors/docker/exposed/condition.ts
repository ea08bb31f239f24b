import type { Inspected } from '../../../engine/engine.ts';
import type { Times } from './times.ts';

/** How an instance is. */
export interface Condition {
  state: 'starting' | 'ready' | 'failing';
  /** What is wrong with it, a sentence. */
  reason?: string;
}

/** What was seen of an instance, and what that comes to. */
export interface Sightings {
  condition(): Condition;
  well(): void;
  /** It runs, and does not answer as it should: a sentence. */
  unwell(reason: string): void;
  /** A run of it has ended, and the next one is on its way. */
  ended(found: Inspected): void;
  /** It cannot be looked at, or is gone. */
  lost(reason: string): void;
  /** Did it answer once, and then no more for so long that it has to be started anew? */
  isDead(): boolean;
  /** It is started anew, and has its time again. */
  revived(): void;
}

export interface SightingsParts {
  times: Times;
  now(): number;
  lines(): string[];
  /** It is ready, or is so no more. */
  onChange(): void;
}

/** Nothing was seen yet. */
export function createSightings({ times, now, lines, onChange }: SightingsParts): Sightings {
  const begun = now();
  let condition: Condition = { state: 'starting', reason: 'It is starting.' };
  /** How its last run ended, until one is well again. What it printed may be heard later than that. */
  let end: Inspected | undefined;
  let failures = 0;
  let wellAt: number | undefined;

  const become = (next: Condition) => {
    const before = condition.state;
    condition = next;
    if (next.state === 'ready') end = undefined;
    if ((before === 'ready') !== (next.state === 'ready')) onChange();
  };
  return {
    condition: () => (end ? { state: 'failing', reason: endOf(end, lines()) } : condition),
    well: () => {
      failures = 0;
      wellAt = now();
      become({ state: 'ready' });
    },
    unwell: (reason) => {
      failures += 1;
      if (condition.state === 'ready' && failures < times.failures) return;
      const hasTime = wellAt === undefined && now() - begun < times.startMs;
      become({ state: hasTime ? 'starting' : 'failing', reason });
    },
    ended: (found) => {
      become({ state: 'failing' });
      end = found;
    },
    lost: (reason) => become({ state: 'failing', reason }),
    isDead: () => condition.state !== 'ready' && wellAt !== undefined && now() - wellAt > times.deadMs,
    revived: () => {
      wellAt = now();
    },
  };
}

function endOf({ exitCode, outOfMemory, restarts }: Inspected, lines: string[]): string {
  const how = outOfMemory ? 'it used more memory than it may' : `its exit code is ${exitCode}`;
  const said = lines.at(-1);
  const times = restarts > 1 ? ` for the ${ordinal(restarts)} time` : '';
  return `It ended${times}: ${how}${said ? `, and the last that it printed is “${said}”` : ''}.`;
}

function ordinal(count: number): string {
  const ending = count % 100 > 10 && count % 100 < 14 ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[count % 10] ?? 'th');
  return `${count}${ending}`;
}
