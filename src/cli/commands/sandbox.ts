import { engineEnvironment } from '../../config.ts';
import { findDaemon, stopDaemon } from '../../daemon/background.ts';
import { stopClusterOf } from '../../daemon/executors/clusters.ts';
import { forgetOptions, recallOptions } from '../../daemon/remembered.ts';
import type { Run } from '../command.ts';
import { statusText, statusValue } from '../status.ts';

/** Shows the running sandbox. */
export const status: Run = async ({ connect, out }) => {
  const { status } = await connect();
  out.value(statusValue(status), () => statusText(status));
  return 0;
};

/** Stops the running sandbox, and the cluster that was made for it; that none runs is fine too. */
export const down: Run = async ({ settings, around, out }) => {
  const { dataDir } = settings;
  const running = await findDaemon(dataDir);
  if (running) await stopDaemon(running);
  // Of one that was killed: now it is meant to be down.
  if (await recallOptions(dataDir)) await forgetOptions(dataDir);
  const cluster = await stopClusterOf(dataDir, engineEnvironment(around));
  const stopped = [
    ...(running ? [`${running.api} (process ${running.pid})`] : []),
    ...(cluster ? ['its cluster, which the next start brings back'] : []),
  ];
  out.value(
    { stopped: running !== undefined, ...(running ? { pid: running.pid } : {}), ...(cluster ? { cluster } : {}) },
    stopped.length > 0 ? `Stopped ${stopped.join(', and ')}.` : `No sandbox runs on ${dataDir}.`,
  );
  if (running?.objects === 'minio' && running.executor !== 'kind') {
    out.note(`MinIO goes on at ${running.s3}, and keeps what happens there for the next start; clean removes it.`);
  }
  return 0;
};
