import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Happening, Status } from '../../api/protocol.ts';
import { findDaemon, findOccupant, occupiedHint, startBackground, tellStarter } from '../../daemon/background.ts';
import type { Daemon } from '../../daemon/daemon.ts';
import type { DaemonOptions } from '../../daemon/options.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import { type Context, optional, type Run } from '../command.ts';
import { happeningLine } from '../happenings.ts';
import { daemonOptions } from '../options.ts';
import { statusText, statusValue, usersText } from '../status.ts';

/** Starts the sandbox here, until Ctrl-C, or in the background. */
export const up: Run = async (context) => {
  const { settings, out } = context;
  const folder = optional(context, 0);
  const options = await daemonOptions(context, folder);
  const running = await findDaemon(settings.dataDir);
  if (running && settings.on('detach'))
    return running.folder || !folder ? showRunning(context, running) : takeFolder(context, options);
  if (running) throw alreadyRunning(running);
  if (!settings.on('detach')) return serveHere(context, options);
  const { program } = context;
  const told = { onNote: out.warn, onProgress: out.note };
  try {
    return showStatus(context, await startBackground({ program, daemon: options, wait: settings.on('wait'), ...told }));
  } catch (error) {
    // Two were started at once: the other one was faster.
    const other = asSandboxError(error).hint === occupiedHint ? await findOccupant(settings.dataDir) : undefined;
    if (!other) throw error;
    return showRunning(context, other);
  }
};

/** The sandbox that runs watches nothing, as after an installation: it is started again to serve a folder. */
async function takeFolder(context: Context, options: DaemonOptions): Promise<number> {
  const { askedFor, startAgain } = await import('./restart.ts');
  context.out.note(`A sandbox ran without a folder: it is started again, to serve ${options.folder}.`);
  return startAgain(context, await askedFor(context, options));
}

function showRunning(context: Context, running: Status): undefined {
  if (!sameFolder(running, optional(context, 0))) throw alreadyRunning(running);
  context.out.note('It is running already.');
  return showStatus(context, running);
}

function showStatus({ out }: Context, status: Status): undefined {
  out.value(statusValue(status), () => statusText(status));
}

const sameFolder = (running: Status, folder: string | undefined): boolean =>
  folder === undefined || running.folder === resolve(folder);

const alreadyRunning = ({ api, pid, folder, dataDir }: Status) =>
  new SandboxError(
    'conflict',
    `A sandbox already runs on ${dataDir}: ${api}, process ${pid}, ${folder ? `serving ${folder}` : 'no folder watched'}.`,
    { hint: occupiedHint },
  );

async function serveHere(context: Context, options: DaemonOptions): Promise<number> {
  const { settings, out } = context;
  const stop = context.interruption();
  const { startDaemon } = await import('../../daemon/daemon.ts');
  const early: Happening[] = [];
  // The greeting comes first: what happens before it waits for it.
  let tell = (happening: Happening): void => {
    if (isProgress(happening)) out.note(happening.text);
    else early.push(happening);
  };
  const daemon = await startDaemon({ ...options, onHappening: (happening) => tell(happening) }, stop);
  for (const note of daemon.notes) out.warn(note);
  try {
    if (settings.on('wait')) await Promise.race([daemon.served, aborted(stop)]);
    out.value(statusValue(daemon.status()), () => greeting(daemon.status(), context));
    tell = (happening) => out.value(happening, () => happeningLine(happening, out.paint));
    for (const happening of early) tell(happening);
    // A folder that cannot be served at all ends `up`; one with bad files does not.
    await Promise.race([aborted(stop), daemon.served.then(() => aborted(stop))]);
    out.note(daemon.status().executor === 'kind' ? `Stopping. ${goesOn}` : 'Stopping.');
  } finally {
    await daemon.close();
  }
  return 0;
}

const isProgress = ({ kind }: Pick<Happening, 'kind'>): boolean => /-progress$/.test(kind);

const aborted = async (signal: AbortSignal): Promise<unknown> => signal.aborted || once(signal, 'abort');

const goesOn = 'The cluster goes on, and keeps what is uploaded; `oscar-sandbox down` stops it.';

function greeting(status: Status, { out, version }: Context): string {
  const { paint } = out;
  return [
    `${paint('bold', `OSCAR Sandbox ${version}`)} is up. Ctrl-C stops it.`,
    `  API       ${paint('cyan', status.api)}`,
    `  S3        ${paint('cyan', status.s3)}`,
    `  exposed   ${paint('cyan', status.exposed)}`,
    ...(status.oidc === undefined ? [] : [`  users     ${usersText(status.oidc)}`]),
    `  services  run on ${status.executor}: ${status.executorDetail}`,
    ...(status.kubeconfig === undefined ? [] : [`  cluster   KUBECONFIG=${status.kubeconfig}`]),
    `  folder    ${status.folder ?? 'none is watched: `oscar-sandbox up FOLDER` serves one'}`,
    `  data      ${status.dataDir}`,
    '  passwords and client set-up: oscar-sandbox credentials',
  ].join('\n');
}

/** The other side of `up --detach`: takes its orders from the process that started it, and outlives that. */
export const serve: Run = async (context) => {
  if (!process.send) {
    throw new SandboxError('invalid', 'This command is for `up --detach` alone.', { hint: 'Use `oscar-sandbox up`.' });
  }
  const stop = context.interruption();
  const [options] = (await once(process, 'message')) as [DaemonOptions];
  let daemon: Daemon;
  try {
    const { startDaemon } = await import('../../daemon/daemon.ts');
    const onHappening = ({ kind, text }: Happening) => {
      if (isProgress({ kind })) void tellStarter({ kind: 'progress', text });
      if (kind === 'service-failed' || kind === 'file-refused') void tellStarter({ kind: 'trouble', text });
    };
    daemon = await startDaemon({ ...options, onHappening }, stop);
    await tellStarter({ kind: 'started', status: daemon.status(), notes: daemon.notes });
    await Promise.race([daemon.served, aborted(stop)]);
    await tellStarter({ kind: 'served' });
  } catch (error) {
    const { code, message, hint } = asSandboxError(error);
    await tellStarter({ kind: 'failed', code, message, hint });
    throw error;
  }
  await aborted(stop);
  await daemon.close();
  return 0;
};
