import { type Change, changesBetween } from './changes.ts';
import type { Cluster } from './clusters.ts';
import { isMap, keptLabels } from './comparable.ts';
import type { Found } from './folder.ts';
import { bucketsOfAll, deafInputs, inOrder, takenInputs, withoutTaken } from './order.ts';
import { type Body, type Left, shapedFor } from './shapes.ts';
import { isBefore, type Version } from './version.ts';

/** What is to be done about one service. */
export interface Step {
  name: string;
  verb: 'create' | 'update' | 'keep';
  body: Body;
  /** What it is made with before it gets all of `body`, where that cannot be at once. */
  first?: Body;
  changes: Change[];
}

export interface Plan {
  steps: Step[];
  /** What to know before anything is sent. */
  warnings: string[];
}

export interface PlanParts {
  found: readonly Found[];
  cluster: Pick<Cluster, 'name'>;
  version: Version;
  /** What the cluster has. */
  there: readonly Body[];
}

/** Decides what is to be sent, and in which order. */
export function planFor({ found, cluster, version, there }: PlanParts): Plan {
  const shaped = found.map(({ service }) => shapedFor(service.input, cluster.name, version));
  const steps = inOrder(shaped).map(({ body }) => stepFor(body, there));
  const warnings = unknownKeys(shaped, version);
  // Since 3.6 a service cannot be made over a bucket that is there.
  if (!isBefore(version, '3.6.0')) warnings.push(...makeWay(steps, there));
  return { steps, warnings };
}

function stepFor(body: Body, there: readonly Body[]): Step {
  const name = String(body.name);
  const now = there.find((one) => one.name === name);
  if (!now) return { name, verb: 'create', body, changes: [] };
  const whole = keeping(now, body);
  const changes = changesBetween(now, whole);
  return { name, verb: changes.length > 0 ? 'update' : 'keep', body: whole, changes };
}

/** OSCAR: an update replaces everything; what a file does not say, and the cluster has given, goes along. */
function keeping(now: Body, body: Body): Body {
  const labels = isMap(now.labels) ? now.labels : {};
  const kept = Object.entries(labels).filter(([key]) => keptLabels.includes(key));
  const given = ['owner', 'vo', 'bucket_list'].filter((key) => now[key] !== undefined);
  return {
    ...Object.fromEntries(given.map((key) => [key, now[key]])),
    // Other clients lose it by their updates, and then the service cannot be deleted without an error.
    ...(now.owner === '' ? { owner: 'cluster_admin' } : {}),
    ...body,
    ...(kept.length > 0 ? { labels: { ...Object.fromEntries(kept), ...(isMap(body.labels) ? body.labels : {}) } } : {}),
  };
}

function unknownKeys(shaped: readonly { body: Body; left: Left[] }[], version: Version): string[] {
  const all = shaped.flatMap(({ body, left }) => left.map((one) => ({ ...one, name: String(body.name) })));
  const keys = new Map(all.map((one) => [one.key, one.since]));
  return [...keys].map(([key, since]) => {
    const names = all.filter((one) => one.key === key).map(({ name }) => name);
    return `OSCAR ${version.text} does not know ${key}, which came with ${since}: left out of ${names.join(', ')}.`;
  });
}

/** Gives those that are to be made over a bucket of others their first step; tells of inputs that will not work. */
function makeWay(steps: readonly Step[], there: readonly Body[]): string[] {
  const taken = bucketsOfAll(there);
  const warnings: string[] = [];
  for (const step of steps) {
    const { name, verb, body } = step;
    if (verb === 'create') {
      step.first = withoutTaken(body, taken);
      warnings.push(...takenInputs(body, taken).map((bucket) => refusedInput(name, bucket)));
    } else if (verb === 'update') {
      const now = there.find((one) => one.name === name) ?? {};
      warnings.push(...deafInputs(now, body, taken).map((path) => deafInput(name, path)));
    }
    for (const bucket of bucketsOfAll([body])) taken.add(bucket);
  }
  return warnings;
}

const refusedInput = (name: string, bucket: string): string =>
  `${name}: another service has its input bucket ${bucket}, and OSCAR since 3.6 makes no service over a bucket that is there.`;

const deafInput = (name: string, path: string): string =>
  `${name}: its new input ${path} is in a bucket that is there, and OSCAR does not listen to what an update adds to one.`;
