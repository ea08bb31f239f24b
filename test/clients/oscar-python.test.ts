import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();
const script = join(import.meta.dirname, 'python/oscar_client.py');

async function seen(python: string, scenario: string): Promise<unknown> {
  const { api, user, password } = place.program.status;
  const folder = mkdtempSync(join(place.folder, `${scenario}-`));
  const env = { HOME: folder, OSCAR_ENDPOINT: api, OSCAR_USER: user, OSCAR_PASSWORD: password };
  const printed = await ran(python, [script, scenario, folder], { env });
  // The client itself prints too: what was seen is the last line.
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '');
}

describe('the Python client of OSCAR', () => {
  for (const version of ['1.3.3', '2.1.0b2', '2.2.0']) {
    describeWith(`oscar-python-${version}`, (python) => {
      it('reads what the cluster is, and is refused with a wrong password', async () => {
        expect(await seen(python, 'info')).toEqual({
          version: 'v4.1.2',
          provider: ['access_key', 'endpoint', 'region', 'secret_key', 'verify'],
          listed: ['upper'],
          'wrong password': 401,
          missing: 404,
        });
      });

      it('creates a service from a dict, uploads a file, waits for its job and downloads the output', async () => {
        expect(await seen(python, 'jobs')).toEqual({
          created: 201,
          again: 'ValueError',
          status: 'Succeeded',
          logged: true,
          // OSCAR marks the folder of each input and output.
          listed: ['out/', 'out/loud.txt'],
          output: 'HELLO THERE',
          removed: 204,
          left: { jobs: {} },
          'service removed': 204,
          gone: 404,
        });
      });

      it('uploads and downloads 20 MiB in parts', async () => {
        expect(await seen(python, 'large')).toEqual({ same: true });
      });

      it('creates a service from an FDL file, and sees each update in the next call', async () => {
        expect(await seen(python, 'fdl')).toEqual({
          created: 201,
          updated: 204,
          'by dict': 204,
          removed: 204,
          'token kept': true,
          answers: ['first call', 'second call', 'third'],
          unknown: 'ValueError',
        });
      });

      it('calls a service with a text, a file, a token and as a job', async () => {
        expect(await seen(python, 'run')).toEqual({
          text: 'SOME TEXT',
          file: 'FROM A FILE',
          token: 'BYTES\n',
          queued: 201,
          job: 'Succeeded',
          'wrong token': 401,
          anonymous: 'NOBODY',
        });
      });

      if (version.startsWith('1')) return;
      it('manages buckets and reads health and logs', async () => {
        expect(await seen(python, 'buckets')).toEqual({
          created: 201,
          put: 200,
          got: 'by address',
          objects: ['a/b c.txt'],
          listed: true,
          updated: 204,
          removed: 204,
          health: 'Ok',
          'system logs': true,
        });
      });
    });
  }
});
