import { expect, it } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
import { SandboxError } from '../../src/model/errors.ts';
import { type Service, standingOf } from '../../src/model/service.ts';
import { conditionOf, type News } from '../../src/reconcile/condition.ts';
import { declared } from '../fakes/definitions.ts';

const web = (known: Partial<Service> = {}) =>
  declared({ name: 'web', expose: { api_port: [80] } }, { fingerprint: 'new', version: 2, ...known });
const failure = (version: number): News => ({ failure: { error: new SandboxError('failed', 'No image.'), version } });

interface Row {
  title: string;
  service?: Service;
  seen?: Partial<Deployment>;
  news?: News;
  is: string;
}

const rows: Row[] = [
  { title: 'one that could not be deployed', news: failure(2), is: 'failed: No image.' },
  { title: 'one whose last version could not be', news: failure(1), is: 'pending' },
  { title: 'one whose image is on its way', news: { progress: 'pulling, 41 %' }, is: 'pending: pulling, 41 %' },
  {
    title: 'one that failed while the version before it serves',
    seen: { fingerprint: 'old' },
    news: failure(2),
    is: 'degraded: No image. The version before it serves.',
  },
  { title: 'one that an earlier run left here', seen: { fingerprint: '', reason: 'Left.' }, is: 'pending: Left.' },
  { title: 'one that stopped failing', seen: { fingerprint: 'new' }, news: failure(1), is: 'ready' },
  { title: 'one that is stopped', service: web({ stopped: true }), seen: { fingerprint: 'new' }, is: 'stopped' },
  {
    title: 'one that is stopped and cannot be deployed',
    service: web({ stopped: true }),
    news: failure(2),
    is: 'stopped',
  },
  {
    title: 'one that is stopped where the engine is away',
    service: web({ stopped: true }),
    seen: { state: 'unavailable', reason: 'It is away.' },
    is: 'unavailable: It is away.',
  },
  {
    title: 'one that is being started',
    seen: { fingerprint: 'new', state: 'stopped', standing: standingOf({ stopped: true }) },
    is: 'pending',
  },
  {
    title: 'one that begins anew while its servers go on',
    service: web({ restartedAt: 5 }),
    seen: { fingerprint: 'new', standing: standingOf({}) },
    is: 'ready',
  },
  {
    title: 'one that cannot begin anew',
    service: web({ restartedAt: 5 }),
    seen: { fingerprint: 'new', standing: standingOf({}) },
    news: failure(2),
    is: 'degraded: No image. The version before it serves.',
  },
];

it.each(rows)('$title is $is', ({ service = web(), seen, news = {}, is }) => {
  const whole = seen && {
    service: 'web',
    fingerprint: 'new',
    state: 'ready' as const,
    instances: 1,
    lines: [],
    ...seen,
  };
  const { state, reason } = conditionOf(service, whole, news);
  expect(reason ? `${state}: ${reason}` : state).toBe(is);
});
