import { enableCompileCache } from 'node:module';
import manifest from '../package.json' with { type: 'json' };
import { runCli } from './cli/cli.ts';
import { flushed } from './cli/output.ts';
import { surroundings } from './config.ts';
import { packaged } from './shipped.ts';

// What a command needs beyond its arguments is imported later: from then on a compiled copy saves half the start. The one
// executable has its own inside.
if (!packaged) enableCompileCache();

const { stdout, stderr } = process;
let stop: AbortController | undefined;
function interruption(): AbortSignal {
  if (stop) return stop.signal;
  const asked = new AbortController();
  stop = asked;
  let askedAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // npm hands on the Ctrl-C that the terminal has sent us already: that is not a second one.
      if (asked.signal.aborted && signal === 'SIGINT' && performance.now() - askedAt > 500) process.exit(130);
      if (!asked.signal.aborted) askedAt = performance.now();
      asked.abort();
    });
  }
  return asked.signal;
}

// Whoever read us is gone (`| head`): what is left to say has no reader, and a sandbox in the foreground ends.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (stop) stop.abort();
    else process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

/** The one executable's own path, also after another version was put in its place, which Linux says in the path. */
const executable = process.execPath.replace(/ \(deleted\)$/, '');

async function main(): Promise<void> {
  const code = await runCli(process.argv.slice(2), {
    streams: { stdout, stderr },
    around: surroundings(),
    version: manifest.version,
    program: packaged ? [executable] : [process.execPath, ...process.execArgv, import.meta.filename],
    interruption,
  });
  await flushed({ stdout, stderr });
  process.exit(code);
}

void main();
