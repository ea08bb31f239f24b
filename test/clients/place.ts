import { randomFillSync } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { type Program, patience, startProgram } from '../program.ts';

/** The FDL and scripts that the tests of clients use. */
export const services = join(import.meta.dirname, '../fixtures/clients');

export interface Place {
  program: Program;
  /** A folder for the client's files and home. */
  folder: string;
  /** The S3 server as host:port. */
  host: string;
  /** A file of so many random bytes. */
  file(name: string, size: number): string;
}

/** The program with the services of `test/fixtures/clients`, and a folder to work in, for the tests of one file. */
export function startPlace(): Place {
  const place: Partial<Place> = {};
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-client-'));
    const served = join(folder, 'served');
    cpSync(services, served, { recursive: true });
    const program = await startProgram({ folder: served });
    const file = (name: string, size: number) => {
      const path = join(folder, name);
      writeFileSync(path, randomFillSync(Buffer.alloc(size)));
      return path;
    };
    Object.assign(place, { program, folder, host: new URL(program.status.s3).host, file });
  });
  afterAll(async () => {
    await place.program?.stop();
    if (place.folder) rmSync(place.folder, { recursive: true, force: true });
  });
  // Filled before the first test runs.
  return place as Place;
}

/** The jobs of a service about an object, once all of them have ended and there is at least one. */
export function endedJobs(program: Program, service: string, object: string): Promise<InvocationView[]> {
  return vi.waitFor(async () => {
    const answer = await program.call(`/sandbox/invocations?service=${service}&limit=1000`);
    const jobs = ((await answer.json()) as InvocationView[]).filter((one) => one.object === object);
    if (jobs.length === 0 || !jobs.every((one) => one.finishedAt)) throw new Error(`No job is done with ${object}.`);
    return jobs;
  }, patience);
}
