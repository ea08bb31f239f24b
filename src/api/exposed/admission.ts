import type { IncomingMessage } from 'node:http';
import { isReserved, maySee, type Person } from '../../model/person.ts';
import type { Service } from '../../model/service.ts';
import type { People } from '../../oidc/people.ts';
import type { Services } from '../../store/services.ts';
import { type Answer, text } from '../answer.ts';
import { type Credentials, sameText } from '../auth.ts';
import { type ExposedPath, withoutToken } from './path.ts';
import { cookieToken, holdsToken, said, tokenCookie } from './tokens.ts';

/** Who may see a service, and what of their credentials is ours: that goes no further. */
export interface Admission {
  /** What those get who may not. */
  refused?: Answer;
  /** For the browser to keep, so that its next requests need no token. */
  cookie?: string;
  /** The query as the service may see it. */
  search: string;
  /** May the service see the request's `Authorization`? */
  keepsAuthorization: boolean;
}

export interface AdmissionParts {
  services: Services;
  /** The administrator's. */
  credentials: Credentials;
}

/** Who comes with a token of an issuer of ours: a user, or someone whom it does not say; undefined for other credentials. */
export async function userOf(header: string | undefined, people: People | undefined): Promise<User | undefined> {
  const given = said(header);
  if (!people || people.issuers.length === 0 || given?.scheme !== 'bearer' || given.secret.length === 64)
    return undefined;
  const recognised = await people.recognise(given.secret);
  if (recognised.kind === 'refused') return {};
  return recognised.kind === 'person' && !isReserved(recognised.person.uid) ? { person: recognised.person } : undefined;
}

interface User {
  /** Absent when the token is one that counts no more. */
  person?: Person;
}

/** Decides about a request for an exposed service. Without `set_auth` everyone may see it, as on a cluster. */
export function admit(
  { headers }: IncomingMessage,
  { path, service, user }: { path: ExposedPath; service: Service; user?: User | undefined },
  parts: AdmissionParts,
): Admission {
  const { token, expose } = service.definition;
  const authorization = said(headers.authorization);
  const keepsAuthorization = !user && (!authorization || !isOurs(authorization.secret, service, parts));
  if (!expose.set_auth) return { search: path.search, keepsAuthorization };

  const inQuery = new URLSearchParams(path.search).getAll('token');
  const byQuery = holdsToken(inQuery, token);
  const rest = { search: byQuery ? withoutToken(path.search, token) : path.search, keepsAuthorization };
  if (byQuery) return { ...rest, cookie: tokenCookie(service.name, token, headers) };
  const sees = user?.person !== undefined && maySee(service.definition, user.person);
  const may =
    sees || isKnown(headers.authorization, service, parts) || holdsToken([cookieToken(headers, service.name)], token);
  return may ? rest : { ...rest, refused: refusal(service) };
}

/** Is the header of the administrator, or of someone who holds the service's token? */
function isKnown(header: string | undefined, { name, definition }: Service, { credentials }: AdmissionParts): boolean {
  const given = said(header);
  if (!given) return false;
  if (given.scheme === 'bearer') return holdsToken([given.secret], definition.token);
  const { user, secret } = given;
  return (
    (sameText(user, credentials.user) && sameText(secret, credentials.password)) ||
    (sameText(user, name) && sameText(secret, definition.token))
  );
}

/**
 * A browser sends what it once was asked for to whoever asks in the same words on this origin: so another service's
 * token goes no further than here, and the administrator's password never does. Its own token a service knows anyway,
 * and may ask for it itself where nobody asked before.
 */
function isOurs(secret: string, { definition }: Service, { services, credentials }: AdmissionParts): boolean {
  if (sameText(secret, credentials.password)) return true;
  if (secret.length !== 64) return false;
  if (sameText(secret, definition.token)) return definition.expose.set_auth;
  return services.list().some((other) => sameText(other.definition.token, secret));
}

/** OSCAR: browsers are asked for name and token, unless the gateway is to ask `/auth`, which asks for the administrator. */
function refusal({ name, definition: { expose } }: Service): Answer {
  const forward = expose.auth_type?.toLowerCase() === 'forward';
  return text(401, `${name} asks for the name ${name} and its token, or for the administrator.`, {
    'WWW-Authenticate': `Basic realm="${forward ? 'Authorization' : 'Authentication'} Required"`,
  });
}
