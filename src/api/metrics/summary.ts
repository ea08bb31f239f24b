import { countOf, type Figures, usersOf } from './figures.ts';
import { countries, exposedLogs, hoursSource, inventory, requestLogs } from './sources.ts';
import type { Asking } from './span.ts';

/** What `GET /system/metrics` answers. */
export function summaryOf(asking: Asking, { services, calls, exposed, hours }: Figures): object {
  const called = calls.length > 0;
  const users = usersOf(calls);
  return {
    start: asking.start,
    end: asking.end,
    totals: {
      services_count_active: services.length,
      services_count_total: new Set([...calls, ...exposed].map(({ service }) => service)).size,
      cpu_hours_total: hours.cpu,
      gpu_hours_total: hours.gpu,
      requests_count_total: countOf(calls),
      requests_count_sync: countOf(calls, 'sync'),
      requests_count_async: countOf(calls, 'async'),
      requests_count_exposed: countOf(exposed),
      countries_count: 0,
      // OSCAR: where there was no call there is no list either.
      countries: called ? [] : null,
      users_count: users.length,
      users: called ? users : null,
    },
    sources: [inventory, hoursSource(asking), requestLogs, ...(called ? [countries] : []), exposedLogs],
  };
}
