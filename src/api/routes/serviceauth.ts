import { type Answer, empty } from '../answer.ts';
import { type Credentials, isAdmin, unauthorized } from '../auth.ts';
import { cookieToken, holdsToken, tokenCookie } from '../exposed/tokens.ts';
import type { ApiParts } from '../parts.ts';
import type { Call, Route } from '../route.ts';

/** May this caller see an exposed service? Gateways ask so before they let a browser through. */
export const serviceAuthRoutes = ({ store, credentials }: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/services/:serviceName/auth',
    access: 'anyone',
    handle: (call) => {
      const name = call.params.serviceName ?? '';
      const service = store.services.get(name);
      const tokens = candidates(call, name);
      if (tokens.length === 0) return administrator(call, credentials, service !== undefined);
      const token = service?.definition.token;
      if (token === undefined || !holdsToken(tokens, token)) return empty(401);
      return empty(200, { 'Set-Cookie': tokenCookie(name, token, call.request.headers) });
    },
  },
];

function administrator({ request }: Call, credentials: Credentials, exists: boolean): Answer {
  if (!isAdmin(request.headers.authorization, credentials)) return unauthorized;
  return empty(exists ? 200 : 404);
}

/** Service tokens that came along. OSCAR: a bearer alone counts where there is one; Basic counts instead of them all. */
function candidates({ request: { headers }, query }: Call, service: string): string[] {
  const authorization = headers.authorization ?? '';
  const given = authorization.startsWith('Basic ')
    ? []
    : authorization.startsWith('Bearer ')
      ? [authorization.slice(7).trim()]
      : [query.get('token'), forwardedToken(headers['x-forwarded-uri']), cookieToken(headers, service)];
  return given.filter((token) => token?.length === 64) as string[];
}

const forwardedToken = (uri: string | string[] | undefined): string | null =>
  new URLSearchParams(String(uri ?? '').split('?')[1] ?? '').get('token');
