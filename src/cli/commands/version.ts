import type { Run } from '../command.ts';

/** Prints which build this is. */
export const version: Run = async ({ version, out }) => {
  const { platform, arch, versions } = process;
  out.value({ version, node: versions.node, platform: `${platform}-${arch}` }, `oscar-sandbox ${version}`);
  return 0;
};
