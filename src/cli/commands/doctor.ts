import { findDaemon } from '../../daemon/background.ts';
import { asSandboxError } from '../../model/errors.ts';
import { type Check, type Finding, fail, type Scene } from '../checks/check.ts';
import { cluster, wantsCluster } from '../checks/cluster.ts';
import { engine } from '../checks/engine.ts';
import { dataFolder, sandbox } from '../checks/folder.ts';
import { limits, openFiles, program, shell, watches } from '../checks/machine.ts';
import { ports, proxies } from '../checks/network.ts';
import type { Run } from '../command.ts';
import type { Output, Style } from '../output.ts';

const checks: Check[] = [program, dataFolder, sandbox, ports, shell, limits, watches, openFiles, proxies, engine];
const styles: Record<Finding['state'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** Looks for what usually goes wrong; exit code 1 when something keeps the sandbox from working. */
export const doctor: Run = async ({ settings, around, out }) => {
  const scene: Scene = { settings, around };
  const { running, trouble } = await findDaemon(settings.dataDir).then(
    (status) => ({ running: status, trouble: undefined }),
    (error: unknown) => ({ running: undefined, trouble: asSandboxError(error) }),
  );
  let failed = 0;
  for (const check of wantsCluster(settings) ? [...checks, cluster] : checks) {
    const found =
      trouble && check === sandbox
        ? fail(trouble.message, trouble.hint ?? '')
        : await check.look({ ...scene, running });
    for (const one of [found].flat()) {
      if (one.state === 'fail') failed++;
      out.value({ check: check.name, ...one }, () => line(check.name, one, out));
    }
  }
  return failed > 0 ? 1 : 0;
};

function line(name: string, { state, text, fix }: Finding, out: Output): string {
  const head = `${out.paint(styles[state], state.padEnd(4))}  ${name.padEnd(11)}  ${text}`;
  return fix && state !== 'ok' ? `${head}\n${' '.repeat(19)}${fix}` : head;
}
