import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, empty, pageNotFound, text } from './answer.ts';

/** What every request passes first, whatever it is for: answers what ends it here, else nothing. */
export function createDoor(isOurHost: (host: string | undefined) => boolean) {
  return (request: IncomingMessage, response: ServerResponse): Answer | undefined => {
    allowOrigins(request, response);
    const host = hostOf(request);
    return isOurHost(host) ? undefined : strangeHost(host);
  };
}

/** What a request passes before its route. */
export function gate(request: IncomingMessage): Answer | undefined {
  if (request.method === 'OPTIONS') return empty(204);
  const forgery = forgeryOf(request);
  if (forgery) return forgery;
  return strangePath((request.url ?? '').split('?')[0] ?? '');
}

/**
 * A form or an image of some page: a browser that was once given the password would send it along unasked. Scripts
 * that hold the password themselves send `cors`, other clients nothing.
 */
export const forgeryOf = ({ method = '', headers }: IncomingMessage): Answer | undefined =>
  !['GET', 'HEAD'].includes(method) && ['navigate', 'no-cors'].includes(String(headers['sec-fetch-mode']))
    ? forged
    : undefined;

const forged = text(
  403,
  'A page cannot change anything here by a form or a link: call the API with its own credentials.',
);

/** Every page may call the API: there is no cookie to abuse, only credentials that the page must know. */
function allowOrigins({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', '*');
  if (!headers['access-control-request-method']) return;
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS');
  // Echoed, because `*` does not stand for Authorization.
  const asked = headers['access-control-request-headers'];
  response.setHeader('Access-Control-Allow-Headers', asked || 'Authorization, Content-Type');
  response.setHeader('Access-Control-Max-Age', '600');
  if (headers['access-control-request-private-network']) {
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  }
}

/** The host a request is for; a whole URL in the request line counts more than `Host`, and loses it here. */
function hostOf(request: IncomingMessage): string | undefined {
  const whole = /^https?:\/\/([^/?#]*)(.*)$/i.exec(request.url ?? '');
  const host = whole?.[1] ?? request.headers.host;
  if (whole) request.url = whole[2]?.startsWith('/') ? whole[2] : `/${whole[2]}`;
  // A client that was given an endpoint with a slash at its end asks for `//system/…`.
  request.url = (request.url ?? '/').replace(/^\/+/, '/');
  return host;
}

const strangeHost = (host: string | undefined): Answer =>
  text(
    421,
    `This sandbox is not called ${host || '(no host)'}. Start it with --allow-host NAME if that name is yours.`,
  );

function strangePath(path: string): Answer | undefined {
  // OSCAR: an escaped slash never stands inside a parameter.
  if (/%2f/i.test(path)) return pageNotFound;
  try {
    decodeURIComponent(path);
    return undefined;
  } catch {
    return text(
      400,
      `The path ${path} has a % that no two hexadecimal digits of UTF-8 follow: write %25 for the sign itself.`,
    );
  }
}
