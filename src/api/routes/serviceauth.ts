import { type Answer, empty } from '../answer.ts';
import { type Credentials, isAdmin, sameText, unauthorized } from '../auth.ts';
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
      if (token === undefined || !tokens.some((given) => sameText(given, token))) return empty(401);
      return empty(200, { 'Set-Cookie': cookie(name, token, call) });
    },
  },
];

function administrator({ request }: Call, credentials: Credentials, exists: boolean): Answer {
  if (!isAdmin(request.headers.authorization, credentials)) return unauthorized;
  return empty(exists ? 200 : 404);
}

const cookieName = (service: string): string => `oscar_service_${service.replaceAll('-', '_')}_auth`;

/** Service tokens that came along. OSCAR: a bearer alone counts where there is one; Basic counts instead of them all. */
function candidates({ request: { headers }, query }: Call, service: string): string[] {
  const authorization = headers.authorization ?? '';
  const given = authorization.startsWith('Basic ')
    ? []
    : authorization.startsWith('Bearer ')
      ? [authorization.slice(7).trim()]
      : [query.get('token'), forwardedToken(headers['x-forwarded-uri']), cookieOf(headers.cookie, cookieName(service))];
  return given.filter((token) => token?.length === 64) as string[];
}

const forwardedToken = (uri: string | string[] | undefined): string | null =>
  new URLSearchParams(String(uri ?? '').split('?')[1] ?? '').get('token');

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

function cookie(service: string, token: string, { request: { headers } }: Call): string {
  const secure = headers['x-forwarded-proto'] === 'https' ? ' Secure;' : '';
  return `${cookieName(service)}=${token}; Path=/system/services/${service}/exposed; HttpOnly;${secure} SameSite=Lax`;
}
