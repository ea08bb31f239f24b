import type { Service } from '../model/service.ts';
import type { LogWriter } from '../store/logs.ts';
import type { Store } from '../store/store.ts';

/** Says which version runs when it is not the one that was declared last: that one cannot be served, or not yet. */
export function tellBehind(
  service: Service,
  { services }: Pick<Store, 'services'>,
  log: Pick<LogWriter, 'line'>,
): void {
  const newest = services.get(service.name);
  if (!newest || newest.fingerprint === service.fingerprint) return;
  log.line(`[sandbox] version ${service.version} runs: version ${newest.version} is not served`);
}
