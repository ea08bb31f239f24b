import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import type { Around } from './dockerconfig.ts';

/** What is read to find a cluster. */
export interface KubeSource {
  around: Around;
  /** Reads YAML; throws what is wrong with it. */
  parse(text: string): unknown;
  /** The content of a kubeconfig, if it lies in no file. */
  text?: string;
  /** One file, instead of those of KUBECONFIG or `~/.kube/config`. */
  file?: string;
}

/** One entry of a list, as it stands in a file. */
export type Entry = Record<string, unknown> & { name?: unknown };

/** All files as one, as kubectl joins them: the first that says something counts. */
export interface Kubeconfig {
  clusters: Entry[];
  users: Entry[];
  contexts: Entry[];
  current?: string;
  /** The files, for sentences about them. */
  foundBy: string;
}

/** Reads the user's kubeconfig; throws `invalid` with the file when one makes no sense, or when there is none. */
export async function readKubeconfig(source: KubeSource): Promise<Kubeconfig> {
  if (source.text !== undefined) return joined([read(source, source.text, 'the kubeconfig')]);
  const { files, foundBy, all } = filesOf(source);
  const parts: Part[] = [];
  for (const file of files) {
    const text = await contentOf(file, { mayLack: !all });
    if (text !== undefined) parts.push(withPaths(read(source, text, file), dirname(resolve(file))));
  }
  if (parts.length > 0) return joined(parts);
  throw new SandboxError('invalid', `No kubeconfig is there: ${foundBy}.`, {
    hint: 'Name one in KUBECONFIG, or get one from whoever runs the cluster.',
  });
}

interface Found {
  files: string[];
  foundBy: string;
  /** Has each of them to be there? */
  all: boolean;
}

function filesOf({ file, around }: KubeSource): Found {
  if (file) return { files: [file], foundBy: file, all: true };
  const named = (around.environment.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  // kubectl: one that is missing is passed over when KUBECONFIG names it.
  if (named.length > 0) return { files: named, foundBy: `KUBECONFIG names ${named.join(' and ')}`, all: false };
  const usual = join(around.home, '.kube', 'config');
  return { files: [usual], foundBy: `KUBECONFIG names none, and there is no ${usual}`, all: false };
}

async function contentOf(file: string, { mayLack }: { mayLack: boolean }): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (mayLack && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw new SandboxError('invalid', `The kubeconfig ${file} cannot be read: ${message}.`, {
      hint: 'Check its path and whether you may read it.',
      cause,
    });
  }
}

type Part = Omit<Kubeconfig, 'current'> & { current?: string };

const lists = ['clusters', 'users', 'contexts'] as const;

function read({ parse }: KubeSource, text: string, file: string): Part {
  // A file with nothing in it says nothing; not every parser takes it for YAML.
  const value = text.replace(/^\s*#.*$/gm, '').trim() ? parsed(parse, text, file) : undefined;
  const wrong = (what: string) =>
    new SandboxError('invalid', `${file} is no kubeconfig: ${what}.`, {
      hint: 'It has lists called clusters, users and contexts: compare it with `kubectl config view`.',
    });
  if (value === undefined || value === null) return { clusters: [], users: [], contexts: [], foundBy: file };
  if (!isMap(value)) throw wrong('it holds no map');
  const part: Part = { clusters: [], users: [], contexts: [], foundBy: file };
  for (const list of lists) {
    const entries = value[list] ?? [];
    if (!Array.isArray(entries) || !entries.every(isMap)) throw wrong(`its ${list} are no list of maps`);
    part[list] = entries;
  }
  const current = value['current-context'];
  return typeof current === 'string' && current ? { ...part, current } : part;
}

function parsed(parse: (text: string) => unknown, text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new SandboxError('invalid', `${file} is no YAML: ${said}`, { hint: 'Mend it, or name another file.', cause });
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const paths: Record<string, string[]> = {
  cluster: ['certificate-authority'],
  user: ['client-certificate', 'client-key', 'tokenFile'],
};

/** Paths are meant from the folder of the file that names them. */
function withPaths(part: Part, folder: string): Part {
  const mend = (entries: Entry[], key: 'cluster' | 'user') =>
    entries.map((entry) => ({ ...entry, [key]: absolute(entry[key], paths[key] ?? [], folder) }));
  const users = mend(part.users, 'user').map((entry) => ({ ...entry, user: withCommand(entry.user, folder) }));
  return { ...part, clusters: mend(part.clusters, 'cluster'), users };
}

function absolute(content: unknown, keys: string[], folder: string): unknown {
  if (!isMap(content)) return content;
  const mended = keys.flatMap((key) => {
    const path = content[key];
    return typeof path === 'string' && path ? [[key, resolve(folder, path)]] : [];
  });
  return { ...content, ...Object.fromEntries(mended) };
}

/** A program without a slash is looked for in PATH. */
function withCommand(user: unknown, folder: string): unknown {
  const { exec } = isMap(user) ? user : {};
  if (!isMap(user) || !isMap(exec) || typeof exec.command !== 'string' || !exec.command.includes('/')) return user;
  return { ...user, exec: { ...exec, command: resolve(folder, exec.command) } };
}

function joined(parts: Part[]): Kubeconfig {
  const all = (list: (typeof lists)[number]) => {
    const byName = new Map<unknown, Entry>();
    for (const entry of parts.flatMap((part) => part[list])) {
      if (!byName.has(entry.name)) byName.set(entry.name, entry);
    }
    return [...byName.values()];
  };
  const current = parts.find((part) => part.current)?.current;
  return {
    clusters: all('clusters'),
    users: all('users'),
    contexts: all('contexts'),
    ...(current ? { current } : {}),
    foundBy: parts.map(({ foundBy }) => foundBy).join(' and '),
  };
}
