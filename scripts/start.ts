import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../package.json' with { type: 'json' };
import { contextOf } from '../src/cli/cli.ts';
import { commands } from '../src/cli/commands.ts';
import { daemonOptions } from '../src/cli/options.ts';
import { flushed } from '../src/cli/output.ts';
import { parse } from '../src/cli/parser.ts';
import { copyOf, listTemplates } from '../src/cli/templates.ts';
import { surroundings } from '../src/config.ts';
import { startDaemon } from '../src/daemon/daemon.ts';
import { fdlJsonSchema } from '../src/declare/fdlschema.ts';
import { asSandboxError } from '../src/model/errors.ts';
import { createStory } from './tour/story.ts';
import { tour } from './tour/tour.ts';

// `npm start`: a sandbox with the starter services, shown at work; it goes on until Ctrl-C, or ends at once where nobody
// is at a terminal.

const { stdout, stderr, env } = process;
const stop = new AbortController();
let stopAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // npm hands on the Ctrl-C that the terminal has sent us already: that is not a second one.
    if (stop.signal.aborted && signal === 'SIGINT' && performance.now() - stopAt > 500) process.exit(130);
    if (!stop.signal.aborted) stopAt = performance.now();
    stop.abort();
  });
}

// Nobody reads the story any more (`| head`).
for (const stream of [stdout, stderr]) stream.on('error', () => stop.abort());

/** What `up` is told: the user's flags win over ours. */
async function understood(root: string) {
  const argv = ['up', '--executor', 'local', ...process.argv.slice(2)];
  const parsed = parse(argv, commands, manifest.version);
  if ('text' in parsed) return parsed;
  const around = surroundings();
  const dataDir = parsed.given['data-dir'] ?? around.env.OSCAR_SANDBOX_DATA_DIR;
  if (!dataDir) parsed.given['data-dir'] = join(root, 'data');
  const streams = { stdout, stderr };
  const program = [process.execPath, ...process.execArgv, join(import.meta.dirname, '../src/main.ts')] as const;
  const context = await contextOf(parsed, {
    streams,
    around,
    version: manifest.version,
    program,
    interruption: () => stop.signal,
  });
  return { context, temporary: !dataDir };
}

async function main(root: string): Promise<void> {
  const asked = await understood(root);
  if ('text' in asked) {
    stdout.write(asked.text);
    return;
  }
  const { context, temporary } = asked;
  const story = createStory(context.out, manifest.version);
  const folder = join(temporary ? root : context.settings.dataDir, 'templates');
  story.step(`Copied ${await copyTemplates(folder)} starter services to ${folder}`);

  const options = await daemonOptions(context, folder);
  // A first look needs no engine and fetches no image.
  const executor = context.settings.isSet('executor') ? options.executor : 'local';
  const daemon = await startDaemon({ ...options, executor });
  for (const note of daemon.notes) context.out.warn(note);
  try {
    await tour({ daemon, story, folder, signal: stop.signal });
    story.next(daemon.status(), { temporary });
    const forPeople = stdout.isTTY && !['1', 'true'].includes(env.CI ?? '');
    story.wait(forPeople);
    if (forPeople && !stop.signal.aborted) await once(stop.signal, 'abort');
  } finally {
    await daemon.close();
  }
  story.end();
}

/** Answers how many; what the user changed there since the last time stays. */
async function copyTemplates(folder: string): Promise<number> {
  const templates = listTemplates();
  for (const template of templates) {
    const to = join(folder, template.name);
    await mkdir(to, { recursive: true });
    for (const [file, content] of copyOf(template, fdlJsonSchema())) {
      await writeFile(join(to, file), content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
  return templates.length;
}

const root = await mkdtemp(join(tmpdir(), 'oscar-sandbox-'));
let code = 0;
try {
  await main(root);
} catch (error) {
  const { message, hint, code: kind, stack } = asSandboxError(error);
  if (!stop.signal.aborted) {
    stderr.write(`error: ${message}\n${hint ? `hint: ${hint}\n` : ''}${kind === 'internal' ? `${stack}\n` : ''}`);
    code = 1;
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
await flushed({ stdout, stderr });
process.exit(code);
