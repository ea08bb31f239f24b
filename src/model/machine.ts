/** What a machine has, and how much of it is used now. */
export interface Machine {
  name: string;
  /** In thousandths of a core, whole ones. */
  cpu: Share;
  /** In bytes. */
  memory: Share;
  gpus: number;
}

export interface Share {
  capacity: number;
  usage: number;
}
