import { describe, expect, it, vi } from 'vitest';
import { patience } from '../program.ts';
import { axiosOf, page } from './axios.ts';
import { startPlace } from './place.ts';

const place = startPlace();
const { call, read, said } = axiosOf(place);

/** What the form of the dashboard sends for a service, with what is left over in it. */
const form = (name: string, more: object = {}) => ({
  name,
  image: 'docker.io/library/alpine:3',
  script: '#!/bin/sh\ncat "$INPUT_FILE_PATH"\n',
  memory: '128Mi',
  cpu: '0.1',
  imageRules: [null],
  imagePullSecrets: '',
  limitsMemory: 'Mi',
  valid: true,
  ...more,
});

describe('a page of another origin that knows the password', () => {
  it('logs in by name and password, and is told when they are wrong', async () => {
    const { api } = place.program.status;
    const info = JSON.parse((await call('/system/info')).text) as { version: string };
    expect(info.version).toMatch(/^v4\.[1-9]\d*\.\d+$/);
    const wrong = await page(`${api}/system/info`, { headers: { authorization: `Basic ${btoa('oscar:wrong')}` } });
    expect([wrong.ok, wrong.status]).toEqual([false, 401]);
  });

  it('reads a configuration with which it makes a client of the store', async () => {
    const { config, minio_provider: provider } = await read('/system/config');
    expect(config).toMatchObject({
      name: expect.any(String),
      namespace: expect.any(String),
      gpu_available: false,
      interLink_available: false,
      yunikorn_enable: false,
      serverless_backend: 'knative',
      oidc_groups: expect.any(Array),
    });
    const text = expect.stringMatching(/./);
    expect(provider).toEqual({
      endpoint: place.program.status.s3,
      region: text,
      access_key: text,
      secret_key: text,
      verify: false,
    });
  });

  it('creates a service, changes the whole of it, and removes it', async () => {
    expect(await said('/system/services', { method: 'POST', json: form('shown', { environment: {} }) })).toBe('201');
    const made = await read('/system/services/shown');
    const changed = { ...made, memory: '64Mi', token: 'f'.repeat(64), deployment: { state: 'failed' } };
    expect(await said('/system/services', { method: 'PUT', json: changed })).toBe('204');
    const services = JSON.parse((await call('/system/services?include=deployment')).text) as Record<string, unknown>[];
    expect(services.find(({ name }) => name === 'shown')).toMatchObject({
      image: 'docker.io/library/alpine:3',
      owner: 'cluster_admin',
      visibility: 'private',
      labels: { owner_name: 'oscar' },
      expose: { max_scale: 0, health_path: '' },
      environment: { variables: {} },
      allowed_users: [],
      cpu: '0.1',
      memory: '64Mi',
      token: made.token,
      deployment: { state: expect.any(String) },
    });
    expect(await said('/system/services', { method: 'POST', json: form('shown') })).toMatch(/^400 A service with/);
    expect(await said('/system/services/shown', { method: 'DELETE' })).toBe('204');
    expect(await said('/system/services/shown', { method: 'DELETE' })).toBe('404');
  });

  it('stops, starts and restarts what is exposed, and reads what it prints', async () => {
    const more = { expose: { api_port: [80], nodePort: [0], max_scale: 1, default_command: false } };
    expect(await said('/system/services', { method: 'POST', json: form('exposed', more) })).toBe('201');
    const state = expect.stringMatching(/^(pending|ready|degraded|failed|stopped|unavailable)$/);
    const whole = { active_instances: expect.any(Number), affected_instances: expect.any(Number) };
    for (const path of ['stop', 'start', 'restart']) {
      const answer = await call(`/system/services/exposed/${path}`, { method: 'POST' });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        200,
        expect.objectContaining({ state, service_name: 'exposed', resource_kind: expect.any(String), ...whole }),
      ]);
    }
    expect(await read('/system/services/exposed/deployment')).toMatchObject({ state, ...whole });
    expect(await read('/system/services/exposed/deployment/logs?timestamps=false&tailLines=200')).toMatchObject({
      service_name: 'exposed',
      available: expect.any(Boolean),
      entries: expect.any(Array),
    });
    expect(await said('/system/services/exposed', { method: 'DELETE' })).toBe('204');
  });

  it('calls a service with its token, and offers what comes back', async () => {
    const { token } = await read('/system/services/upper');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await call('/run/upper', { method: 'POST', body: btoa('from a page'), headers });
    expect([answer.status, atob(answer.text.trim())]).toEqual([200, 'FROM A PAGE']);
  });

  it('reads and removes jobs and their logs', async () => {
    const { headers } = await call('/job/upper', { method: 'POST', body: btoa('later') });
    const job = headers['x-oscar-sandbox-job'];
    await vi.waitFor(async () => {
      const { jobs } = (await read('/system/logs/upper')) as { jobs: Record<string, { status: string }> };
      expect(jobs[String(job)]?.status).toBe('Succeeded');
    }, patience);
    expect((await call(`/system/logs/upper/${job}`)).text).toContain('capitals for ');
    expect(await said(`/system/logs/upper/${job}`, { method: 'DELETE' })).toBe('204');
    expect(await said('/system/logs/upper?all=true', { method: 'DELETE' })).toBe('204');
    expect(await call('/system/logs/upper')).toMatchObject({ text: '{"jobs":{}}' });
    expect(await read('/system/logs')).toEqual({ logs: expect.any(Array) });
  });

  it('manages volumes', async () => {
    expect(await said('/system/volumes', { method: 'POST', json: { name: 'paged', size: '1Gi' } })).toMatch(/^201 /);
    const volumes = JSON.parse((await call('/system/volumes')).text) as { name: string }[];
    expect(volumes.map(({ name }) => name)).toEqual(['paged']);
    expect(await said('/system/volumes/paged', { method: 'DELETE' })).toBe('204');
    expect((await call('/system/volumes')).text).toBe('[]');
  });

  it('shows figures and how the platform is doing', async () => {
    const span = 'start=2026-01-01T00:00:00Z&end=2099-01-01T00:00:00Z';
    const { totals } = await read(`/system/metrics?${span}`);
    expect(totals).toMatchObject({
      services_count_active: expect.any(Number),
      requests_count_total: expect.any(Number),
    });
    const { items } = await read(`/system/metrics/breakdown?group_by=service&include_users=true&${span}`);
    expect(items).toEqual([expect.objectContaining({ key: 'upper', countries: expect.any(Array) })]);
    const value = await read(`/system/metrics/upper?metric=requests-sync-per-service&${span}`);
    expect(value).toMatchObject({ service_id: 'upper', value: expect.any(Number) });
    expect(await read('/system/status')).toMatchObject({
      cluster: { nodes_count: 1, nodes: [{ conditions: expect.any(Array) }] },
      oscar: {
        oidc: { issuers: expect.any(Array), groups: expect.any(Array) },
        pods: { states: { Pending: 0, Running: 0, Failed: 0, Succeeded: expect.any(Number) } },
      },
      minio: { buckets_count: expect.any(Number) },
    });
    const own = await call('/system/quotas/user');
    expect([own.status, own.text]).toEqual([401, expect.stringContaining('missing user')]);
  });
});
