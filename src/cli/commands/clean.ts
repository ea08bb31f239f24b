import { cacheFolders, engineEnvironment } from '../../config.ts';
import type { Run } from '../command.ts';
import { findData, nounsOf, removeData, wording } from '../data.ts';
import { agreed } from '../question.ts';

/** Stops the sandbox and removes its data, after asking. */
export const clean: Run = async ({ settings, around, out }) => {
  const { dataDir } = settings;
  const data = await findData(dataDir);
  if (data.names.length > 0 && !settings.on('yes') && !(await agreed(wording(data)))) {
    out.note('Nothing was removed.');
    return 1;
  }
  const removed = await removeData(data, {
    engineEnvironment: engineEnvironment(around),
    cacheFolders: cacheFolders(settings, around),
  });
  const { names, left, unreached, stays, ...counts } = removed;
  for (const why of stays) out.warn(why);
  if (unreached !== undefined) {
    out.warn(`What is left of it on the container engine at ${unreached} stays: the engine does not answer.`);
    out.note('Start the engine and run clean once more.');
  }
  for (const why of left) out.warn(`Something of it stays: ${why}`);
  const nouns = nounsOf(removed, dataDir);
  out.value(
    { removed: names, ...counts, dataDir },
    nouns.length > 0 ? `Removed ${nouns.join(', ')}.` : `There is nothing of a sandbox in ${dataDir}.`,
  );
  return 0;
};
