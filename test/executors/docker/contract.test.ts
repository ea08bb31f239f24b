import { describeWith } from '../../clients/installed.ts';
import { executorContract } from '../../contracts/executor.ts';
import { openDocker } from './place.ts';

describeWith('docker', () => {
  for (const delivery of ['bound', 'copied'] as const) {
    executorContract(`docker, files ${delivery}`, async () => openDocker({ delivery }));
  }
});
