import { maySee } from '../../model/person.ts';
import type { Service } from '../../model/service.ts';
import { isAnswer } from '../admit.ts';
import { type Answer, empty } from '../answer.ts';
import { type Known, personOf } from '../auth.ts';
import { cookieToken, holdsToken, tokenCookie } from '../exposed/tokens.ts';
import type { ApiParts } from '../parts.ts';
import type { Call, Route } from '../route.ts';

/** May this caller see an exposed service? Gateways ask so before they let a browser through. */
export const serviceAuthRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/services/:serviceName/auth',
    access: 'anyone',
    handle: async (call) => {
      const name = call.params.serviceName ?? '';
      const service = parts.store.services.get(name);
      const tokens = candidates(call, name);
      if (tokens.length === 0) return byPerson(call, parts, service);
      const token = service?.definition.token;
      if (token === undefined || !holdsToken(tokens, token)) return empty(401);
      return empty(200, { 'Set-Cookie': tokenCookie(name, token, call.request.headers) });
    },
  },
];

/** Without a token it is the administrator, or a user who may see the service. */
async function byPerson({ request }: Call, parts: Known, service: Service | undefined): Promise<Answer> {
  const person = await personOf(request.headers.authorization, parts);
  if (isAnswer(person)) return person;
  if (!service) return empty(404);
  return empty(maySee(service.definition, person) ? 200 : 403);
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
