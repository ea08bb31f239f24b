import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

/** What the packager is told, as JSON on the command line. */
export interface Order {
  /** The bundle, in the folder for temporary files. */
  main: string;
  /** Asset name → file. */
  assets: Record<string, string>;
  platform: 'linux' | 'darwin';
  cpu: 'x64' | 'arm64';
  /** Of the Node.js inside; this very script runs on the same. */
  version: string;
  codeCache: boolean;
  output: string;
}

/** Only the function can be told about assets and code cache, not the package's command line. Hence the exact version. */
interface Packager {
  default(main: string, options: object): Promise<void>;
}

// Run by `program.ts` in a process of its own: the packager looks for its Node.js below HOME.
const order = JSON.parse(process.argv[2] ?? '') as Order;
const packager = createRequire(import.meta.url)('@yao-pkg/pkg/lib-es5/sea.js') as Packager;
// It would fetch a Node.js that it does not find, and nobody would have checked that one.
globalThis.fetch = () =>
  Promise.reject(new Error('The Node.js that was put in place is not where the packager looks.'));
await packager.default(order.main, {
  signature: false,
  seaConfig: {
    // This path becomes a part of the program: seen from the packager's own temporary folder it is the same each time.
    main: join('..', basename(order.main)),
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: order.codeCache,
    // A user's NODE_OPTIONS are for their own programs.
    execArgvExtension: 'none',
    assets: order.assets,
  },
  targets: [
    {
      nodeRange: `node${order.version}`,
      platform: order.platform === 'darwin' ? 'macos' : order.platform,
      arch: order.cpu,
      output: order.output,
    },
  ],
});
