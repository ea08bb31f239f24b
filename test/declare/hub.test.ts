import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFdl } from '../../src/declare/fdl.ts';
import { resolveScripts } from '../../src/declare/scripts.ts';
import { opening } from './opened.ts';

const opened = opening();
const folder = join(import.meta.dirname, '../fixtures/fdl');
const broken: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'broken.json'), 'utf8'));
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !(name in broken));

async function declareAll(name: string) {
  const path = join(folder, name);
  const file = await resolveScripts(loadFdl(readFileSync(path, 'utf8'), path), (it) => readFile(it));
  const { declare } = opened();
  return Promise.all(file.services.map(({ input }) => declare.apply(input, { kind: 'file', path })));
}

describe('files written for a cluster pass the door', () => {
  it.each(names)('%s', async (name) => {
    const services = await declareAll(name);
    expect(services.length).toBeGreaterThan(0);
    for (const { version, definition } of services) expect([version, definition.script === '']).toEqual([1, false]);
  });
});

describe('files of the hub are declared whole', () => {
  it('one that waits for files', async () => {
    const [service] = await declareAll('hub-files.yaml');
    expect(service?.definition).toMatchObject({
      name: 'grey-pictures',
      cluster_id: 'oscar-cluster',
      memory: '512Mi',
      cpu: '0.5',
      log_level: 'CRITICAL',
      input: [{ storage_provider: 'minio.default', path: 'grey-pictures/input' }],
      output: [{ storage_provider: 'minio.default', path: 'grey-pictures/output' }],
    });
  });

  it('one with a web page and a volume', async () => {
    const [service] = await declareAll('hub-exposed.yaml');
    expect(service?.definition).toMatchObject({
      environment: { variables: { SKIP_LOGIN: '1', SOURCE_PATH: '/data' } },
      volume: { name: 'your-volume', size: '', mount_path: '/data' },
      expose: {
        api_port: [8080],
        rewrite_target: true,
        set_auth: false,
        health_path: '/healthz',
        probe_mode: 'direct',
      },
    });
  });

  it('one with replicas on other clusters, and its secrets apart', async () => {
    const [service] = await declareAll('hub.yaml');
    expect(service?.definition.federation).toMatchObject({ group_id: 'lab', members: [{ type: 'endpoint' }] });
    expect(service?.secrets).toEqual({ TOKEN: 'x', refresh_token: 'y' });
    expect(service?.definition.environment.secrets).toEqual({ TOKEN: '', refresh_token: '' });
  });
});
