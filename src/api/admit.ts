import type { Service } from '../model/service.ts';
import type { Services } from '../store/services.ts';
import { type Answer, empty } from './answer.ts';
import { type Credentials, callerOf, sameText } from './auth.ts';
import type { Call } from './route.ts';

/** The service that a call of `/run` or `/job` may use, or the answer for those who may not. */
export function admit(call: Call, services: Services, credentials: Credentials): Service | Answer {
  const caller = callerOf(call.request.headers.authorization, credentials);
  if (caller.kind === 'stranger') return caller.answer;
  const service = services.get(call.params.serviceName ?? '');
  if (caller.kind === 'admin') return service ?? empty(404);
  // OSCAR: a holder of a token is not told whether there is such a service.
  call.caller.user = 'nil';
  return service && sameText(caller.token, service.definition.token) ? service : empty(401);
}

/** Is this what `admit` answers for those who may not? */
export const isAnswer = (admitted: Service | Answer): admitted is Answer => 'status' in admitted;
