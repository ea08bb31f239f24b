import { isMap } from './comparable.ts';
import type { Body } from './shapes.ts';

/** The version in an answer of `/system/info`; undefined when that is no answer of an OSCAR. */
export function versionIn(answer: string): string | undefined {
  const info = asJson(answer);
  return isMap(info) && typeof info.version === 'string' ? info.version : undefined;
}

/** The services in an answer of `/system/services`; undefined when that is no answer of an OSCAR. */
export function servicesIn(answer: string): Body[] | undefined {
  const found = asJson(answer);
  if (found === null) return [];
  return Array.isArray(found) && found.every(isService) ? found : undefined;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page for people, of whatever answers in the place of an OSCAR.
    return undefined;
  }
}

/** No service is deeper: more is written to exhaust whoever reads it. */
const deepest = 50;

const isService = (value: unknown): value is Body =>
  isMap(value) &&
  typeof value.name === 'string' &&
  ['script', 'log_level', 'isolation_level'].every((key) => isText(value[key])) &&
  [value.input, value.output].every((folders) => isListOf(folders, isFolder)) &&
  isFolder(value.mount ?? {}) &&
  isListOf(value.allowed_users, isText) &&
  isWithin(value, deepest);

const isText = (value: unknown): boolean => typeof (value ?? '') === 'string';

const isListOf = (value: unknown, isOne: (item: unknown) => boolean): boolean => {
  const list = value ?? [];
  return Array.isArray(list) && list.every(isOne);
};

const isFolder = (value: unknown): boolean => isMap(value) && isText(value.path) && isText(value.storage_provider);

const isWithin = (value: unknown, depth: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1)));
