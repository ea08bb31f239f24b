import { readFile } from 'node:fs/promises';
import { readYaml } from '../../daemon/reading.ts';
import { SandboxError } from '../../model/errors.ts';
import { visible } from './visible.ts';

/** A cluster as oscar-cli's configuration describes it. */
export interface Cluster {
  name: string;
  /** Without a slash at its end, and without what might be written into it as credentials. */
  endpoint: string;
  user?: string;
  password?: string;
  /** An account of oidc-agent. */
  account?: string;
  refreshToken?: string;
  /** Is its certificate looked at? */
  verify: boolean;
}

/** oscar-cli's configuration, read. */
export interface Configuration {
  path: string;
  standard?: string;
  clusters: Record<string, Entry>;
}

const entry = {
  endpoint: 'string',
  auth_user: 'string',
  auth_password: 'string',
  oidc_account_name: 'string',
  oidc_refresh_token: 'string',
  ssl_verify: 'bool',
  // Kept by oscar-cli for each cluster, and used by none of its requests.
  memory: 'string',
  log_level: 'string',
} as const;
const shape = { oscar: { '*': entry }, default: 'string' } as const;

type Entry = { [Key in keyof typeof entry]?: Key extends 'ssl_verify' ? boolean : string };

/** Reads the configuration of oscar-cli, in YAML or JSON. */
export async function readClusters(path: string): Promise<Configuration> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    throw new SandboxError(
      missing ? 'not-found' : 'invalid',
      missing ? `There is no configuration of oscar-cli at ${path}.` : `${path} cannot be read: ${error.code}.`,
      { hint: 'Write one with `oscar-cli cluster add NAME ENDPOINT USER PASSWORD`, or name another with --config.' },
    );
  });
  const found = readYaml({ path, text }, shape);
  for (const name of Object.keys(found?.oscar ?? {})) demandName(name, path);
  return { path, standard: found?.default || undefined, clusters: found?.oscar ?? {} };
}

/** The cluster of that name, or the default one. */
export function chooseCluster({ path, standard, clusters }: Configuration, named: string | undefined): Cluster {
  const names = Object.keys(clusters).map((name) => (name === standard ? `${name} (the default)` : name));
  const hint =
    names.length > 0 ? `Clusters there are ${names.join(', ')}.` : 'Add one with `oscar-cli cluster add NAME …`.';
  const name = named ?? standard;
  if (name === undefined) {
    throw new SandboxError('invalid', `${path} has no default cluster, so --cluster NAME has to say which.`, { hint });
  }
  const found = Object.hasOwn(clusters, name) ? clusters[name] : undefined;
  if (!found) throw new SandboxError('not-found', `${path} knows no cluster ${visible(name)}.`, { hint });
  return {
    name,
    endpoint: demandEndpoint(found.endpoint ?? '', `${name} in ${path}`),
    user: found.auth_user || undefined,
    password: found.auth_password,
    account: found.oidc_account_name || undefined,
    refreshToken: found.oidc_refresh_token || undefined,
    // oscar-cli always writes it; without the key it would look at no certificate, which nobody asked for.
    verify: found.ssl_verify ?? true,
  };
}

function demandName(name: string, path: string): void {
  const shown = visible(name);
  if (shown === name) return;
  throw new SandboxError('invalid', `${path} has a cluster whose name cannot be shown as it is: ${shown}`, {
    hint: 'Give it a name of letters and digits, of at most 100 characters.',
  });
}

function demandEndpoint(written: string, where: string): string {
  const url = URL.parse(written);
  if (url && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw new SandboxError('invalid', `The endpoint of the cluster ${where} is not the address of a server.`, {
    hint: 'Write it as https://HOST, with a port or a path where it has one.',
  });
}
