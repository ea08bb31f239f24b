import { minioRecord, type ObjectEvent, targets } from '../../../model/event.ts';
import type { Call } from '../http/call.ts';
import { bucketOf } from '../writes.ts';

/** How often a blank keeps the line alive. */
const pulse = 5000;
const mostUnread = 4 * 1024 * 1024;

/** MinIO's `GET /bucket?events=…`, or `GET /?events=…` for all buckets: a line of JSON for every event, until the client leaves. */
export function listenToEvents(call: Call): Promise<void> {
  const { core, bucket, query, headers, response } = call;
  if (bucket) bucketOf(core, bucket);
  const wish = {
    service: 'listener',
    events: query.getAll('events'),
    prefix: query.get('prefix') ?? '',
    suffix: query.get('suffix') ?? '',
  };
  const endpoint = `http://${headers.host ?? ''}`;
  const stop = core.listen((event: ObjectEvent) => {
    const { writer: _, ...anyone } = event;
    if (targets(anyone, [{ ...wish, bucket: bucket || event.bucket }]).length === 0) return;
    // A client that does not read must not fill our memory.
    if (response.writableLength > mostUnread) response.destroy();
    else response.write(`${JSON.stringify({ Records: minioRecord(event, endpoint).Records })}\n`);
  });
  const beat = setInterval(() => response.write(' '), pulse);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  return new Promise((resolve) => {
    response.once('close', () => {
      stop();
      clearInterval(beat);
      resolve();
    });
  });
}
