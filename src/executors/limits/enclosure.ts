/** How much one worker may use. */
export interface Size {
  /** Bytes. */
  memory: number;
  /** Processors, fractions too. */
  cpu: number;
}

/** The limits around one worker. */
export interface Enclosure {
  /** The command that starts the worker, maybe behind one that limits it. */
  wrap(command: string[]): string[];
  /** Puts a process that has just started, and all that it starts, under the limits. */
  join(pid: number): void;
  /** How many processes were killed in here because the memory was used up. */
  oomKills(): number;
  /** How many processes are in here, where that can be told. */
  processes(): number | undefined;
  /** Ends what is still in here, and takes the limits away. */
  remove(): Promise<void>;
}

/** A way to limit workers on this machine. */
export interface Fence {
  detail: string;
  enclose(name: string, size: Size): Enclosure;
  /** Removes what a run of the program before this one left. */
  sweep(): Promise<void>;
  /** Leaves no trace; every enclosure was removed before. */
  close(): Promise<void>;
}

/** A way to limit workers, or why this machine does not offer it. */
export type Found = { fence: Fence } | { why: string };

/** No limits at all. */
export const unlimited = (why: string): Fence => ({
  detail: `memory and cpu limits are not enforced: ${why}`,
  enclose: () => ({
    wrap: (command) => command,
    join: () => undefined,
    oomKills: () => 0,
    processes: () => undefined,
    remove: async () => undefined,
  }),
  sweep: async () => undefined,
  close: async () => undefined,
});
