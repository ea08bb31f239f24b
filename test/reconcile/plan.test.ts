import { expect, it } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
import { standingOf } from '../../src/model/service.ts';
import { plan, type Step } from '../../src/reconcile/plan.ts';
import { declared } from '../fakes/definitions.ts';

const observed = (service: string, fingerprint: string): Deployment => ({
  service,
  fingerprint,
  state: 'ready',
  instances: 0,
  lines: [],
});
const text = (steps: Step[]): string =>
  steps
    .map((step) => `${step.verb} ${step.verb === 'withdraw' ? step.name : step.service.name}: ${step.why}`)
    .join('\n');

it('deploys what is missing, replaces what changed, withdraws what is not declared and leaves the rest alone', () => {
  const services = ['new', 'changed', 'same'].map((name) => declared({ name }));
  const same = services[2]?.fingerprint ?? '';
  expect(text(plan(services, [observed('changed', 'old'), observed('same', same), observed('gone', 'x')]))).toBe(
    'deploy new: not running\nreplace changed: definition changed\nwithdraw gone: no longer declared',
  );
});

it('does what was asked of servers where there are some, and nothing where there are none', () => {
  const service = declared({ name: 'web' });
  const { fingerprint } = service;
  const running = { ...observed('web', fingerprint), standing: standingOf(service) };
  const stopped = { ...service, stopped: true };
  const anew = { ...service, restartedAt: 1 };
  const none = observed('web', fingerprint);
  const plans = [
    [service, running],
    [stopped, running],
    [anew, running],
    [stopped, none],
    [service, { ...running, standing: standingOf(stopped) }],
    [stopped, { ...running, standing: standingOf(stopped) }],
  ] as const;
  expect(plans.map(([one, seen]) => text(plan([one], [seen])))).toEqual([
    '',
    'replace web: its servers are to stop',
    'replace web: its servers are to begin anew',
    '',
    'replace web: its servers are to run',
    '',
  ]);
});

it('does not replace a service for a change that no run can notice', () => {
  const before = declared({ labels: { team: 'blue' } });
  const after = declared({ labels: { team: 'red' } }, {});
  after.definition.token = before.definition.token;
  const { fingerprint } = before;
  expect(plan([{ ...after, fingerprint }], [observed('demo', fingerprint)])).toEqual([]);
});
