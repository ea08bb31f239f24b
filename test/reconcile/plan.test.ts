import { expect, it } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
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

it('does not replace a service for a change that no run can notice', () => {
  const before = declared({ labels: { team: 'blue' } });
  const after = declared({ labels: { team: 'red' } }, {});
  after.definition.token = before.definition.token;
  const { fingerprint } = before;
  expect(plan([{ ...after, fingerprint }], [observed('demo', fingerprint)])).toEqual([]);
});
