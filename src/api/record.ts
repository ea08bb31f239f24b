import type { ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './route.ts';

/** Keeps a line about this call for `GET /system/logs`, once it is over. */
export function recordCall(
  call: Call,
  response: ServerResponse,
  { store, log, now }: { store: Store; log: Log; now(): number },
): void {
  const began = process.hrtime.bigint();
  const { method = '', url = '' } = call.request;
  const path = url.split('?')[0] ?? '';
  response.once('close', () => {
    const line = {
      time: now(),
      // 499: the client did not wait for its answer.
      status: response.headersSent ? response.statusCode : 499,
      latencyNs: Number(process.hrtime.bigint() - began),
      clientIp: call.caller.ip,
      method,
      path,
      user: call.caller.user,
    };
    store.requests.add(line).catch((error) => log.error('a call could not be recorded', { error: String(error) }));
  });
}
