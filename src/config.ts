import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SandboxError } from './model/errors.ts';
import { quantity } from './model/quantity.ts';

/** Something a user can set: `--name`, `OSCAR_SANDBOX_NAME`, or `name:` in the config file. */
export interface Flag {
  /** Without the dashes: `s3-port`. */
  name: string;
  short?: string;
  kind: 'switch' | 'text' | 'number' | 'size' | 'list';
  /** What stands for the value in help: `PORT`. */
  value?: string;
  about: string;
  choices?: readonly string[];
  default?: string | number;
}

/** The process's environment and its user's home; handed in by tests. */
export interface Surroundings {
  env: Record<string, string | undefined>;
  home: string;
}

/** The surroundings of this very process. */
export const surroundings = (): Surroundings => ({ env: process.env, home: home() });

function home(): string {
  try {
    return isAbsolute(homedir()) ? homedir() : userInfo().homedir;
  } catch {
    // A number without an account, as containers are run with, has no home: what is kept needs a --data-dir.
    return '/';
  }
}

/** What holds for one command: each flag, else environment, else config file, else default. */
export interface Settings {
  dataDir: string;
  on(name: string): boolean;
  text(name: string): string | undefined;
  number(name: string): number;
  list(name: string): string[];
  /** Did the user set it anywhere? A default is not set. */
  isSet(name: string): boolean;
}

type Value = boolean | string | number | string[];

/** One place where values may be written. */
interface Place {
  get(flag: Flag): unknown;
  /** How this place writes the name, for errors. */
  called(flag: Flag): string;
}

export interface SettingsRequest {
  flags: readonly Flag[];
  /** What the command line says, by flag name. */
  given: Record<string, unknown>;
  /** The flags that a config file may set. */
  inFile: readonly Flag[];
  around: Surroundings;
}

/** Finds out what holds; a value that makes no sense is an error that names where it was written. */
export async function loadSettings({ flags, given, inFile, around }: SettingsRequest): Promise<Settings> {
  const line: Place = { get: ({ name }) => given[name], called: ({ name }) => `--${name}` };
  const environment: Place = { get: (flag) => around.env[variable(flag)], called: variable };
  const user = await readConfig(join(xdg(around, 'CONFIG', '.config'), 'oscar-sandbox'), inFile);
  const found = firstValue(dataDirFlag, [line, environment, user]);
  const dataDir = resolve(typeof found === 'string' ? found : standardDataDir(around));
  const places = [line, environment, await readConfig(dataDir, inFile), user];
  const values = new Map<string, Value>();
  for (const flag of flags) {
    const value = firstValue(flag, places);
    if (value !== undefined) values.set(flag.name, value);
  }
  return settings(dataDir, flags, values);
}

function settings(dataDir: string, flags: readonly Flag[], values: Map<string, Value>): Settings {
  const held = (name: string): Value | undefined => {
    const flag = flags.find((one) => one.name === name);
    return values.get(name) ?? (flag?.default === undefined ? undefined : parse(flag, flag.default, name));
  };
  return {
    dataDir,
    on: (name) => held(name) === true,
    text: (name) => held(name)?.toString(),
    number: (name) => Number(held(name)),
    list: (name) => [held(name) ?? []].flat().map(String),
    isSet: (name) => values.has(name),
  };
}

/** Where everything of a sandbox is kept when nobody says where. */
export const standardDataDir = (around: Surroundings): string =>
  join(xdg(around, 'DATA', '.local/share'), 'oscar-sandbox');

/** Where everything of a sandbox is kept. */
export const dataDirFlag: Flag = {
  name: 'data-dir',
  kind: 'text',
  value: 'DIR',
  about: 'Folder that holds everything of this sandbox.',
};

/** Where the program keeps what it can make again. */
export const cacheDirFlag: Flag = {
  name: 'cache-dir',
  kind: 'text',
  value: 'DIR',
  about: 'Folder for what the program unpacks; it is made again when it is gone.',
};

/** The folders that may serve as cache, the preferred one first; the one that the user names is the only one. */
export function cacheFolders(settings: Pick<Settings, 'text'>, around: Surroundings): string[] {
  const named = settings.text(cacheDirFlag.name);
  if (named) return [resolve(named)];
  const temporary = join(resolve(around.env.TMPDIR || '/tmp'), `oscar-sandbox-${process.getuid?.() ?? 0}`);
  // A home that is not there is not made.
  const home = around.env.XDG_CACHE_HOME || existsSync(around.home);
  return [...(home ? [join(xdg(around, 'CACHE', '.cache'), 'oscar-sandbox')] : []), temporary];
}

const variable = ({ name }: Flag): string => `OSCAR_SANDBOX_${name.toUpperCase().replaceAll('-', '_')}`;

const xdg = ({ env, home }: Surroundings, which: 'CONFIG' | 'DATA' | 'CACHE', otherwise: string): string =>
  env[`XDG_${which}_HOME`] || join(home, otherwise);

function firstValue(flag: Flag, places: Place[]): Value | undefined {
  for (const place of places) {
    const written = place.get(flag);
    if (written !== undefined && written !== '') return parse(flag, written, place.called(flag));
  }
  return undefined;
}

const yes = ['1', 'true', 'yes', 'on'];
const no = ['0', 'false', 'no', 'off'];

function parse(flag: Flag, written: unknown, where: string): Value {
  const text = String(written).trim();
  const wrong = (demand: string) =>
    new SandboxError('invalid', `${where} must be ${demand}, not ${JSON.stringify(text)}.`, { hint: flag.about });
  switch (flag.kind) {
    case 'switch':
      if (yes.includes(text.toLowerCase())) return true;
      if (no.includes(text.toLowerCase())) return false;
      throw wrong('true or false');
    case 'number':
      if (!/^\d{1,15}$/.test(text)) throw wrong('a whole number');
      return Number(text);
    case 'size':
      return size(text, wrong);
    case 'list':
      return Array.isArray(written) ? written.map(String) : text.split(/[\s,]+/);
    default:
      if (flag.choices && !flag.choices.includes(text)) throw wrong(`one of ${flag.choices.join(', ')}`);
      return text;
  }
}

function size(text: string, wrong: (demand: string) => SandboxError): number {
  try {
    return Math.floor(quantity(text));
  } catch {
    throw wrong('a size such as 500Mi or 1Gi');
  }
}

async function readConfig(folder: string, inFile: readonly Flag[]): Promise<Place> {
  for (const [name, read] of [
    ['config.yaml', readLines],
    ['config.json', readJson],
  ] as const) {
    const file = join(folder, name);
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const values = read(text, file);
    demandKnown(Object.keys(values), inFile, file);
    return { get: ({ name: key }) => values[key], called: ({ name: key }) => `${key} in ${file}` };
  }
  return { get: () => undefined, called: () => folder };
}

/** Settings that cannot be read must not pass for none. */
const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new SandboxError('invalid', `${file} cannot be read: ${error.message}.`, {
      hint: 'Let yourself read it; HOME, XDG_CONFIG_HOME and --data-dir say where it is looked for.',
      cause: error,
    });
  });

function readJson(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new SandboxError('invalid', `${file} is not JSON.`, { cause: error, hint: (error as Error).message });
  }
  throw new SandboxError('invalid', `${file} must hold one JSON object.`);
}

/** The YAML that a flat file of settings needs: `key: value` lines, comments, and lists in brackets. */
function readLines(text: string, file: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$|^---\s*$/.test(line)) continue;
    const [, key, raw] = /^([\w-]+):\s*(.*?)\s*(?:\s#.*)?$/.exec(line) ?? [];
    if (key === undefined || raw === undefined) {
      throw new SandboxError('invalid', `${file}:${index + 1} is not a setting: ${line.trim()}`, {
        hint: 'Write one `name: value` a line, a list as `name: [a, b]`.',
      });
    }
    const items = /^\[(.*)\]$/.exec(raw)?.[1];
    values[key] = items === undefined ? unquoted(raw) : items.split(',').map((item) => unquoted(item.trim()));
  }
  return values;
}

const unquoted = (text: string): string => /^(['"])(.*)\1$/.exec(text)?.[2] ?? text;

function demandKnown(keys: string[], inFile: readonly Flag[], file: string): void {
  const unknown = keys.find((key) => !inFile.some(({ name }) => name === key));
  if (unknown === undefined) return;
  throw new SandboxError('invalid', `${file} sets ${unknown}, which is no setting.`, {
    hint: `Settings are: ${inFile.map(({ name }) => name).join(', ')}.`,
  });
}

/** What services on this machine may see of our environment. */
export function shellEnvironment({ env }: Surroundings): Record<string, string> {
  return chosen(env, ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER']);
}

/** What tells where a container engine or a cluster is, and what the programs need that keep the passwords for them. */
export function engineEnvironment({ env }: Surroundings): Record<string, string> {
  const needed =
    /^(DOCKER|XDG|AWS|GOOGLE|AZURE|KIND|CLOUDSDK)_|^(HTTPS?|NO|ALL)_PROXY$|^(KUBECONFIG|HOME|PATH|TMPDIR|GNUPGHOME|PASSWORD_STORE_DIR|DBUS_SESSION_BUS_ADDRESS)$/i;
  return chosen(
    env,
    Object.keys(env).filter((name) => needed.test(name)),
  );
}

const chosen = (env: Surroundings['env'], names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
