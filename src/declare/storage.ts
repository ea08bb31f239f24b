import { provider, splitPath } from '../model/service.ts';
import { amount } from './amounts.ts';
import type { Finding } from './positions.ts';
import type { DefinitionInput } from './schema.ts';

type Folder = NonNullable<DefinitionInput['mount']>;

/** Inputs, outputs and the mount. */
export function* checkFolders(input: DefinitionInput): Generator<Finding> {
  for (const [index, folder] of (input.input ?? []).entries()) {
    yield* checkFolder(input, folder, { path: ['input', index], types: ['minio', 'webdav', 'rucio'] });
  }
  for (const [index, folder] of (input.output ?? []).entries()) {
    yield* checkFolder(input, folder, {
      path: ['output', index],
      types: ['minio', 's3', 'onedata', 'webdav', 'rucio'],
    });
  }
  const { mount } = input;
  if (mount?.storage_provider) yield* checkFolder(input, mount, { path: ['mount'], types: ['minio', 's3', 'webdav'] });
  if (mount?.options && !/^[a-zA-Z0-9\-_.:=,/ ]+$/.test(mount.options)) {
    yield {
      path: ['mount', 'options'],
      message: 'mount options contain invalid characters',
      hint: 'Use letters, digits and - _ . : = , / alone.',
    };
  }
}

function* checkFolder(
  input: DefinitionInput,
  folder: Folder,
  rule: { path: (string | number)[]; types: string[] },
): Generator<Finding> {
  const path = (folder.path ?? '').replace(/^[ /]+|[ /]+$/g, '');
  const kind = String(rule.path[0]);
  const at = [...rule.path, 'path'];
  if (!path)
    yield {
      path: at,
      message: `${kind} path cannot be empty`,
      hint: `Write \`path: ${input.name || 'bucket'}/folder\`.`,
    };
  const reference = folder.storage_provider ?? '';
  const { type, id } = provider(reference);
  const where = [...rule.path, 'storage_provider'];
  if (!rule.types.includes(type)) {
    const message = reference
      ? `“${reference}” cannot be the storage provider of an ${kind}`
      : `the ${kind} has no storage_provider`;
    yield {
      path: where,
      message: message.replace('an mount', 'a mount'),
      hint: `Write \`storage_provider: minio.default\`; others are ${rule.types.join(', ')}.`,
    };
  } else if (!isDefined(input, type, id)) {
    const hint = `Add it to the file: storage_providers, ${type}, ${id}; or write minio.default.`;
    yield { path: where, message: `the StorageProvider "${type}.${id}" is not defined`, hint };
  } else if (path && (type === 'minio' || type === 's3'))
    yield* checkBucket(path.includes('/') ? splitPath(path).bucket : input.name, at);
}

function isDefined(input: DefinitionInput, type: string, id: string): boolean {
  if (type === 'minio' && id === 'default') return true;
  const all: Record<string, Record<string, unknown> | undefined> = input.storage_providers ?? {};
  return Object.hasOwn(all[type] ?? {}, id);
}

function* checkBucket(bucket: string, path: (string | number)[]): Generator<Finding> {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return;
  const hint = 'A bucket has 3 to 63 lower-case letters, digits, `-` and `.`; the path is `<bucket>/<folder>`.';
  yield { path, message: `“${bucket}” cannot be the name of a bucket`, hint };
}

/** The managed volume, in OSCAR's words. */
export function* checkVolume({ volume }: DefinitionInput): Generator<Finding> {
  if (!volume) return;
  const size = volume.size?.trim();
  const name = volume.name?.trim();
  const mount = checkMountPath(volume.mount_path?.trim());
  if (mount) yield { path: ['volume', 'mount_path'], ...mount };
  if (!size && !name) {
    const hint = 'Write `size: 1Gi` for a new volume, or `name:` for an existing one.';
    yield { path: ['volume', 'size'], message: 'volume.name is required when volume.size is not set', hint };
  }
  if (size && !((amount(size) ?? 0) > 0)) {
    const message = 'volume.size must be a valid positive quantity';
    yield { path: ['volume', 'size'], message, hint: 'Write for example `size: 1Gi`.' };
  }
  if (name && !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    const message = 'volume.name must satisfy Kubernetes DNS-1123 naming rules';
    yield { path: ['volume', 'name'], message, hint: 'Use lower-case letters, digits and `-`.' };
  }
  const policy = checkPolicy(volume.lifecycle_policy?.trim(), size);
  if (policy) yield { path: ['volume', 'lifecycle_policy'], ...policy };
}

function checkMountPath(path: string | undefined): Omit<Finding, 'path'> | undefined {
  if (!path) return { message: 'volume.mount_path is required', hint: 'Write for example `mount_path: /data`.' };
  if (!path.startsWith('/')) {
    return { message: 'volume.mount_path must be an absolute path', hint: `Write \`mount_path: /${path}\`.` };
  }
  if (!/^\/oscar\/(config|bin)(\/|$)/.test(path)) return undefined;
  const hint = 'Choose a path outside /oscar/config and /oscar/bin.';
  return { message: 'volume.mount_path cannot overlap OSCAR reserved paths', hint };
}

function checkPolicy(policy: string | undefined, size: string | undefined): Omit<Finding, 'path'> | undefined {
  if (!policy) return undefined;
  if (policy !== 'delete' && policy !== 'retain') {
    return { message: 'volume.lifecycle_policy must be either "delete" or "retain"', hint: 'Write delete or retain.' };
  }
  if (size) return undefined;
  const hint = 'Remove it, or give a size.';
  return { message: 'volume.lifecycle_policy is only valid when volume.size is set', hint };
}
