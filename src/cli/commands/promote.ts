import type { Run } from '../command.ts';
import { prepare } from '../promote/prepare.ts';
import { sendAll } from '../promote/sending.ts';
import { showPlan } from '../promote/shown.ts';
import { agreed } from '../question.ts';

/** Sends the services of a folder to an OSCAR cluster, after showing what would change there. */
export const promote: Run = async (context) => {
  const { settings, out } = context;
  const prepared = await prepare(context);
  if (!prepared) {
    out.note('Nothing was sent.');
    return 1;
  }
  const { cluster, version, remote, steps, warnings } = prepared;
  showPlan(out, { cluster, version, steps });
  for (const warning of warnings) out.warn(warning);
  const count = steps.filter(({ verb }) => verb !== 'keep').length;
  if (count === 0) {
    out.note('Nothing to send.');
    return 0;
  }
  if (settings.on('dry-run')) {
    out.note('Nothing was sent: that was a dry run.');
    return 0;
  }
  const what = count === 1 ? '1 service' : `${count} services`;
  if (!settings.on('yes') && !(await agreed(`Send ${what} to ${cluster.name}`, 'This changes a cluster'))) {
    out.note('Nothing was sent.');
    return 1;
  }
  await sendAll(remote, steps, ({ name }, action) =>
    out.value({ cluster: cluster.name, service: name, action }, `${name} ${action}`),
  );
  return 0;
};
