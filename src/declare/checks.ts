import { amount } from './amounts.ts';
import { checkKserve } from './kserve.ts';
import type { Finding } from './positions.ts';
import type { DefinitionInput } from './schema.ts';
import { checkExpose } from './serving.ts';
import { checkFolders, checkVolume } from './storage.ts';

/** All that OSCAR, Kubernetes or MinIO would refuse in a definition, and what they would silently change. */
export function check(input: DefinitionInput): Finding[] {
  return [
    ...checkNames(input),
    ...checkQuantities(input),
    ...checkScales(input),
    ...checkChoices(input),
    ...checkFolders(input),
    ...checkExpose(input),
    ...checkEnvironment(input),
    ...checkVolume(input),
    ...checkKserve(input),
  ];
}

function* checkNames({ name, image }: DefinitionInput): Generator<Finding> {
  const path = ['name'];
  const hint =
    'Use lower-case letters, digits and `-`; start with a letter, end with a letter or a digit; at most 39 characters.';
  if (!name) yield { path, message: 'the service has no name', hint: 'Add `name:` to the service.' };
  else if ([...name].length > 39) yield { path, message: `the name “${name}” is longer than 39 characters`, hint };
  else if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name))
    yield { path, message: `“${name}” cannot be the name of a service`, hint };
  if (!image)
    yield {
      path: ['image'],
      message: `the service “${name}” has no image`,
      hint: 'Add `image:` with the name of a container image.',
    };
  else if (/\s/.test(image))
    yield {
      path: ['image'],
      message: `“${image}” cannot be the name of an image`,
      hint: 'An image name has no blanks.',
    };
}

const amounts = ['memory', 'cpu', 'total_memory', 'total_cpu', 'ephemeral_storage_request'] as const;

function* checkQuantities(input: DefinitionInput): Generator<Finding> {
  for (const key of amounts) {
    const text = input[key];
    if (!text) continue;
    const finding = checkQuantity(key, text);
    if (finding) yield { path: [key], ...finding };
  }
}

function checkQuantity(key: string, text: string): Omit<Finding, 'path'> | undefined {
  const value = amount(text);
  const example = key.includes('cpu') ? 'Write for example 0.5 or 500m.' : 'Write for example 256Mi or 1Gi.';
  if (value === undefined) {
    const unit = /^[\d.]+ *[KMGT]i?B$/i.test(text);
    return { message: `“${text}” is not an amount of ${key}`, hint: unit ? `${example} The unit has no B.` : example };
  }
  if (value <= 0) return { message: `“${text}” is not an amount of ${key}: it must be more than 0`, hint: example };
  if (key === 'memory' && value < 2 ** 20) {
    const meant = /^\d+$/.test(text) ? `Did you mean ${text}Mi?` : example;
    return { message: `${key} “${text}” is less than one MiB`, hint: meant, warning: true };
  }
  return undefined;
}

function* checkScales({ synchronous, expose }: DefinitionInput): Generator<Finding> {
  for (const [key, scale] of Object.entries({ synchronous, expose })) {
    const { min_scale: min = 0, max_scale: max = 0 } = scale ?? {};
    const hint = 'Write a max_scale that is not below min_scale, or 0.';
    if (min < 0) yield { path: [key, 'min_scale'], message: 'min_scale is negative', hint: 'Write 0 or more.' };
    if (max < 0) yield { path: [key, 'max_scale'], message: 'max_scale is negative', hint: 'Write 0 or more.' };
    else if (max > 0 && min > max)
      yield { path: [key, 'max_scale'], message: `max_scale ${max} is below min_scale ${min}`, hint };
  }
}

const levels = ['NOTSET', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

function* checkChoices(input: DefinitionInput): Generator<Finding> {
  const { log_level, visibility, isolation_level, federation } = input;
  if (log_level && !levels.includes(log_level.toUpperCase())) {
    const message = `log_level “${log_level}” is not known and becomes INFO`;
    yield { path: ['log_level'], message, hint: `Write one of ${levels.join(', ')}.`, warning: true };
  }
  const rows: [path: string[], value: string | undefined, known: string[]][] = [
    [['visibility'], visibility, ['private', 'restricted', 'public']],
    [['isolation_level'], isolation_level, ['SERVICE', 'USER']],
    [['federation', 'topology'], federation?.topology, ['none', 'star', 'mesh']],
  ];
  for (const [path, value, known] of rows) {
    if (!value || known.includes(value)) continue;
    yield {
      path,
      message: `${path.at(-1)} “${value}” is not known`,
      hint: `Write one of ${known.join(', ')}.`,
      warning: true,
    };
  }
}

function* checkEnvironment({ environment }: DefinitionInput): Generator<Finding> {
  for (const part of ['variables', 'secrets'] as const) {
    for (const name of Object.keys(environment?.[part] ?? {})) {
      if (/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) continue;
      const hint = 'Use letters, digits and `_`, and do not start with a digit.';
      yield { path: ['environment', part, name], message: `“${name}” cannot be the name of a variable`, hint };
    }
  }
}
