import type { Status } from '../../api/protocol.ts';
import { loadSettings } from '../../config.ts';
import { findDaemon, startBackground, stopDaemon } from '../../daemon/background.ts';
import { readStatus } from '../../daemon/files.ts';
import type { DaemonOptions } from '../../daemon/options.ts';
import { recallOptions, rememberOptions } from '../../daemon/remembered.ts';
import { demandStartable } from '../../daemon/startable.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Context, Run } from '../command.ts';
import { statIfThere } from '../files.ts';
import { fileFlags } from '../flags.ts';
import { daemonOptions } from '../options.ts';
import { statusText, statusValue } from '../status.ts';
import { asBefore, upLine } from '../takeover.ts';

/** Stops the running sandbox and starts it in the background, as it was; one that was killed is started as it was. */
export const restart: Run = (context) => startAgain(context);

/** The same, but for what is asked for. */
export async function startAgain(context: Context, asked: Partial<DaemonOptions> = {}): Promise<number> {
  const { out, program, settings, connect } = context;
  const { dataDir } = settings;
  const recalled = await recallOptions(dataDir);
  const running = recalled ? await findDaemon(dataDir) : (await connect()).status;
  const before = running ?? (await readStatus(dataDir));
  const today = await optionsOfToday(context, before);
  if (!recalled) out.warn('What it was started with is not known in full: the rest is as if it were started now.');
  if (!running) out.note('No sandbox runs: it is started as the last one was, which did not end as it was told to.');
  const daemon = {
    ...asBefore({ running: before, recalled, today }),
    ...(settings.isSet('cache-dir') ? { cacheFolders: today.cacheFolders } : {}),
    ...asked,
  };
  await demandAll(daemon).catch((error: unknown) => Promise.reject(running ? goesOn(error) : error));
  // Kept anew, it is not forgotten when that one ends: should this be cut short, the next restart finds it.
  await rememberOptions(daemon);
  if (running) await stopDaemon(running);
  const status = await startBackground({ program, daemon, wait: true, onNote: out.warn, onProgress: out.note }).catch(
    (error: unknown) => Promise.reject(stopped(error, running, upLine(daemon, today))),
  );
  out.value(statusValue(status), () => statusText(status));
  return 0;
}

/** What of these options is not what holds for everybody: a folder, a flag, something in the environment. */
export async function askedFor(context: Context, options: DaemonOptions): Promise<Partial<DaemonOptions>> {
  const around = { env: {}, home: context.around.home };
  const given = { 'data-dir': options.dataDir };
  const settings = await loadSettings({ flags: fileFlags, given, inFile: fileFlags, around });
  const standard = Object.entries(await daemonOptions({ ...context, settings }));
  const known = new Map(standard.map(([name, value]) => [name, JSON.stringify(value)]));
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => known.get(name) !== JSON.stringify(value)),
  );
}

/** What `up` would ask for now: what was not kept is taken from it. */
async function optionsOfToday(context: Context, before: Status | undefined): Promise<DaemonOptions> {
  const { around, settings } = context;
  const given = {
    'data-dir': settings.dataDir,
    'cache-dir': settings.text('cache-dir'),
    // Its image is known from nowhere else.
    ...(before?.objects === 'minio' ? { objects: before.objects } : {}),
  };
  const all = await loadSettings({ flags: fileFlags, given, inFile: fileFlags, around });
  return daemonOptions({ ...context, settings: all });
}

async function demandAll(daemon: DaemonOptions): Promise<void> {
  const { folder } = daemon;
  if (folder !== undefined && !(await statIfThere(folder))?.isDirectory()) {
    throw new SandboxError('invalid', `There is no folder ${folder} any more.`, {
      hint: 'Put the folder back; or run `oscar-sandbox down`, and start the sandbox on another.',
    });
  }
  await demandStartable(daemon);
}

function goesOn(cause: unknown): SandboxError {
  const { code, message, hint } = asSandboxError(cause);
  return new SandboxError(code, `${message} The sandbox that runs goes on as it is.`, { hint, cause });
}

function stopped(cause: unknown, running: Status | undefined, line: string): SandboxError {
  const { code, message, hint } = asSandboxError(cause);
  const what = running ? `The sandbox at ${running.api} has stopped and does not start again` : 'It does not start';
  return new SandboxError(code, `${what}: ${message}`, {
    hint: `${hint ? `${hint} ` : ''}Then restart it once more, or start it with: ${line}`,
    cause,
  });
}
