import { maySee } from '../model/person.ts';
import type { Service } from '../model/service.ts';
import type { Store } from '../store/store.ts';
import { type Answer, empty } from './answer.ts';
import { callerOf, type Known, sameText } from './auth.ts';
import type { Call } from './route.ts';

/**
 * The service that a call of `/run` or `/job` may use, or the answer for those who may not. OSCAR: who has a token that
 * is not valid, or is in none of the groups, is told by `/run` that there is no such service, by `/job` why.
 */
export async function admit(
  call: Call,
  parts: Known & { store: Store },
  refused: 401 | 404 = 404,
): Promise<Service | Answer> {
  const caller = await callerOf(call.request.headers.authorization, parts, refused);
  if (caller.kind === 'stranger') return caller.answer;
  const service = parts.store.services.get(call.params.serviceName ?? '');
  if (caller.kind === 'person') {
    call.caller.uid = caller.person.uid;
    if (caller.person.kind === 'user') call.caller.user = caller.person.uid;
    return service && maySee(service.definition, caller.person) ? service : empty(404);
  }
  // OSCAR: a holder of a token is not told whether there is such a service.
  call.caller.user = 'nil';
  return service && sameText(caller.token, service.definition.token) ? service : empty(401);
}

/** Is this what `admit` answers for those who may not? */
export const isAnswer = (admitted: object): admitted is Answer => 'status' in admitted;
