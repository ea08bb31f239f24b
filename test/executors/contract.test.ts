import { executorContract } from '../contracts/executor.ts';
import { createFakeExecutor } from '../fakes/executor.ts';
import { openLocal } from './place.ts';

executorContract('a fake in memory', async () => ({ executor: createFakeExecutor(), close: async () => undefined }));
executorContract('local', async () => {
  const { local, close } = await openLocal();
  return { executor: local, close };
});
