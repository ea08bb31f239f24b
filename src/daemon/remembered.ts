import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { places } from './files.ts';
import type { DaemonOptions } from './options.ts';

/** What a daemon was started with, as the next one may be; the rest is told anew at each start. */
export type Remembered = Omit<DaemonOptions, 'dataDir' | 'version' | 'onHappening'>;

/**
 * Keeps the options of a daemon in its data folder, whole or not at all; answers how to forget them, which leaves what
 * somebody else has kept there since.
 */
export async function rememberOptions(options: DaemonOptions): Promise<() => Promise<void>> {
  const { options: file } = places(options.dataDir);
  const { dataDir: _, version, onHappening, ...rest } = options;
  const kept = { version, ...rest, engineEnvironment: chosen(options.engineEnvironment, isKept), mark: randomUUID() };
  const text = `${JSON.stringify(kept, null, 2)}\n`;
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return async () => {
    // They may hold the keys of a store: nobody needs them after a wanted end.
    if ((await textOf(file)) === text) await rm(file, { force: true });
  };
}

/** Forgets them, whoever kept them. */
export const forgetOptions = (dataDir: string): Promise<void> => rm(places(dataDir).options, { force: true });

/** What tells where an engine is may lie on a disk; whatever else there is may let one in somewhere. */
const isKept = (name: string): boolean =>
  /^DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY|TLS_CERTDIR|API_VERSION)$|^XDG_/.test(name) ||
  /^(KUBECONFIG|KIND_EXPERIMENTAL_\w+|HOME|PATH|TMPDIR|GNUPGHOME|PASSWORD_STORE_DIR|DBUS_SESSION_BUS_ADDRESS)$/.test(
    name,
  );

const chosen = (environment: Record<string, string>, want: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => want(name)));

/** An environment as it was kept, with what is never kept as it is now. */
export const withSecrets = (kept: Record<string, string>, now: Record<string, string>): Record<string, string> => ({
  ...chosen(now, (name) => !isKept(name)),
  ...chosen(kept, isKept),
});

/**
 * The options that are kept for a data folder: of the daemon that runs, that was killed, or that is to be started again.
 * Another version wrote what is not understood, or lacks.
 */
export async function recallOptions(dataDir: string): Promise<Partial<Remembered> | undefined> {
  const text = await textOf(places(dataDir).options);
  return text === undefined ? undefined : optionsIn(text);
}

const textOf = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });

function optionsIn(text: string): Partial<Remembered> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? understood(value) : undefined;
  } catch {
    // Somebody wrote into it: as good as none.
    return undefined;
  }
}

/** Those of the options that this version understands. */
export const understood = (value: Record<string, unknown>): Partial<Remembered> =>
  Object.fromEntries(
    Object.entries(shapes).flatMap(([name, fits]) => (fits(value[name]) ? [[name, value[name]]] : [])),
  );

type Guard = (value: unknown) => boolean;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Guard = (value) => typeof value === 'string';
const isSwitch: Guard = (value) => typeof value === 'boolean';
const isCount: Guard = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isPort: Guard = (value) =>
  isRecord(value) && isCount(value.number) && Number(value.number) <= 65_535 && isSwitch(value.explicit);
const isTexts: Guard = (value) => Array.isArray(value) && value.every(isText);
const isEnvironment: Guard = (value) => isRecord(value) && Object.values(value).every(isText);
const oneOf =
  (...words: string[]): Guard =>
  (value) =>
    words.some((word) => word === value);
const isStore: Guard = (value) => {
  if (!isRecord(value)) return false;
  const demanded: Record<string, string[]> = {
    auto: [],
    embedded: [],
    minio: ['image'],
    endpoint: ['url', 'accessKey', 'secretKey'],
  };
  return demanded[String(value.kind)]?.every((name) => isText(value[name])) ?? false;
};

/** Each of these is a text, if it is there. */
const hasOptionalTexts =
  (...names: string[]): Guard =>
  (value) =>
    isRecord(value) && names.every((name) => value[name] === undefined || isText(value[name]));
const isKind: Guard = (value) =>
  hasOptionalTexts('parts', 'image', 'config')(value) &&
  isRecord(value) &&
  (value.registryPort === undefined || isCount(value.registryPort));

const isOidc: Guard = (value) =>
  isRecord(value) && [value.issuers, value.groups, value.admins].every(isTexts) && isSwitch(value.dev);

const shapes = {
  cacheFolders: isTexts,
  folder: isText,
  executor: oneOf('auto', 'local', 'docker', 'kind', 'kubernetes'),
  noFallback: isSwitch,
  pull: oneOf('always', 'missing', 'never'),
  objects: isStore,
  kind: isKind,
  kubernetes: hasOptionalTexts('file', 'context', 'namespace', 'supervisor'),
  host: isText,
  port: isPort,
  s3Port: isPort,
  exposedPort: isPort,
  allowHosts: isTexts,
  oidc: isOidc,
  concurrency: isCount,
  serviceConcurrency: isCount,
  delegates: (value) => isRecord(value) && isSwitch(value.atOnce) && isSwitch(value.late),
  runTimeout: isCount,
  jobTimeout: isCount,
  keepInvocations: isCount,
  keepDays: isCount,
  keepBytes: isCount,
  keepLogBytes: isCount,
  shellEnvironment: isEnvironment,
  engineEnvironment: isEnvironment,
} satisfies Record<keyof Remembered, Guard>;
