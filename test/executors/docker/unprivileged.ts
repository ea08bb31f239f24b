/** A process without root's powers that may use the engine: runs tasks, and tells what came of them and what is left. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { never, openDocker } from './place.ts';

const socket = '/var/run/docker.sock';
const NOBODY = 65534;
if (process.getuid?.() === 0) {
  process.setgroups?.([statSync(socket).gid]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const [, , folder = '', images = ''] = process.argv;
const { executor, buckets, containers } = await openDocker({ folder });
await buckets.create('out', {});
const script = [
  'id -u',
  'umask 077',
  'mkdir -p "$TMP_OUTPUT_DIR/a/b" "$(dirname "$TMP_OUTPUT_DIR")/work/c/d"',
  'cat "$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/a/b/f.txt"; touch "$(dirname "$TMP_OUTPUT_DIR")/work/c/d/g"',
  'chmod 000 "$TMP_OUTPUT_DIR/a/b/f.txt"',
].join('\n');
const told = [];
for (const image of images.split(',')) {
  for (const kind of ['run', 'job'] as const) {
    const output = [{ storage_provider: 'minio', path: `out/${kind}` }];
    const service = declared({ name: 'task', image, script, output, cpu: '1' }, { secrets: { WORD: 'hush' } });
    const lines: string[] = [];
    const outcome = await executor.run(taskOf(service, 'input!', { kind }), (line) => lines.push(line), never);
    await outcome.release();
    const [uid] = lines;
    told.push({ kind, uid, state: outcome.state, reason: outcome.reason, outputs: outcome.outputs });
  }
}
await executor.withdraw('task');
const left = readdirSync(join(folder, 'tasks'));
await executor.close();
console.log(
  JSON.stringify({
    us: process.getuid?.(),
    told,
    left,
    places: readdirSync(join(folder, 'places')),
    containers: await containers(),
  }),
);
process.exit();
