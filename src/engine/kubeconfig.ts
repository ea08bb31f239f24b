import { readFile } from 'node:fs/promises';
import { SandboxError } from '../model/errors.ts';
import { type Entry, type Kubeconfig, type KubeSource, readKubeconfig } from './kubefiles.ts';

/** A cluster that is named in a kubeconfig, and how to get there. */
export interface ClusterPlace {
  /** Without a slash at its end. */
  address: string;
  /** The file that named it. */
  foundBy: string;
  context: string;
  /** The one that is meant when none is named. */
  namespace: string;
  /** Who vouches for the server; nobody is asked when `insecure`. */
  ca?: Buffer;
  serverName?: string;
  insecure: boolean;
  /** Of its own, before that of the environment. */
  proxy?: string;
  user: KubeUser;
  /** All that programs that give credentials get to see. */
  environment: Record<string, string>;
}

/** What a kubeconfig says of its user. */
export interface KubeUser {
  name: string;
  certificate?: Buffer;
  key?: Buffer;
  token?: string;
  tokenFile?: string;
  login?: { name: string; password: string };
  /** A program that gives credentials, as the file has it. */
  exec?: unknown;
  /** The user that is acted for. */
  as?: string;
}

interface Wanted extends KubeSource {
  /** Instead of the file's current one. */
  context?: string;
  /** Instead of that of the context. */
  namespace?: string;
}

type Details = Record<string, unknown>;

/** Finds the cluster that a context means; throws `invalid` naming the file and the context when it cannot. */
export async function findCluster(wanted: Wanted): Promise<ClusterPlace> {
  const config = await readKubeconfig(wanted);
  const { newClusters, newContexts } = await entries();
  const name = wanted.context ?? config.current;
  if (!name) throw unchosen(config);
  const entry = config.contexts.find((one) => one.name === name);
  if (!entry) throw unknownContext(config, name);
  const wrong = (what: string, cause?: unknown) => misfit({ config, name, what, cause });
  const parsed = <T>(parse: (list: Entry[]) => T[], one: Entry): T => {
    try {
      const [made] = parse([one]);
      if (made) return made;
    } catch (cause) {
      // It counts the entries of the list it was given: that is one.
      throw wrong((cause as Error).message.replace(/\w+\[0\]\./, ''), cause);
    }
    throw wrong('it says nothing');
  };
  const context = parsed(newContexts, entry);
  const place = config.clusters.find((one) => one.name === context.cluster);
  if (!place) throw wrong(`it names the cluster ${context.cluster}, which is not there`);
  const cluster = parsed(newClusters, place);
  if (!/^https?:\/\/\S/.test(cluster.server)) throw wrong(`${cluster.server} is no address of a server`);
  const user = config.users.find((one) => one.name === context.user);
  if (context.user && !user) throw wrong(`it names the user ${context.user}, who is not there`);
  const ca = await contentOf({ data: cluster.caData, file: cluster.caFile, wrong });
  return {
    address: cluster.server.replace(/\/+$/, ''),
    foundBy: config.foundBy,
    context: name,
    namespace: wanted.namespace ?? context.namespace ?? 'default',
    insecure: cluster.skipTLSVerify,
    ...(ca ? { ca } : {}),
    ...(cluster.tlsServerName ? { serverName: cluster.tlsServerName } : {}),
    ...(cluster.proxyUrl ? { proxy: cluster.proxyUrl } : {}),
    user: user ? await userOf(user, wrong) : { name: 'nobody' },
    environment: wanted.around.environment,
  };
}

/** All of the package that is needed: with its generated clients it would take 90 MB of memory and a second to load. */
const entries = () => import('@kubernetes/client-node/dist/config_types.js');

type Wrong = (what: string, cause?: unknown) => SandboxError;

/** Kept by kubectl no more, or not yet by us: told, rather than passed over. */
const unserved: Record<string, string> = {
  'auth-provider': 'an `auth-provider`, which kubectl has given up: use a credential plugin (`exec`)',
  'as-groups': '`as-groups`, which is not known here',
  'as-uid': '`as-uid`, which is not known here',
  'as-user-extra': '`as-user-extra`, which is not known here',
};

async function userOf(entry: Entry, wrong: Wrong): Promise<KubeUser> {
  const { newUsers } = await entries();
  const [user] = newUsers([entry]);
  const details = (entry.user ?? {}) as Details;
  const name = String(entry.name);
  if (!user) return { name };
  for (const [key, what] of Object.entries(unserved)) {
    if (details[key]) throw wrong(`its user ${name} has ${what}`);
  }
  const certificate = await contentOf({ data: user.certData, file: user.certFile, wrong });
  const key = await contentOf({ data: user.keyData, file: user.keyFile, wrong });
  const { tokenFile } = details;
  return {
    name,
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
    ...(user.token ? { token: user.token } : {}),
    ...(typeof tokenFile === 'string' && tokenFile ? { tokenFile } : {}),
    ...(user.username ? { login: { name: user.username, password: user.password ?? '' } } : {}),
    ...(user.exec ? { exec: user.exec } : {}),
    ...(user.impersonateUser ? { as: user.impersonateUser } : {}),
  };
}

interface Content {
  /** In base64; counts before the file. */
  data: string | undefined;
  file: string | undefined;
  wrong: Wrong;
}

async function contentOf({ data, file, wrong }: Content): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  if (!file) return undefined;
  return readFile(file).catch((cause: Error) => {
    throw wrong(`it names ${file}, which cannot be read (${cause.message})`, cause);
  });
}

const names = ({ contexts }: Kubeconfig): string => contexts.map(({ name }) => String(name)).join(', ');

const unchosen = (config: Kubeconfig): SandboxError =>
  new SandboxError('invalid', `${config.foundBy} has no current context.`, {
    hint: names(config) ? `Choose one with --context: ${names(config)}.` : 'Add one with `kubectl config set-context`.',
  });

const unknownContext = (config: Kubeconfig, name: string): SandboxError =>
  new SandboxError('invalid', `${config.foundBy} has no context ${name}.`, {
    hint: names(config) ? `It has ${names(config)}.` : 'It has none at all.',
  });

interface Misfit {
  config: Kubeconfig;
  name: string;
  what: string;
  cause: unknown;
}

const misfit = ({ config, name, what, cause }: Misfit): SandboxError =>
  new SandboxError('invalid', `The context ${name} of ${config.foundBy} cannot be used: ${what}.`, {
    hint: 'Mend it there, or choose another one with --context.',
    ...(cause === undefined ? {} : { cause }),
  });
