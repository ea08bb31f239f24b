import { afterAll, beforeAll, beforeEach } from 'vitest';
import { minioRecord } from '../../src/model/event.ts';
import type { Service } from '../../src/model/service.ts';
import type { Outcome, Task } from '../../src/model/task.ts';
import { printed, taskOf } from '../contracts/executor.ts';
import { openLocal, type Place } from './place.ts';

/** The body that tells of a new object in the bucket `demo`. */
export function arrived(key: string): string {
  const event = {
    id: 'e1',
    name: 's3:ObjectCreated:Put',
    bucket: 'demo',
    key,
    size: 3,
    etag: 'x',
    contentType: 'text/plain',
    sequencer: '1',
    time: 0,
    sourceIp: '127.0.0.1',
    principal: 'me',
    userAgent: 'test',
  };
  return JSON.stringify(minioRecord(event, 'http://127.0.0.1:9000'));
}

/** A local executor for the tests of a file, with the buckets `demo` and `out`; `lines` are those of the test. */
export function useLocal() {
  const stage = { place: undefined as unknown as Place, lines: [] as string[] };
  beforeAll(async () => {
    stage.place = await openLocal();
    for (const bucket of ['demo', 'out']) await stage.place.buckets.create(bucket, {});
  });
  afterAll(() => stage.place.close());
  beforeEach(() => {
    stage.lines = [];
  });

  const run = (task: Task): Promise<Outcome> =>
    stage.place.local.run(task, (line) => stage.lines.push(line), new AbortController().signal);
  const output = async (service: Service, body = '', more: Partial<Task> = {}): Promise<string> => {
    const outcome = await run(taskOf(service, body, more));
    const text = printed(outcome);
    await outcome.release();
    return text;
  };
  const put = (key: string, content: string) =>
    stage.place.buckets.put('demo', key, { bytes: Buffer.from(content) }, {});
  const platformLines = () => stage.lines.filter((line) => line.startsWith('[sandbox]'));
  return { stage, run, output, put, platformLines };
}
