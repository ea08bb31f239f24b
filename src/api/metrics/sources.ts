import type { Asking } from './span.ts';

/** Where figures come from, and how far they can be trusted. OSCAR's names. */
export interface Source {
  name: string;
  status: 'ok' | 'partial' | 'missing';
  notes?: string;
}

export const inventory: Source = { name: 'service-inventory', status: 'ok' };
export const requestLogs: Source = { name: 'request-logs', status: 'ok' };
export const exposedLogs: Source = { name: 'exposed-request-logs', status: 'ok' };
export const countries: Source = {
  name: 'country-attribution',
  status: 'missing',
  notes: 'nothing here knows the country of a request',
};

/** Where the hours come from. OSCAR: of no time at all there is nothing to ask Prometheus. */
export const hoursSource = ({ span }: Asking): Source => ({
  name: 'prometheus',
  ...(span.to - span.from < 1000
    ? { status: 'missing', notes: 'invalid time range' }
    : {
        status: 'partial',
        notes:
          'no Prometheus is asked: what services have of the machine, times how long their finished invocations ran; servers of exposed services are left out',
      }),
});
