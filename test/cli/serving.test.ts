import { expect, it } from 'vitest';
import { servingIn } from '../../src/cli/serving.ts';

it('a sandbox that this program serves is found in the list of processes, whatever its folder is called', () => {
  const list = [
    '    1 /sbin/init',
    '  512 /home/ada/.local/bin/oscar-sandbox serve /home/ada/a folder',
    '  513 /home/bob/.local/bin/oscar-sandbox serve /home/bob/data',
    '  514 /home/ada/.local/bin/oscar-sandbox logs serve --follow',
  ];
  expect(servingIn(list, ['/home/ada/.local/bin/oscar-sandbox'])).toEqual([
    { pid: 512, dataDir: '/home/ada/a folder' },
  ]);
});
