import { codes } from '../../api/client.ts';
import { SandboxError } from '../../model/errors.ts';
import { servicesIn, versionIn } from './answers.ts';
import type { Cluster } from './clusters.ts';
import type { Body } from './shapes.ts';
import { type Version, versionOf } from './version.ts';
import { withoutLogin } from './visible.ts';
import { type Answer, type Asking, ask, type Trust } from './wire.ts';

/** An OSCAR cluster, asked over its REST API. */
export interface Remote {
  version(): Promise<Version>;
  /** The services that these credentials may see. */
  services(): Promise<Body[]>;
  create(body: Body): Promise<void>;
  update(body: Body): Promise<void>;
}

export interface RemoteParts {
  cluster: Cluster;
  authorization: string;
  authority: string | undefined;
  /** How long one answer may take. */
  seconds: number;
}

/** oscar-cli: an image that is fetched by every node first takes its time. */
const prefetch = 400;

/** A way to ask this cluster, with these credentials, and nobody else. */
export function openRemote({ cluster, authorization, authority, seconds }: RemoteParts): Remote {
  const trust: Trust = { verify: cluster.verify, authority };
  const demand = async (asking: Pick<Asking, 'method' | 'body'> & { path: string; seconds?: number }) => {
    const url = cluster.endpoint + asking.path;
    const headers = { authorization, ...(asking.body ? { 'content-type': 'application/json' } : {}) };
    const answer = await ask({ seconds, ...asking, url, headers }, trust);
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw refusal(cluster, url, answer);
  };
  const send = async (method: 'POST' | 'PUT', body: Body) => {
    const patience = body.image_prefetch === true ? { seconds: Math.max(seconds, prefetch) } : {};
    await demand({ method, path: '/system/services', body: JSON.stringify(body), ...patience });
  };
  return {
    version: async () => {
      const version = versionIn(await demand({ method: 'GET', path: '/system/info' }));
      if (version === undefined) throw notOscar(cluster);
      return versionOf(version);
    },
    services: async () => {
      const found = servicesIn(await demand({ method: 'GET', path: '/system/services' }));
      if (!found) throw notOscar(cluster);
      return found;
    },
    create: (body) => send('POST', body),
    update: (body) => send('PUT', body),
  };
}

const notOscar = ({ name, endpoint }: Cluster): SandboxError =>
  new SandboxError('unavailable', `What answers at ${endpoint} is not the API of an OSCAR cluster.`, {
    hint: `Check the endpoint of ${name} in oscar-cli's configuration: the path of the API belongs to it.`,
  });

function refusal(cluster: Cluster, url: string, { status, location, text }: Answer): SandboxError {
  const { name, endpoint } = cluster;
  if (status >= 300 && status < 400) return redirected(cluster, url, location);
  if (status === 401) {
    return new SandboxError('unauthorized', `${name} does not accept these credentials (401).`, {
      hint: 'Add the cluster anew with `oscar-cli cluster add`, or put a fresh token into OSCAR_SANDBOX_TOKEN.',
    });
  }
  const said = sentenceIn(text);
  const code = codes[status] ?? (status < 500 ? 'invalid' : 'rejected');
  if (said) return new SandboxError(code, `${name} refuses it (${status}): ${said}`, { hint: hintFor(said) });
  if (status === 404 && url.endsWith('/system/info')) return notOscar(cluster);
  return new SandboxError(code, `${name} answers ${status} at ${endpoint}, and does not say why.`);
}

const hints: [said: RegExp, hint: string][] = [
  [
    /a service with the provided name/i,
    'Somebody else has a service of that name, which these credentials do not see.',
  ],
  [
    /bucket .*already exists/i,
    'A new service needs buckets of its own: name others, or delete that one on the cluster.',
  ],
  [/volume updates/i, 'Delete the service on the cluster first, or leave its volume as it is.'],
  [/removing resource|policy for user\/group/i, 'OSCAR may have changed the visibility all the same.'],
];

const hintFor = (sentence: string): string | undefined => hints.find(([said]) => said.test(sentence))?.[1];

/** Go prints no more than a line or two; a page is not for a terminal. */
function sentenceIn(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.startsWith('<') ? '' : withoutLogin(line, 600);
}

function redirected({ name }: Cluster, url: string, location = ''): SandboxError {
  const target = URL.parse(location, url);
  const to = target ? `${target.origin}${target.pathname}` : 'nowhere';
  return new SandboxError('invalid', `${name} sends us on to ${to}, where no credentials are sent.`, {
    hint: 'If that is the cluster, make its address the endpoint: oscar-cli cluster add NAME ENDPOINT …',
  });
}
