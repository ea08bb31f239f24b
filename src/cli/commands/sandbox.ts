import { findDaemon, stopDaemon } from '../../daemon/background.ts';
import { forgetOptions, recallOptions } from '../../daemon/remembered.ts';
import type { Run } from '../command.ts';
import { statusText, statusValue } from '../status.ts';

/** Shows the running sandbox. */
export const status: Run = async ({ connect, out }) => {
  const { status } = await connect();
  out.value(statusValue(status), () => statusText(status));
  return 0;
};

/** Stops the running sandbox; that none runs is fine too. */
export const down: Run = async ({ settings, out }) => {
  const running = await findDaemon(settings.dataDir);
  if (running) await stopDaemon(running);
  // Of one that was killed: now it is meant to be down.
  if (await recallOptions(settings.dataDir)) await forgetOptions(settings.dataDir);
  out.value(
    { stopped: running !== undefined, ...(running ? { pid: running.pid } : {}) },
    running ? `Stopped ${running.api} (process ${running.pid}).` : `No sandbox runs on ${settings.dataDir}.`,
  );
  if (running?.objects === 'minio') {
    out.note(`MinIO goes on at ${running.s3}, and keeps what happens there for the next start; clean removes it.`);
  }
  return 0;
};
