import { type ErrorCode, SandboxError } from '../model/errors.ts';

/** What a server was asked, for sentences about its refusal: `apply ConfigMap a in the namespace default`. */
export interface Asked {
  verb: string;
  kind: string;
  name?: string | undefined;
  namespace?: string | undefined;
}

/** Whom: an address, and where it was found. */
export interface Whom {
  address: string;
  context: string;
  foundBy: string;
  user: { name: string };
}

/** An answer that is not the one that was wanted. */
export interface Answer {
  status: number;
  /** Its body, as it came. */
  text: string;
}

/** The state of a resource that was asked for lies too far back for the server to know. */
export class GoneError extends Error {}

interface Status {
  message?: string;
  reason?: string;
  code?: number;
}

const statusOf = (text: string): Status => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not all that answers is an API server, and even those have pages of plain text.
    return {};
  }
};

/** The server's refusal as an error: whose fault it is, and what can be done. */
export function refusal({ status, text }: Answer, asked: Asked, whom: Whom): Error {
  const { message = text.trim().slice(0, 500) || `status ${status}` } = statusOf(text);
  if (status === 410) return new GoneError(message);
  if (status === 401) return unknownUser(whom);
  if (status === 403) return forbidden(message, asked, whom);
  if (isHook(message) && status >= 500) return unready(message, asked);
  const typed = /failed to create typed patch object \(.*?\): (.*)/s.exec(message)?.[1];
  const code = typed ? 'invalid' : codeOf(status, message);
  return new SandboxError(code, `The cluster will not ${wordsFor(asked)}: ${sentence(typed ?? message)}`);
}

const codes: Record<number, ErrorCode> = {
  400: 'invalid',
  404: 'not-found',
  409: 'conflict',
  413: 'invalid',
  422: 'invalid',
};

function codeOf(status: number, message: string): ErrorCode {
  if (/admission webhook .* denied the request/.test(message)) return 'rejected';
  return codes[status] ?? (status >= 500 || status === 429 ? 'unavailable' : 'rejected');
}

const wordsFor = ({ verb, kind, name, namespace }: Asked): string =>
  [verb, kind, name, namespace && `in the namespace ${namespace}`].filter(Boolean).join(' ');

const sentence = (words: string): string => (/[.!?]$/.test(words) ? words : `${words}.`);

const unknownUser = ({ address, context, foundBy, user }: Whom): SandboxError =>
  new SandboxError('forbidden', `${address} does not know the user ${user.name} of the context ${context}.`, {
    hint: `The credentials in ${foundBy} have run out, or are of another cluster: get them anew.`,
  });

const rbac = /User "(.+?)" cannot (\S+) resource "(.+?)" in API group "(.*?)"(?:.*? in the namespace "(.+?)")?/s;

/** Rights are asked for in the words of RBAC; a quota or a policy is another thing, which an API server answers alike. */
function forbidden(message: string, asked: Asked, whom: Whom): SandboxError {
  const [, user, verb, resource, group, namespace] = rbac.exec(message) ?? [];
  if (!user || !verb || !resource) {
    const code = /being terminated/.test(message) ? 'conflict' : 'rejected';
    return new SandboxError(code, `The cluster will not ${wordsFor(asked)}: ${sentence(message)}`);
  }
  const place = namespace ? `in the namespace ${namespace}` : 'in the whole cluster';
  const named = group ? `${resource}.${group}` : resource;
  const what = `${user} may not ${verb} ${named} ${place} (to ${wordsFor({ ...asked, namespace: undefined })}).`;
  return new SandboxError('forbidden', what, { hint: grant({ user, verb, named, namespace }, whom) });
}

interface Right {
  user: string;
  verb: string;
  named: string;
  namespace: string | undefined;
}

function grant({ user, verb, named, namespace }: Right, { context }: Whom): string {
  const account = /^system:serviceaccount:(.+)$/.exec(user)?.[1];
  const who = account ? `--serviceaccount=${account}` : `--user=${user}`;
  const kind = namespace ? 'role' : 'clusterrole';
  const role = `oscar-sandbox-${verb}-${named.replaceAll(/[/.].*/g, '')}`;
  const at = namespace ? ` -n ${namespace}` : '';
  return (
    `Whoever runs the cluster of ${context} can allow it: ` +
    `\`kubectl${at} create ${kind} ${role} --verb=${verb} --resource=${named}\`, then ` +
    `\`kubectl${at} create ${kind}binding ${role} --${kind}=${role} ${who}\`.`
  );
}

const hook =
  /failed calling webhook|failed to call webhook|conversion webhook for .* failed|no endpoints available for service/;
const isHook = (message: string): boolean => hook.test(message);

const unready = (message: string, asked: Asked): SandboxError =>
  new SandboxError('unavailable', `The cluster cannot ${wordsFor(asked)} yet: ${sentence(message)}`, {
    hint: 'What has to agree to it does not run yet: wait until its Deployment is available.',
  });

/** Was something refused only because a program of the cluster, which has to agree, does not serve yet? */
export const isNotYetAdmitting = (error: unknown): boolean =>
  error instanceof SandboxError && error.code === 'unavailable' && isHook(error.message);

const certificates = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/;

/** No answer came. */
export function silence(cause: unknown, { address, context, foundBy }: Whom): SandboxError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const said = (message || code).trim().replace(/\.$/, '');
  const hint = certificates.test(code)
    ? `Its certificate does not fit what ${foundBy} says: get the kubeconfig anew.`
    : `Start the cluster, or choose another one with --context: ${foundBy} names this one.`;
  const text = `The API server of the context ${context} does not answer at ${address}: ${said}.`;
  return new SandboxError('unavailable', text, { hint, cause });
}
