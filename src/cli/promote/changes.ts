import { comparable, isMap } from './comparable.ts';
import { scriptLines } from './script.ts';
import type { Body } from './shapes.ts';
import { withoutLogin } from './visible.ts';

/** One field that would be another. */
export interface Change {
  field: string;
  /** As text; absent when there was nothing. */
  from?: string;
  /** As text; absent when there will be nothing. */
  to?: string;
  /** Its values are not shown. */
  hidden?: true;
  /** Of a script: the lines that differ. */
  lines?: string[];
}

/** What an update would change, field by field; never the value of a secret. */
export function changesBetween(now: Body, wanted: Body): Change[] {
  const [before, after] = [comparable(now), comparable(wanted)];
  if (leavesNodePorts(wanted)) for (const { expose } of [before, after]) if (isMap(expose)) delete expose.nodePort;
  const changes = Object.keys(after).flatMap((field) => compared(field, before[field], after[field]));
  return changes.length > 0 || !hasSecrets(wanted) ? changes : [{ field: 'environment.secrets', hidden: true }];
}

/** Zeros alone: the ports that the cluster chose are as good as any. */
function leavesNodePorts({ expose }: Body): boolean {
  const ports = isMap(expose) ? [expose.nodePort ?? []].flat() : [];
  return ports.length > 0 && ports.every((port) => port === 0);
}

/** No cluster tells what they are, so they may be others by now. */
const hasSecrets = ({ environment }: Body): boolean =>
  isMap(environment) && isMap(environment.secrets) && Object.keys(environment.secrets).length > 0;

function compared(path: string, before: unknown, after: unknown): Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const field = withoutLogin(path, longestField);
  if (path === 'script') return [{ field, lines: scriptLines(String(before ?? ''), String(after ?? '')) }];
  if (isSecret(path)) return [{ field, hidden: true }];
  if (isMap(before) || isMap(after)) {
    const [old, fresh] = [before, after].map((value) => (isMap(value) ? value : {})) as [Body, Body];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort();
    return keys.flatMap((key) => compared(`${path}.${key}`, own(old, key), own(fresh, key)));
  }
  const from = shown(before);
  const to = shown(after);
  // The difference is in what is masked.
  if (from === to) return [{ field, hidden: true }];
  return [{ field, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

const longestField = 300;

/** A key may be called as something that every object has. */
const own = (map: Body, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);

const secretWord = /pass|secret|token|key|credential|login|private|bearer|jwt/i;

/** The names of secrets are none themselves; any variable may hold one, whatever it is called. */
const isSecret = (field: string): boolean =>
  field !== 'environment.secrets' &&
  field !== 'image_pull_secrets' &&
  (secretWord.test(field.split('.').slice(1).join('.')) || /^(environment\.variables\.|kserve\.env\b)/.test(field));

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return withoutLogin(typeof value === 'string' ? value : JSON.stringify(value, masked));
}

/** Within lists: what may be a secret, and all headers. */
const masked = (key: string, value: unknown): unknown => {
  if (key === 'headers' && isMap(value)) return Object.fromEntries(Object.keys(value).map((name) => [name, '…']));
  if (secretWord.test(key)) return '…';
  return typeof value === 'string' ? withoutLogin(value, Number.POSITIVE_INFINITY) : value;
};
