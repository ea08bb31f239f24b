import type { Client } from '../api/client.ts';
import type { Status } from '../api/protocol.ts';
import type { Flag, Settings, Surroundings } from '../config.ts';
import type { Output } from './output.ts';

/** What a command gets to work with. */
export interface Context {
  /** The arguments in the order of the command's `parameters`; a repeatable one is a list. */
  args: (string | string[] | undefined)[];
  settings: Settings;
  out: Output;
  around: Surroundings;
  version: string;
  /** The words that start this very program again: one, when it is a single executable. */
  program: readonly [string, ...string[]];
  commands: readonly Command[];
  /** The sandbox of the data folder; throws `not-running` when there is none. */
  connect(): Promise<{ client: Client; status: Status }>;
  /** From the first call on, Ctrl-C and `down` abort this signal; a second Ctrl-C ends the process. */
  interruption(): AbortSignal;
}

/** Does the command's work; answers an exit code where it is not 0. */
export type Run = (context: Context) => Promise<number | undefined>;

/** A command as data: the parser, help, completion and the environment are all made from it. */
export interface Command {
  name: string;
  /** Written as in help: `<name...>`, `[folder]`. */
  parameters: string[];
  /** Shown instead of the parameters, where the parser cannot say it. */
  usage?: string;
  about: string;
  /** Further lines of its help. */
  examples?: string[];
  flags: readonly Flag[];
  hidden?: boolean;
  load(): Promise<Run>;
}

/** An argument that is there, because the parser demands it. */
export const argument = ({ args }: Context, index: number): string => String(args[index]);

/** An argument that may be missing. */
export const optional = ({ args }: Context, index: number): string | undefined => args[index]?.toString();

/** The values of a repeatable argument. */
export const several = ({ args }: Context, index: number): string[] => [args[index] ?? []].flat();
